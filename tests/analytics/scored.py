"""A shop with reviews that are scored already, for tests of what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from analytics.models import AspectScore, SentimentScore
from analytics.services.report.rollups import rebuild_rollups
from recommender.models import Category, Item, Review

MODEL = "sentiment-test-1"
#: What people say anyway: beside nothing else, no word would stand out.
ANYWAY = (
    "Bought last winter together with chairs, table, carpet, curtains, shelf, mirror, cushion, candle, vase, "
    "clock, basket, blanket, bench, drawer, frame, plant, poster, stool, tray, wardrobe, desk, sofa, bed."
)


@dataclass(frozen=True)
class Shop:
    """Two items, one loved and one whose battery is not."""

    lamp: Item
    phone: Item
    category: Category


def make_shop() -> Shop:
    category = Category.objects.create(name="Home", name_zh="家居", path="Home")
    lamp = Item.objects.create(external_id="L-1", title="Desk lamp", title_zh="台灯", category=category)
    phone = Item.objects.create(external_id="P-1", title="Phone", title_zh="手机")
    return Shop(lamp, phone, category)


def add_review(
    item: Item,
    text: str = "",
    polarity: float = 0.0,
    *,
    days_ago: int = 1,
    aspects: Sequence[tuple[str, float]] = (),
    **fields: Any,
) -> SentimentScore:
    """One review, read as ``polarity`` says; the figures know it after ``sum_up``."""
    author, _made = User.objects.get_or_create(username="rita")
    day = timezone.localdate() - timedelta(days=days_ago)
    when = timezone.make_aware(datetime.combine(day, time(12)))
    review = Review.objects.create(user=author, item=item, text=text, created_at=when, language="en")
    label = "positive" if polarity > 0.2 else "negative" if polarity < -0.2 else "neutral"
    score = SentimentScore.objects.create(
        **{
            "review": review,
            "item": item,
            "category": item.category,
            "state": SentimentScore.State.READY,
            "model": MODEL,
            "scored_at": when,
            "seen_at": review.updated_at,
            "label": label,
            "model_label": label,
            "polarity": polarity,
            "model_polarity": polarity,
            "text_polarity": polarity,
            "confidence": 0.9,
            "language": "en",
            "channels": "text",
            "reviewed_at": when,
        }
        | fields
    )
    AspectScore.objects.bulk_create(
        [AspectScore(score=score, aspect=name, polarity=value) for name, value in aspects]
    )
    return score


def sum_up() -> None:
    """Let the figures know of every review so far."""
    rebuild_rollups()


def stocked() -> Shop:
    """The shop with a dozen reviews, the newest last."""
    shop = make_shop()
    for days in range(6):
        add_review(
            shop.lamp, f"Lovely light, day {days}.", 0.9, days_ago=8 - days, aspects=[("look", 0.8)], rating=5
        )
    for days in range(4):
        add_review(
            shop.phone,
            f"The battery died, day {days}.",
            -0.8,
            days_ago=6 - days,
            aspects=[("battery", -0.9)],
            rating=1,
        )
    add_review(
        shop.phone,
        "电池很差，但是颜色好看。",
        -0.4,
        days_ago=1,
        aspects=[("battery", -0.7), ("colour", 0.6)],
        language="zh",
    )
    add_review(
        shop.lamp, "Hm.", 0.0, days_ago=1, abstained=True, reason="too little to go by", label="neutral"
    )
    sum_up()
    return shop


def broken_switch(of_day: Callable[[int], dict[str, Any]]) -> Shop:
    """The shop with a lamp that was loved for twenty days, and whose switch then broke for twenty.

    Args:
        of_day: further fields of the score of so many days ago.
    """
    shop = make_shop()
    for days in range(40):
        new = days < 20
        add_review(
            shop.lamp,
            f"{'The switch broke.' if new else 'A lovely light.'} {ANYWAY}",
            -0.8 if new else 0.8,
            days_ago=days,
            aspects=[("quality", -0.8)] if new else [("look", 0.8)],
            **of_day(days),
        )
    sum_up()
    return shop
