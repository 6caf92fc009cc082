"""Transcripts on the pages: each word with its second, why words do not count, and what listens."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from analytics.models import Alert
from analytics.services import corrections, scoring
from analytics.services.scoring import plugs
from recommender.engine.demo.speech import synthesise
from recommender.engine.preprocess.audio import flac_bytes
from recommender.errors import RecommenderError
from recommender.models import Review
from tests.analytics.engine.listeners import PlantedRecogniser
from tests.analytics.scored import sum_up
from tests.analytics.services.fakes import add_medium, make_review
from tests.analytics.services.hearing import BAD, broken, listener, scored, spoken_review
from tests.conftest import Cast

__all__ = ["broken", "listener"]
pytestmark = pytest.mark.django_db


def page(cast: Cast, name: str, *args: Any, language: str = "en") -> str:
    client = Client(headers={"accept-language": language})
    client.force_login(cast.analyst)
    return client.get(reverse(name, args=args)).content.decode()


def test_the_review_shows_its_words_each_with_its_second(listener: PlantedRecogniser, cast: Cast) -> None:
    review, voice = spoken_review()
    scored(review)
    shown = page(cast, "sentiment_review", review.pk)
    assert f'data-seek="0.5" data-player="voice-{voice.pk}">battery' in shown
    assert shown.count("Words heard") >= 2  # beside the player, and as the channel's name
    assert "word-bad-" in shown
    assert "Nothing is written." in shown


def test_the_review_says_why_words_do_not_count(listener: PlantedRecogniser, cast: Cast) -> None:
    listener._confidence = 0.2
    review, _ = spoken_review()
    scored(review)
    assert "These words do not count." in page(cast, "sentiment_review", review.pk)
    chinese = page(cast, "sentiment_review", review.pk, language="zh-hans")
    assert "录音中识别出的词语太不可靠。" in chinese
    assert "这些话不计入评分。" in chinese


@pytest.mark.parametrize("written", ["", "A lamp, as described."])
def test_lists_show_what_was_said_and_say_that_it_was_heard(
    written: str, listener: PlantedRecogniser, cast: Cast
) -> None:
    scored(spoken_review(written)[0])
    sum_up()
    for language, label in (("zh-hans", "听到的话"), ("en", "Words heard")):
        for shown in (page(cast, "sentiment_reviews", language=language), page(cast, "sentiment_queue")):
            assert f'<span lang="en">{BAD}</span>' in shown
            assert written in shown
        assert f"{label}</span>" in page(cast, "sentiment_reviews", language=language)


def test_without_a_recogniser_lists_say_nothing_of_words_heard(cast: Cast) -> None:
    scored(spoken_review("A lamp, as described.")[0])
    sum_up()
    assert "Words heard" not in page(cast, "sentiment_reviews")


def test_reviews_are_found_by_what_was_said(listener: PlantedRecogniser, cast: Cast) -> None:
    review, _ = spoken_review("A lamp, as described.")
    scored(review)
    sum_up()
    client = Client()
    client.force_login(cast.analyst)
    alert = behind_an_alert(review)
    for asked in ({"q": "Battery IS"}, {"q": "Battery IS", "alert": alert.pk}):
        rows = client.get(reverse("sentiment_reviews"), asked).context["rows"]
        assert [row["pk"] for row in rows] == [review.pk]
        assert not client.get(reverse("sentiment_reviews"), asked | {"q": "no such"}).context["rows"]


def behind_an_alert(review: Review) -> Alert:
    return Alert.objects.create(
        key="k", item=review.item, starts_at=timezone.now(), ends_at=timezone.now(), evidence=[review.pk]
    )


def test_an_opinion_says_that_its_words_were_heard(listener: PlantedRecogniser, cast: Cast) -> None:
    review, _ = spoken_review("The price is good.")
    scored(review)
    shown = page(cast, "sentiment_review", review.pk).split('id="aspects"')[1]
    opinions = {
        part.split("<")[0].split(">")[-1]: part for part in shown.split('class="link-plain strong"')[1:]
    }
    said = {name: "Words heard" in part for name, part in opinions.items()}
    assert said == {"Price": False, "Battery": True, "Quality": True}


def test_a_label_of_a_spoken_review_is_listed_by_what_was_said(
    listener: PlantedRecogniser, cast: Cast
) -> None:
    review, _ = spoken_review()
    scored(review)
    corrections.correct(cast.analyst, [review.pk], "positive")
    for language, label in (("zh-hans", "听到的话"), ("en", "Words heard")):
        assert f"{label}</span> {BAD}</a>" in page(cast, "sentiment_queue", language=language)


def test_the_model_page_says_what_listens(listener: PlantedRecogniser, cast: Cast) -> None:
    before = page(cast, "sentiment_model")
    assert "Recogniser of speech" in before
    assert "No worker has loaded it yet." in before
    assert scoring.current_scorer().key
    after = page(cast, "sentiment_model")
    assert "planted@1" in after
    assert "English" in after


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("worker", [False, True])
def test_the_model_page_says_why_it_cannot_be_loaded(worker: bool, cast: Cast) -> None:
    if worker:
        with pytest.raises(RecommenderError):
            scoring.current_scorer()
    shown = page(cast, "sentiment_model")
    assert "no folder /nowhere/zipformer" in shown
    assert "nothing is downloaded" in shown


def test_without_one_the_model_page_says_nothing_of_it(cast: Cast) -> None:
    assert plugs.speech_state() is None
    assert "Recogniser of speech" not in page(cast, "sentiment_model")


def test_a_voice_is_heard_by_pocketsphinx_from_the_setting_to_the_page(settings: Any, cast: Cast) -> None:
    pytest.importorskip("pocketsphinx", reason="pocketsphinx, an optional package, is not installed")
    settings.SPEECH_RECOGNISER = "pocketsphinx"
    scoring.forget_scorer()
    review = make_review("")
    clip = synthesise("This phone is very good, but the battery is bad.", "en", rate=140)
    voice = add_medium(review, "audio", flac_bytes(clip), duration=clip.seconds)
    [told] = scored(review).details["heard"]
    assert told["by"].startswith("pocketsphinx@")
    shown = page(cast, "sentiment_review", review.pk)
    word, _start, _end, begins, *_ = told["timed"][0]
    assert f'data-seek="{begins:g}" data-player="voice-{voice.pk}">{escape(word)}' in shown
    assert told["by"] in shown
