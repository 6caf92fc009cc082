"""A review that somebody posts, read by real workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from analytics.models import SentimentScore
from recommender.models import Item, Review
from recommender.services.reviews import write_review
from tests.conftest import Cast
from tests.flows.test_workers import _queued, start_worker, wait_until
from tests.services.shop import photo

__all__ = ["_queued", "start_worker"]
pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 5.0


def post(cast: Cast, text: str, **files: Any) -> Review:
    item, _new = Item.objects.get_or_create(external_id="bag", defaults={"title": "Bag"})
    return write_review(cast.member, item, text=text, **files)


def is_scored(review: Review) -> bool:
    return SentimentScore.objects.ready().filter(review=review).exclude(model="").exists()


def test_a_review_is_scored_within_seconds_of_being_posted(
    cast: Cast, start_worker: Callable[[], Any]
) -> None:
    start_worker()
    first = post(cast, "It broke after two days. Terrible quality.")
    wait_until(lambda: is_scored(first))  # the worker starts, and loads the encoder
    began = time.monotonic()
    second = post(cast, "很好，非常喜欢。", photos=[SimpleUploadedFile("bag.jpg", photo("red"))])
    wait_until(lambda: is_scored(second))
    assert time.monotonic() - began < SECONDS
    score = SentimentScore.objects.get(review=second)
    assert score.channels == "text+image" or score.details["missing"]
    assert Review.objects.get(pk=first.pk).polarity is not None
