"""Transcripts as programs get them."""

from __future__ import annotations

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from analytics.services import scoring
from tests.analytics.engine.listeners import PlantedRecogniser
from tests.analytics.scored import sum_up
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
    assert found["heard"] == BAD


def test_scores_are_narrowed_by_words_written_or_heard(listener: PlantedRecogniser, program: Program) -> None:
    review, _ = spoken_review("A lamp, as described.")
    scored(review)
    sum_up()
    client = program("analyst")
    for words, wanted in (("battery IS", 1), ("lamp, as", 1), ("no such", 0), (" ", 1)):
        found = json_of(client.get("/api/v1/analytics/scores", {"words": words}))
        assert [one["review"] for one in found["scores"]] == [review.pk] * wanted
        assert found["total"] == wanted
    narrowed = {"words": "battery", "label": "positive", "language": "zh"}
    assert json_of(client.get("/api/v1/analytics/scores", narrowed))["total"] == 0


def test_the_queue_tells_what_was_said(listener: PlantedRecogniser, program: Program) -> None:
    scored(spoken_review()[0])
    [found] = json_of(program("analyst").get("/api/v1/analytics/queue"))["reviews"]
    assert (found["text"], found["heard"]) == ("", BAD)


def test_an_export_has_what_was_said(listener: PlantedRecogniser, program: Program) -> None:
    scored(spoken_review("A lamp, as described.")[0])
    sum_up()
    answer = program("analyst").get("/api/v1/analytics/export/csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    assert (row["text"], row["heard"]) == ("A lamp, as described.", BAD)
