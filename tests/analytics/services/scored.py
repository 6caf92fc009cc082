"""Scored reviews made at will, and the slow obvious way to every figure of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


def scored(item: Item, label: str = "positive", **told: Any) -> SentimentScore:
    """A review of ``item`` with its score; ``told`` is what ``ScoredReview`` has, or fields of the score."""
    return scored_together([ScoredReview(item, label, told)])[0]


@dataclass(frozen=True)
class ScoredReview:
    """A review to be made.

    Attributes:
        told: ``days_ago`` before ``NOW``, ``aspects`` (how each is felt), ``text``; the rest are fields of
            the score.
    """

    item: Item
    label: str
    told: Mapping[str, Any]


def scored_together(made: Sequence[ScoredReview]) -> list[SentimentScore]:
    """Reviews with their scores, in a few statements."""
    author = User.objects.get_or_create(username="writer0")[0]
    reviews = Review.objects.bulk_create([_review(one, author) for one in made])
    scores = SentimentScore.objects.bulk_create(
        [_score(one, review) for one, review in zip(made, reviews, strict=True)]
    )
    AspectScore.objects.bulk_create(
        [
            AspectScore(score=score, aspect=aspect, polarity=felt)
            for one, score in zip(made, scores, strict=True)
            for aspect, felt in (one.told.get("aspects") or {}).items()
        ]
    )
    return scores


def _review(one: ScoredReview, author: User) -> Review:
    return Review(
        user=author,
        item=one.item,
        text=one.told.get("text", "Good."),
        rating=one.told.get("rating"),
        language=one.told.get("language", "en"),
        created_at=_when(one),
    )


def _score(one: ScoredReview, review: Review) -> SentimentScore:
    polarity = {"positive": 0.8, "neutral": 0.0, "negative": -0.8}.get(one.label, 0.0)
    fields = {name: value for name, value in one.told.items() if name not in ("days_ago", "aspects", "text")}
    return SentimentScore(
        **{
            "review": review,
            "state": SentimentScore.State.READY,
            "model": "test",
            "scored_at": _when(one),
            "label": one.label,
            "polarity": polarity,
            "model_label": one.label,
            "model_polarity": polarity,
            "confidence": 0.9,
            "item": one.item,
            "category": one.item.category,
            "channels": "text",
            "language": "en",
            "reviewed_at": _when(one),
            **fields,
        }
    )


def _when(one: ScoredReview) -> datetime:
    return NOW - timedelta(days=one.told.get("days_ago", 0))


# -- the slow way -------------------------------------------------------------------------------------------


def counting(filters: Filters) -> list[tuple[SentimentScore, str]]:
    """Every score that ``filters`` select with the label that counts, by looking at each."""
    found = []
    for score in SentimentScore.objects.select_related("review", "category__parent").prefetch_related(
        "aspects"
    ):
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
