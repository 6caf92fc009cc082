"""Reviews with planted opinions: aspects and their polarity, stars that agree, sarcasm, and one bad batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommender.engine.demo.behaviour import DAY
from recommender.engine.demo.kinds import KINDS
from recommender.engine.demo.phrases import CHINESE, ENGLISH, FRAMES, INCIDENT, SARCASM
from recommender.engine.demo.texts import attributes
from recommender.engine.demo.world import Event, Incident, Opinion, Person, Product

_SARCASM, _PHOTO, _VOICE = 0.06, 0.08, 0.05
_INCIDENT_SHARE = 0.015
_ASPECT = "quality"


def write_reviews(
    seed: int, products: Sequence[Product], people: Sequence[Person], events: Sequence[Event], count: int
) -> tuple[tuple[Opinion, ...], Incident | None]:
    """``count`` reviews in order of time, by people of products they met where there are enough meetings."""
    rng = np.random.default_rng([seed, 4])
    if not people or not count:
        return (), None
    incident = _incident(rng, products)
    angry = min(count, max(8, round(count * _INCIDENT_SHARE)))
    drafts = [_angry(rng, people, incident) for _ in range(angry)]
    drafts += _meetings(rng, people, products, events, count - angry)
    drafts.sort(key=lambda draft: draft[2])
    reviews = tuple(
        _review(rng, number, people[person], products[product], seconds, incident)
        for number, (person, product, seconds) in enumerate(drafts)
    )
    return reviews, incident


def _incident(rng: np.random.Generator, products: Sequence[Product]) -> Incident:
    """A product that is liked and has been sold for long, and a week about a month ago."""
    old = [product for product in products if product.launched_days_ago > 90]
    best = sorted(old, key=lambda product: -product.popularity)[:40]
    product = best[int(rng.integers(len(best)))]
    start = -int(rng.integers(24, 36)) * DAY
    return Incident(product.index, _ASPECT, start, start + 7 * DAY)


def _angry(rng: np.random.Generator, people: Sequence[Person], incident: Incident) -> tuple[int, int, int]:
    when = int(rng.integers(incident.first_second, incident.last_second))
    return int(rng.integers(len(people))), incident.product, when


def _meetings(
    rng: np.random.Generator,
    people: Sequence[Person],
    products: Sequence[Product],
    events: Sequence[Event],
    count: int,
) -> list[tuple[int, int, int]]:
    """(person, product, seconds) of reviews: purchases first, then other clicks, then anything."""
    met: dict[tuple[int, int], int] = {}
    for kinds in (("purchase",), ("like", "save", "dislike"), ("click",)):
        for event in events:
            if event.kind in kinds:
                met.setdefault((event.person, event.product), event.seconds)
    chosen = list(met.items())[: count * 2]
    picks = rng.permutation(len(chosen))[:count]
    drafts = [(*chosen[pick][0], min(chosen[pick][1] + int(rng.exponential(3 * DAY)), -60)) for pick in picks]
    while len(drafts) < count:
        when = -int(rng.integers(60, 90 * DAY))
        drafts.append((int(rng.integers(len(people))), int(rng.integers(len(products))), when))
    return drafts


def _review(
    rng: np.random.Generator, number: int, person: Person, product: Product, seconds: int, incident: Incident
) -> Opinion:
    bad = product.index == incident.product and incident.first_second <= seconds < incident.last_second
    language = person.language
    if person.bilingual and rng.random() < 0.4:
        language = "en" if language == "zh" else "zh"
    aspects = _aspects(rng, product, bad)
    mean = float(np.mean(list(aspects.values())))
    sarcastic = not bad and mean < 0 and rng.random() < _SARCASM * 4
    if sarcastic or bad:
        aspects = {next(aspect for aspect, polarity in aspects.items() if polarity < 0): -1}
        mean = -1.0
    rating = int(np.clip(np.rint(3 + 1.9 * mean + rng.normal(0, 0.35)), 1, 2 if bad or sarcastic else 5))
    templates = INCIDENT if bad else SARCASM
    text = (
        _one_line(rng, templates[language], aspects, product, language)
        if bad or sarcastic
        else _text(rng, aspects, mean, product, language)
    )
    photo = ("damaged" if mean < -0.3 else "fine") if rng.random() < (0.4 if bad else _PHOTO) else ""
    mood = "happy" if mean > 0.3 else "angry" if mean < -0.3 else "flat"
    voice = mood if rng.random() < (0.2 if bad else _VOICE) else ""
    return Opinion(
        f"review-{number + 1:05d}", person.index, product.index, text, language, rating, seconds,
        aspects, sarcastic, bad, photo, voice,
    )  # fmt: skip


def _aspects(rng: np.random.Generator, product: Product, bad: bool) -> dict[str, int]:
    """One to three aspects with polarity, by the product's own quality; a bad batch is about one."""
    if bad:
        return {_ASPECT: -1}
    names = rng.permutation(list(product.quality))[: 1 + int(rng.integers(3))]
    return {str(name): 1 if rng.random() < 0.5 + 0.5 * product.quality[str(name)] else -1 for name in names}


def _text(
    rng: np.random.Generator, aspects: dict[str, int], mean: float, product: Product, language: str
) -> str:
    frames = FRAMES[language]
    tone = 1 if mean > 0.4 else -1 if mean < -0.4 else 0
    body = _phrase(rng, *next(iter(aspects.items())), product, language)
    before = next(iter(aspects.values()))
    for aspect, polarity in list(aspects.items())[1:]:
        joint = frames["and" if polarity == before else "but"]
        body = _pick(rng, joint).format(body, _phrase(rng, aspect, polarity, product, language))  # type: ignore[arg-type]
        before = polarity
    stop = "。" if language == "zh" else "."
    parts = [_pick(rng, frames["open"][tone]), _capital(body) + stop, _pick(rng, frames["close"][tone])]  # type: ignore[index]
    noun = _noun(product, language)
    return ("" if language == "zh" else " ").join(part.format(noun=noun) for part in parts if part)


def _one_line(
    rng: np.random.Generator,
    templates: tuple[str, ...],
    aspects: dict[str, int],
    product: Product,
    language: str,
) -> str:
    negative = _phrase(rng, next(iter(aspects)), -1, product, language)
    return _pick(rng, templates).format(
        noun=_noun(product, language), negative=negative, negative_c=_capital(negative)
    )


def _phrase(rng: np.random.Generator, aspect: str, polarity: int, product: Product, language: str) -> str:
    phrases = (CHINESE if language == "zh" else ENGLISH)[aspect][polarity]
    return _pick(rng, phrases).format(**attributes(product, language))


def _noun(product: Product, language: str) -> str:
    kind = KINDS[product.kind]
    return kind.noun_zh if language == "zh" else kind.noun.removeprefix("pair of ")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]
