"""A shop with scored reviews, what analysts said of them, two models and an alert."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from analytics.models import Alert, AspectScore, Correction, SentimentScore
from analytics.services import corrections, opinions, retraining
from recommender.models import ModelVersion, Review
from tests.conftest import Cast
from tests.web.conftest import Shop


@dataclass(frozen=True)
class Scored:
    """``review`` was corrected, as were enough others to learn from; ``candidate`` waits, ``live`` serves."""

    review: Review
    correction: Correction
    candidate: ModelVersion
    live: ModelVersion
    alert: Alert


@pytest.fixture
def scored(shop: Shop, cast: Cast, settings: Any) -> Scored:
    reviews = [score_row(shop, f"writer-{number}") for number in range(retraining.LEAST)]
    corrections.correct(cast.analyst, [one.pk for one in reviews], "negative", "sarcasm")
    live, candidate = (make_version(settings, name) for name in ("live", "candidate"))
    ModelVersion.objects.filter(pk=live.pk).update(state="active")
    now = timezone.now()
    return Scored(
        review=reviews[0],
        correction=Correction.objects.get(review=reviews[0]),
        candidate=candidate,
        live=live,
        alert=Alert.objects.create(key="k", item=shop.items[0], starts_at=now, ends_at=now),
    )


def disputed(scored: Scored, cast: Cast) -> int:
    """Another review that was corrected, on which a second opinion differs."""
    first = Correction.objects.exclude(review=scored.review).earliest("pk")
    opinions.ask(cast.superuser, [first.review_id])
    corrections.give_opinion(cast.superuser, [first.review_id], "neutral", "a joke")
    return first.review_id


def score_row(shop: Shop, name: str, **fields: Any) -> Review:
    """A review of the first item as a worker leaves it."""
    writer = User.objects.create(username=name)
    review = Review.objects.create(user=writer, item=shop.items[0], text="Good price.", language="en")
    said: dict[str, Any] = {
        "state": "ready",
        "model": "planted@1",
        "label": "positive",
        "model_label": "positive",
        "polarity": 0.8,
        "model_polarity": 0.8,
        "text_polarity": 0.8,
        "confidence": 0.85,
        "channels": "text",
        "scored_at": timezone.now(),
        "seen_at": review.updated_at,
        "details": {"channels": {"text": [0.05, 0.1, 0.85]}, "words": [["price", 5, 10, 0.4]], "missing": {}},
    }
    score = SentimentScore.objects.create(
        review=review,
        item=review.item,
        category=shop.category,
        language="en",
        reviewed_at=review.created_at,
        **(said | fields),
    )
    AspectScore.objects.create(score=score, aspect="price", polarity=0.8, words=[["price", 5, 10, 0.4]])
    return review


def make_version(settings: Any, name: str) -> ModelVersion:
    (Path(settings.SENTIMENT_ROOT) / name).mkdir(parents=True)
    return ModelVersion.objects.create(
        kind="sentiment", path=name, state="ready", parameters={"key": f"planted@{name}"}
    )


def known_world() -> dict[str, int]:
    """Numbers for the addresses of operations; {} where nothing is scored."""
    correction = Correction.objects.first()
    if correction is None:
        return {}
    return {
        "review_id": correction.review_id,
        "correction_id": correction.pk,
        "version_id": ModelVersion.objects.get(path="candidate").pk,
        "alert_id": Alert.objects.get().pk,
    }
