"""Ninety days of what people did, and the likes of the twelve days after, which are held out.

A person meets a product by being drawn to it (a draw without replacement from the softmax of their utility,
by Gumbel noise) or by chance. A meeting leaves a short trail: a view, then perhaps a click, a like, a save, a
purchase and a rating; or a dislike or a hide. The held-out likes are the meetings that fall after the world's
last moment, so the split is by one moment in time for everybody.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommender.engine.demo.people import Shelf
from recommender.engine.demo.world import Event, Person, Product

DAY = 86_400
DAYS_BEFORE, DAYS_AFTER = 90, 12
_EVENTS_A_MEETING = 2.6  # measured; what is too much is cut off below
_BY_CHANCE = 0.18


def simulate(
    seed: int, products: Sequence[Product], people: Sequence[Person], count: int
) -> tuple[tuple[Event, ...], dict[int, tuple[int, ...]]]:
    """Events before the last moment, in order of time, and by person the products liked after it."""
    rng = np.random.default_rng([seed, 3])
    if not people or not count:
        return (), {}
    activity = np.array([person.activity for person in people])
    shares = activity / activity.sum()
    wanted = count * 1.15 / _EVENTS_A_MEETING * (DAYS_BEFORE + DAYS_AFTER) / DAYS_BEFORE
    shelf = Shelf(products)
    before: list[Event] = []
    later: dict[int, tuple[int, ...]] = {}
    meetings = np.minimum(np.maximum(shares * wanted, 6), 0.4 * len(products)).astype(int)
    while True:
        for person, number in zip(people, meetings, strict=True):
            trail, liked = _life(rng, person, products, shelf.utilities(person), int(number))
            before += trail
            if liked:
                later[person.index] = liked
        if len(before) >= count or meetings.min() >= 0.4 * len(products):
            break
        before, later, meetings = (
            [],
            {},
            np.minimum(meetings + meetings // 4 + 1, int(0.4 * len(products)) + 1),
        )
    keep = np.sort(rng.permutation(len(before))[:count])
    return tuple(sorted((before[place] for place in keep), key=lambda event: event.seconds)), later


def _life(
    rng: np.random.Generator, person: Person, products: Sequence[Product], utility: np.ndarray, meetings: int
) -> tuple[list[Event], tuple[int, ...]]:
    """One person's events, and what they like after the last moment."""
    launched = np.array([-product.launched_days_ago for product in products]) * DAY
    noisy = utility + rng.gumbel(size=len(products))
    by_chance = rng.random(len(products)) < _BY_CHANCE * meetings / len(products)
    drawn = np.argsort(-np.where(by_chance, np.inf, noisy))[:meetings]
    level = float(np.quantile(utility, 0.85))
    seconds = _sessions(rng, len(drawn))
    events: list[Event] = []
    liked: list[tuple[int, int]] = []
    for index, start in zip(rng.permutation(drawn), seconds, strict=True):
        if start < launched[index]:
            start = int(rng.uniform(launched[index], DAYS_AFTER * DAY))
        trail = _meeting(rng, person.index, int(index), int(start), utility[index] - level)
        if start < 0:
            events += trail
        elif any(event.kind in ("like", "save", "purchase") for event in trail):
            liked.append((int(start), int(index)))
    return events, tuple(index for _, index in sorted(liked))


def _sessions(rng: np.random.Generator, count: int) -> np.ndarray:
    """Moments (count,) in visits of about six products, more of them lately and in the evening."""
    visits = max(1, count // 6)
    span = DAYS_BEFORE + DAYS_AFTER
    day = np.floor(span * rng.beta(1.25, 1.0, visits)) - DAYS_BEFORE
    hour = np.clip(rng.normal(19.5, 3.0, visits), 7, 23.5)
    starts = day * DAY + (hour - 12) * 3600
    visit = rng.integers(visits, size=count)
    seconds = starts[visit] + rng.uniform(0, 1800, count)
    return np.clip(seconds, -DAYS_BEFORE * DAY, DAYS_AFTER * DAY - 1).astype(int)


def _meeting(rng: np.random.Generator, person: int, product: int, start: int, pull: float) -> list[Event]:
    """The trail of one meeting; ``pull`` is the utility above the person's 85th percentile."""
    trail = [Event(person, product, "view", None, start)]
    keen = 1 / (1 + np.exp(-1.1 * (pull - 0.3)))
    if rng.random() > 0.25 + 0.7 * keen:
        if rng.random() < 0.12:
            trail.append(
                Event(
                    person, product, "hide" if rng.random() < 0.6 else "dislike", None, _after(rng, start, 20)
                )
            )
        return trail
    trail.append(Event(person, product, "click", None, _after(rng, start, 15)))
    moment = trail[-1].seconds
    for kind, chance, wait in (("like", 0.62, 40), ("save", 0.28, 60), ("purchase", 0.22, 600)):
        if rng.random() < chance * keen:
            trail.append(Event(person, product, kind, None, _after(rng, moment, wait)))
    bought = trail[-1].kind == "purchase"
    if rng.random() < (0.45 if bought else 0.05):
        stars = int(np.clip(np.rint(3.1 + 1.6 * keen + rng.normal(0, 0.8)), 1, 5))
        trail.append(Event(person, product, "rating", float(stars), _after(rng, trail[-1].seconds, 3 * DAY)))
    return [event for event in trail if event.seconds < 0 or start >= 0]


def _after(rng: np.random.Generator, moment: int, mean: float) -> int:
    return moment + 1 + int(rng.exponential(mean))
