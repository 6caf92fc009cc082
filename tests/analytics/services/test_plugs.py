"""A text model of somebody else's in service: workers load it, pages ask, nothing takes its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from analytics.models import SentimentScore
from analytics.services import model_card, retraining, scoring
from analytics.services.scoring import asking, plugs, plugs_loading
from recommender.errors import RecommenderError, ScorerUnavailable
from recommender.models import EncoderSpace, Review
from recommender.services import calls
from tests.analytics.engine.tiny_bert import make_tiny_bert
from tests.analytics.services.fakes import make_review
from tests.api.conftest import Program, json_of, program
from tests.conftest import Cast
from tests.services.shop import QUICK_ENCODER, photo, tone

__all__ = ["program"]
pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/analytics/score"


@pytest.fixture
def plugged(tmp_path: Path, settings: Any) -> Path:
    """A small model in the place of the site's own."""
    folder = make_tiny_bert(tmp_path / "tiny")
    settings.SENTIMENT_TEXT_MODEL, settings.ENCODER_DEVICE = str(folder), "cpu"
    scoring.forget_scorer()
    return folder


@pytest.fixture
def broken(settings: Any) -> None:
    pytest.importorskip("transformers", reason="transformers, an optional package, is not installed")
    settings.SENTIMENT_TEXT_MODEL = "/nowhere/tiny"
    scoring.forget_scorer()


@pytest.fixture
def no_worker(settings: Any) -> Iterator[None]:
    """Questions are queued, and nobody takes them up."""
    from mmsite.celery import app

    settings.SENTIMENT_TIMEOUT = 0.1
    app.conf.task_always_eager = False
    yield
    app.conf.task_always_eager = True
    asking.trust_again()


def scored(review: Review) -> SentimentScore:
    scoring.score_pending()
    return SentimentScore.objects.get(review=review)


# -- scoring ------------------------------------------------------------------------------------------------


def test_reviews_are_scored_by_it_with_the_words_that_count(plugged: Path) -> None:
    row = scored(make_review("the lamp is so bad"))
    assert row.label == "negative"
    assert [word[0] for word in row.details["words"]] == ["bad"]


def test_reviews_are_scored_anew_when_it_is_plugged_in_and_when_it_changes(
    tmp_path: Path, settings: Any
) -> None:
    review = make_review("the lamp is bad")
    keys = [scored(review).model]
    for labels in ([], ["positive", "negative"]):
        settings.SENTIMENT_TEXT_MODEL = str(make_tiny_bert(tmp_path / "tiny"))
        settings.SENTIMENT_TEXT_LABELS = labels
        scoring.forget_scorer()
        keys.append(scored(review).model)
    assert len(set(keys)) == 3
    assert scored(review).label == "positive"


def test_a_portion_is_as_long_as_the_model_is_slow() -> None:
    from analytics.services.scoring.pending import _next_portion

    assert _next_portion(8, 8.0) == 4
    assert _next_portion(1, 60.0) == 1
    assert _next_portion(256, 0.0) == 256


@pytest.mark.usefixtures("broken")
def test_no_other_model_takes_the_place_of_one_that_cannot_be_loaded() -> None:
    review = make_review("the lamp is bad")
    for _ in range(2):
        with pytest.raises(RecommenderError, match="no folder /nowhere/tiny") as told:
            scoring.score_pending()
        assert told.value.remedy
    assert SentimentScore.objects.get(review=review).model == ""


