"""Transcripts as programs get them."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from analytics.services import scoring
from tests.analytics.engine.listeners import PlantedRecogniser
from tests.analytics.services.hearing import BAD, listener, scored, spoken_review
from tests.api.conftest import Program, json_of, program
from tests.services.shop import tone

__all__ = ["listener", "program"]
pytestmark = pytest.mark.django_db


def test_a_score_now_comes_from_a_worker_with_its_transcript(
    listener: PlantedRecogniser, program: Program
) -> None:
    sound = SimpleUploadedFile("voice.wav", tone(220, 2.0))
    found = json_of(program("analyst").post("/api/v1/analytics/score", {"language": "en", "sound": sound}))
    [told] = found["transcripts"]
    assert (told["medium"], told["text"], told["probabilities"]["negative"] > 0.5) == (0, BAD, True)
    assert told["timed"][0] == {
        "text": "the", "start": 0, "end": 3, "begins": 0.0, "ends": 0.4, "confidence": 0.9,
    }  # fmt: skip
    assert found["aspects"][0]["medium"] == 0
    assert (found["label"], found["model"]) == ("negative", scoring.current_scorer_key())


def test_a_stored_score_tells_its_transcript(listener: PlantedRecogniser, program: Program) -> None:
    review, voice = spoken_review()
    scored(review)
    found = json_of(program("analyst").get(f"/api/v1/analytics/scores/{review.pk}"))
    [told] = found["transcripts"]
    assert (told["medium"], told["text"], told["left_out"]) == (voice.pk, BAD, "")
    assert found["aspects"][0]["medium"] == voice.pk
