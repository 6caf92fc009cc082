"""Scored reviews made at will, and the slow obvious way to every figure of the report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from analytics.contracts import NONE
from analytics.models import AspectScore, SentimentScore
from analytics.services.report import Filters
from analytics.services.report.rows import ASPECT_LEAN
from recommender.models import Category, Item, Review

#: Noon of the last day of the made-up time.
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
LAST_90 = Filters(start=date(2025, 12, 21), end=date(2026, 3, 20))


def shop() -> dict[str, Any]:
    """Two halls with three shelves, four items and two people."""
    home = Category.objects.create(name="Home", path="Home")
    mugs = Category.objects.create(name="Mugs", path="Home > Mugs", parent=home, depth=1)
    lamps = Category.objects.create(name="Lamps", path="Home > Lamps", parent=home, depth=1)
    music = Category.objects.create(name="Music", path="Music")
    items = [
        Item.objects.create(external_id=f"i{n}", title=f"Thing {n}", category=category)
        for n, category in enumerate([mugs, lamps, music, None])
    ]
    people = [User.objects.create(username=f"writer{n}") for n in range(2)]
    return {"home": home, "mugs": mugs, "lamps": lamps, "music": music, "items": items, "people": people}


def scored(
    item: Item,
    label: str = "positive",
    *,
    days_ago: float = 0,
    aspects: Mapping[str, float] | None = None,
    text: str = "Good.",
    **fields: Any,
) -> SentimentScore:
    """A review of ``item`` with its score, ``days_ago`` before ``NOW``; ``fields`` are the score's."""
    when = NOW - timedelta(days=days_ago)
    author = User.objects.get_or_create(username="writer0")[0]
    language = fields.setdefault("language", "en")
    review = Review.objects.create(
        user=author, item=item, text=text, rating=fields.get("rating"), language=language, created_at=when
    )
    polarity = {"positive": 0.8, "neutral": 0.0, "negative": -0.8}.get(label, 0.0)
    score = SentimentScore.objects.create(
        **{
            "review": review,
            "state": SentimentScore.State.READY,
            "model": "test",
            "scored_at": when,
            "label": label,
            "polarity": polarity,
            "model_label": label,
            "model_polarity": polarity,
            "confidence": 0.9,
            "item": item,
            "category": item.category,
            "channels": "text",
            "reviewed_at": when,
            **fields,
        }
    )
    for aspect, felt in (aspects or {}).items():
        AspectScore.objects.create(score=score, aspect=aspect, polarity=felt)
    return score


# -- the slow way -------------------------------------------------------------------------------------------


def counting(filters: Filters) -> list[tuple[SentimentScore, str]]:
    """Every score that ``filters`` select with the label that counts, by looking at each."""
    found = []
    for score in SentimentScore.objects.select_related("item", "category").prefetch_related("aspects"):
        label = label_of(score, filters.aspect)
        if label is not None and _fits(score, filters) and _label_fits(label, filters):
            found.append((score, label))
    return found


def label_of(score: SentimentScore, aspect: str = "") -> str | None:
    """ "" for a review that commits itself to nothing; None where it does not mention ``aspect``."""
    label = "" if score.abstained and not score.corrected else score.label
    if not aspect:
        return label
    felt = next((one.polarity for one in score.aspects.all() if one.aspect == aspect), None)
    if felt is None or not label:
        return None if felt is None else ""
    return "positive" if felt >= ASPECT_LEAN else "negative" if felt <= -ASPECT_LEAN else "neutral"


def _fits(score: SentimentScore, filters: Filters) -> bool:
    return (
        score.state == SentimentScore.State.READY
        and filters.start <= score.reviewed_at.date() <= filters.end
        and filters.item in (None, score.item_id)
        and _category_fits(score.category, filters.category)
        and filters.language in ("", score.language or NONE)
        and (not filters.channel or filters.channel in (score.channels or NONE).split("+"))
        and filters.rating in (None, score.rating or NONE)
        and filters.words.lower() in score.review.text.lower()
    )


def _category_fits(category: Category | None, asked: int | str | None) -> bool:
    if isinstance(asked, str):
        return asked == (f"{category.pk}-direct" if category else NONE)
    return asked is None or _below(category, asked)


def _below(category: Category | None, top: int) -> bool:
    while category is not None:
        if category.pk == top:
            return True
        category = category.parent
    return False


def _label_fits(label: str, filters: Filters) -> bool:
    if filters.label and label != filters.label:
        return False
    return filters.abstained is None or filters.abstained == (label == "")


def net_of(labels: list[str]) -> float | None:
    committed = [label for label in labels if label]
    if not committed:
        return None
    return (committed.count("positive") - committed.count("negative")) / len(committed)
