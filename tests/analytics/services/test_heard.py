"""Recordings in service: listened to by workers, kept with the score, and not listened to twice."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from analytics.contracts import Spoken
from analytics.engine.sentiment import transcripts
from analytics.models import SentimentScore
from analytics.services import model_card, report, scoring
from analytics.services.report import Filters
from analytics.services.report.rollups import rebuild_rollups
from analytics.services.scoring import pending, waiting
from recommender.engine.preprocess.audio import load_clip
from recommender.errors import RecommenderError
from recommender.models import Profile, Review
from tests.analytics.engine.listeners import PlantedRecogniser
from tests.analytics.services.fakes import add_medium, make_review
from tests.analytics.services.hearing import BAD, broken, listener, scored, spoken_review
from tests.services.shop import tone

__all__ = ["broken", "listener"]
pytestmark = pytest.mark.django_db


# -- scoring ------------------------------------------------------------------------------------------------


def test_a_spoken_review_is_scored_by_its_words(listener: PlantedRecogniser) -> None:
    review, voice = spoken_review()
    row = scored(review)
    assert (row.label, row.channels) == ("negative", "text+speech")
    assert {one.medium for one in row.aspects.all()} == {voice.pk}
    assert "battery" in {one.aspect for one in row.aspects.all()}
    [told] = row.details["heard"]
    assert (told["medium"], told["text"], told["share"], told["by"]) == (voice.pk, BAD, 1.0, "planted@1")
    assert told["timed"][1] == ["battery", 4, 11, 0.5, 0.9, 0.9]
    assert any(word[0] == "terrible" and word[3] < 0 for word in told["words"])


@pytest.mark.parametrize(
    ("written", "declared", "confidence", "language"),
    [
        ("", "", 0.9, "en"),
        ("", "", 0.2, ""),
        ("电池很差", "zh", 0.9, "zh"),
        ("Mais oui.", "", 0.9, ""),
        ("", "fr", 0.9, "fr"),
    ],
)
def test_the_language_of_a_review_is_that_of_what_is_written_else_that_heard_surely(
    listener: PlantedRecogniser, written: str, declared: str, confidence: float, language: str
) -> None:
    listener.languages, listener._confidence = frozenset(), confidence
    assert scored(spoken_review(written, language=declared)[0]).language == language


def test_recordings_in_two_languages_leave_it_unknown(listener: PlantedRecogniser) -> None:
    listener.languages, listener._language = frozenset(), ""
    listener._by_seconds = {2: BAD, 3: "电池很差，颜色好看"}
    review, _ = spoken_review(language="")
    add_medium(review, "audio", tone(220, 3.0), duration=3.0)
    row = scored(review)
    assert {one["language"] for one in row.details["heard"]} == {"en", "zh"}
    assert row.language == ""


def test_the_language_heard_goes_with_the_recogniser(settings: Any, listener: PlantedRecogniser) -> None:
    listener.languages = frozenset()
    review, _ = spoken_review(language="")
    assert scored(review).language == "en"
    settings.SPEECH_RECOGNISER = ""
    scoring.forget_scorer()
    assert scored(review).language == ""


def test_the_report_counts_a_spoken_review_under_the_language_heard(listener: PlantedRecogniser) -> None:
    listener.languages = frozenset()
    review, _ = spoken_review(language="")
    scored(review)
    rebuild_rollups()
    assert [one.key for one in report.breakdown(Filters.latest(), "language")] == ["en"]
    assert [one.review_id for one in report.reviews(Filters.latest(language="en"))] == [review.pk]


def test_reviews_are_scored_anew_when_it_is_switched_on_and_off(
    settings: Any, listener: PlantedRecogniser
) -> None:
    review, _ = spoken_review()
    keys = []
    for spec in ("", "pocketsphinx", ""):
        settings.SPEECH_RECOGNISER = spec
        scoring.forget_scorer()
        keys.append(scored(review).model)
    assert keys[0] == keys[2] != keys[1]
    assert "heard" not in SentimentScore.objects.get().details


def test_no_recording_is_listened_to_twice(listener: PlantedRecogniser) -> None:
    review, _ = spoken_review()
    first = scored(review).details["heard"]
    scoring.enrol([review.pk])
    assert scored(review).details["heard"] == first
    assert len(listener.listened) == 1


def test_one_recording_that_breaks_it_holds_up_nothing(listener: PlantedRecogniser) -> None:
    listener._words = "explode"
    review, _ = spoken_review("good lamp, I love it")
    other = make_review("awful")
    row = scored(review)
    assert (row.state, row.label) == ("ready", "positive")
    assert row.details["missing"] == {"speech": transcripts.FAILED}
    assert scored(other).label == "negative"


@pytest.mark.parametrize(
    ("language", "speaks", "heard"), [("zh", "", 0), ("", "zh-hans", 0), ("", "", 0), ("", "en", 1)]
)
def test_who_speaks_another_language_is_not_misheard(
    language: str, speaks: str, heard: int, listener: PlantedRecogniser
) -> None:
    review, _ = spoken_review()
    Review.objects.filter(pk=review.pk).update(language=language)
    Profile.objects.update_or_create(user=review.user, defaults={"language": speaks})
    row = scored(review)
    assert len(listener.listened) == heard
    assert ("heard" in row.details) == bool(heard)
    assert ("speech" in row.details["missing"]) != bool(heard)


@pytest.mark.usefixtures("broken")
def test_reviews_wait_for_one_that_cannot_be_loaded() -> None:
    review, _ = spoken_review("bad")
    with pytest.raises(RecommenderError, match="no folder /nowhere/zipformer") as told:
        scoring.score_pending()
    assert told.value.remedy
    assert not told.value.permanent
    assert SentimentScore.objects.get(review=review).model == ""


def test_a_worker_takes_few_recordings_at_once(listener: PlantedRecogniser) -> None:
    for number in range(6):
        spoken_review(f"bad {number}")
    scoring.enrol_unseen()
    scorer = scoring.current_scorer()
    most = scorer.recordings  # type: ignore[attr-defined]
    assert len(pending._claim(scorer.key, 256, most)) == most < 6


def test_the_fusion_keeps_its_evidence_beside_it(listener: PlantedRecogniser) -> None:
    assert model_card.fusion_note() == scoring.current_scorer().fusion_note
    assert "fusion" in {one.part for one in model_card.figures()}


def test_a_worker_that_listens_keeps_its_claim_for_longer(settings: Any, listener: PlantedRecogniser) -> None:
    spoken_review("bad")
    scoring.enrol_unseen()
    three_minutes_ago = timezone.now() - timedelta(minutes=3)
    SentimentScore.objects.update(claimed_at=three_minutes_ago)
    assert not waiting.new_or_changed().exists()
    settings.SPEECH_RECOGNISER = ""
    assert waiting.new_or_changed().exists()


# -- now, and from files ------------------------------------------------------------------------------------


def test_an_answer_is_the_same_on_both_sides(listener: PlantedRecogniser, tmp_path: Path) -> None:
    (tmp_path / "voice.wav").write_bytes(tone(220, 2.0))
    sound = SimpleUploadedFile("voice.wav", tone(220, 2.0))
    there, _ = scoring.score_now(text="a good lamp", sound=sound)
    clip = load_clip(tmp_path / "voice.wav")
    [here] = scoring.current_scorer().score([Spoken("a good lamp", clips=(clip,))])
    assert there.heard
    assert (here.heard, here.aspects, here.channels["text"]) == (
        there.heard,
        there.aspects,
        there.channels["text"],
    )


def test_a_table_gets_a_column_of_transcripts(listener: PlantedRecogniser, tmp_path: Path) -> None:
    (tmp_path / "voice.wav").write_bytes(tone(220, 2.0))
    (tmp_path / "in.csv").write_text("text,audio,language\n,voice.wav,en\n,voice.wav,zh\nfine,,\n")
    call_command(
        "score_file", tmp_path / "in.csv", tmp_path / "out.csv", stdout=StringIO(), stderr=StringIO()
    )
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["transcript"] for row in rows] == [BAD, "", ""]
    assert rows[0]["label"] == "negative"
    assert transcripts.OTHER_LANGUAGE in rows[1]["problems"]
