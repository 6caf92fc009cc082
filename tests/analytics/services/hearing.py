"""Spoken reviews, and a recogniser that hears the same complaint in each."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.models import SentimentScore
from analytics.services import scoring
from recommender.models import Media, Review
from tests.analytics.engine.listeners import PlantedRecogniser
from tests.analytics.services.fakes import add_medium, make_review
from tests.services.shop import tone

BAD = "the battery is terrible and it broke"


@pytest.fixture
def listener(settings: Any, monkeypatch: pytest.MonkeyPatch) -> PlantedRecogniser:
    """Hears the same complaint in every recording."""
    recogniser = PlantedRecogniser(BAD)
    monkeypatch.setattr("analytics.engine.sentiment.recogniser.load_recogniser", lambda plug: recogniser)
    settings.SPEECH_RECOGNISER = "pocketsphinx"
    scoring.forget_scorer()
    return recogniser


@pytest.fixture
def broken(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.engine.sentiment.recogniser.find_spec", lambda name: True)
    settings.SPEECH_RECOGNISER = "sherpa-onnx:/nowhere/zipformer"
    scoring.forget_scorer()


def spoken_review(text: str = "", **fields: Any) -> tuple[Review, Media]:
    review = make_review(text, **fields)
    return review, add_medium(review, "audio", tone(220, 2.0), duration=2.0)


def scored(review: Review) -> SentimentScore:
    scoring.score_pending()
    return SentimentScore.objects.get(review=review)