def test_a_model_that_came_back_is_tried_again_after_a_while(
    broken: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tiny"
    settings.SENTIMENT_TEXT_MODEL = str(folder)
    with pytest.raises(RecommenderError):
        scoring.current_scorer()
    make_tiny_bert(folder)
    with pytest.raises(RecommenderError):
        scoring.current_scorer()
    monkeypatch.setattr(plugs_loading, "RETRY_SECONDS", 0.0)
    assert scoring.current_scorer().key


# -- what pages know ----------------------------------------------------------------------------------------


def test_pages_know_what_a_worker_loaded(plugged: Path) -> None:
    assert scoring.current_scorer_key() == ""
    before = plugs.text_state()
    key = scoring.current_scorer().key
    assert scoring.current_scorer_key() == key
    after = plugs.text_state()
    assert before is not None
    assert after is not None
    assert (before.outputs, after.outputs) == ("", "NEGATIVE = negative, POSITIVE = positive")
    assert not after.neutral


def test_what_was_told_of_other_settings_is_not_believed(plugged: Path, settings: Any) -> None:
    assert scoring.current_scorer().key
    settings.SENTIMENT_TEXT_LABELS = ["positive", "negative"]
    assert scoring.current_scorer_key() == ""


def model_page(cast: Cast, language: str = "en") -> str:
    client = Client(headers={"accept-language": language})
    client.force_login(cast.analyst)
    return client.get(reverse("sentiment_model")).content.decode()


def test_the_model_page_says_what_reads_and_that_it_is_not_calibrated(plugged: Path, cast: Cast) -> None:
    assert scoring.current_scorer().key
    page = model_page(cast)
    for said in ("<code>tiny</code>", "NEGATIVE = negative", "temperature 1", "no label for neutral"):
        assert said in page
    assert str(plugged) not in page


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("worker", [False, True])
def test_the_model_page_says_why_it_cannot_be_loaded(worker: bool, cast: Cast) -> None:
    if worker:
        with pytest.raises(RecommenderError):
            scoring.current_scorer()
    page = model_page(cast)
    assert "There is no folder /nowhere/tiny" in page
    assert "save_pretrained" in page


@pytest.mark.parametrize("worker", [False, True])
def test_why_a_part_cannot_be_loaded_is_read_in_the_readers_language(
    worker: bool, cast: Cast, settings: Any
) -> None:
    settings.SPEECH_RECOGNISER = "parrot"
    scoring.forget_scorer()
    if worker:
        with pytest.raises(RecommenderError):
            scoring.current_scorer()
    chinese = model_page(cast, "zh-CN")
    assert "&#x27;parrot&#x27; 没有指明语音识别器。" in chinese
    assert "请写成以下之一：pocketsphinx" in chinese
    assert "names no recogniser" not in chinese
    assert "&#x27;parrot&#x27; names no recogniser." in model_page(cast, "en")


def test_without_it_the_model_page_says_nothing_of_it(cast: Cast) -> None:
    assert plugs.text_state() is None
    assert "temperature 1" not in model_page(cast)


def test_figures_measured_with_the_other_model_are_not_shown(plugged: Path) -> None:
    assert {one.part for one in model_card.figures()}.isdisjoint({"text", "fusion"})
    assert "switched off" in model_card.fusion_note()


@pytest.mark.usefixtures("plugged")
def test_it_does_not_learn_from_corrections(cast: Cast) -> None:
    with pytest.raises(RecommenderError, match="tiny does not learn") as told:
        retraining.start_retraining(cast.analyst)
    assert "SENTIMENT_TEXT_MODEL" in told.value.remedy


# -- now ----------------------------------------------------------------------------------------------------


def test_a_score_now_comes_from_a_worker(plugged: Path, program: Program) -> None:
    found = json_of(program("analyst").post(ADDRESS, {"text": "the price is bad"}))
    assert (found["label"], found["model"]) == ("negative", scoring.current_scorer_key())
    assert found["words"] == [
        {"text": "bad", "start": 13, "end": 16, "weight": pytest.approx(-0.909, abs=0.001)}
    ]
    assert found["aspects"][0]["words"]


def test_a_picture_and_a_sound_go_along(plugged: Path, settings: Any) -> None:
    settings.ENCODER = QUICK_ENCODER
    EncoderSpace.objects.all().delete()
    found, _ = scoring.score_now(
        text="good",
        image=SimpleUploadedFile("photo.jpg", photo("red")),
        sound=SimpleUploadedFile("hum.wav", tone(300)),
    )
    assert set(found.channels) | set(found.missing) == {"text", "image", "speech"}
    assert found.moments


def test_an_answer_is_the_same_on_both_sides(plugged: Path) -> None:
    from analytics.contracts import Spoken

    (here,) = scoring.current_scorer().score([Spoken("the price is bad, the lamp is good")])
    there, _ = scoring.score_now(text="the price is bad, the lamp is good")
    assert here == there


@pytest.mark.usefixtures("plugged", "no_worker")
def test_without_a_worker_the_asker_is_told_in_time(program: Program) -> None:
    told = json_of(program("analyst").post(ADDRESS, {"text": "bad"}), 503)
    assert "within 0.1 s" in told["error"]
    assert "query worker" in told["remedy"]


@pytest.mark.usefixtures("plugged", "no_worker")
def test_a_question_that_nobody_took_expires(redis_server: Any) -> None:
    import json

    with pytest.raises(ScorerUnavailable):
        scoring.score_now(text="bad")
    (message,) = redis_server.lrange("query", 0, -1)
    assert json.loads(message)["headers"]["expires"]


@pytest.mark.usefixtures("plugged", "no_worker")
def test_after_a_time_out_nobody_waits_so_long_again(settings: Any) -> None:
    settings.SENTIMENT_TIMEOUT = 1.2
    for patience in ("1.2", "1"):
        with pytest.raises(ScorerUnavailable, match=f"within {patience} s"):
            scoring.score_now(text="bad")


@pytest.mark.usefixtures("plugged")
def test_without_redis_the_asker_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise ConnectionError("refused")

    monkeypatch.setattr(calls, "ask", refuse)
    with pytest.raises(ScorerUnavailable, match="Redis"):
        scoring.score_now(text="bad")


@pytest.mark.usefixtures("broken")
def test_a_worker_that_cannot_load_it_says_so(program: Program) -> None:
    told = json_of(program("analyst").post(ADDRESS, {"text": "bad"}), 503)
    assert "/nowhere/tiny" in told["error"]
    assert told["remedy"]


def test_a_worker_that_cannot_load_a_part_says_so_in_the_language_of_the_program(
    program: Program, settings: Any
) -> None:
    settings.SPEECH_RECOGNISER = "parrot"
    scoring.forget_scorer()

    def error(language: str) -> str:
        headers = {"accept-language": language}
        answer = program("analyst").post(ADDRESS, {"text": "bad"}, headers=headers)
        return str(json_of(answer, 503)["error"])

    assert error("zh-hans") == "无法载入语音识别器：'parrot' 没有指明语音识别器。"
    assert error("en") == "The recogniser cannot be loaded: 'parrot' names no recogniser."
