"""What is said in a recording is read as words are, as far as it was understood."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analytics.contracts import Sentiment, Spoken
from analytics.engine.sentiment import load_scorer, transcripts
from analytics.engine.sentiment.recogniser import Recogniser
from analytics.engine.sentiment.scorer import ChannelScorer
from recommender.contracts import Clip
from tests.analytics.engine.listeners import PlantedRecogniser
from tests.analytics.engine.sentiment_planted import planted_scorer, tone


def scorer(recogniser: Recogniser | None = None, **changes: Any) -> ChannelScorer:
    return replace(planted_scorer(), recogniser=recogniser, **changes)


def scored(recogniser: Recogniser, *, seconds: tuple[float, ...] = (2.0,), **spoken: Any) -> Sentiment:
    given = {"language": "en", "clips": tuple(tone(one) for one in seconds)} | spoken
    [found] = scorer(recogniser).score([Spoken(**given)])
    return found


# -- what counts --------------------------------------------------------------------------------------------


def test_a_voice_without_written_words_speaks_through_the_words_heard() -> None:
    found = scored(PlantedRecogniser("it is good really good"))
    assert set(found.channels) == {"text", "speech"}
    assert found.channels["text"].label == "positive"
    assert [one.share for one in found.heard] == [1.0]
    assert not found.missing


def test_words_heard_are_read_as_the_same_words_written() -> None:
    heard = scored(PlantedRecogniser("it broke and is bad"))
    written = scorer().score([Spoken("it broke and is bad")])[0]
    assert np.allclose(heard.channels["text"].probabilities, written.channels["text"].probabilities)


def test_written_and_heard_words_count_by_their_number_and_certainty() -> None:
    found = scored(PlantedRecogniser("bad bad bad bad", confidence=0.5), text="good good")
    [heard] = found.heard
    assert heard.share == pytest.approx(0.5)
    written = scorer().score([Spoken("good good")])[0].channels["text"]
    assert heard.reading is not None
    mean = (np.array(written.probabilities) + np.array(heard.reading.probabilities)) / 2
    assert np.allclose(found.channels["text"].probabilities, mean)


def test_an_emoji_is_not_outvoted_to_nothing() -> None:
    [heard] = scored(PlantedRecogniser("bad bad"), text="👍").heard
    assert 0 < heard.share < 1


def test_written_words_that_belie_those_heard_disagree() -> None:
    agreed = scored(PlantedRecogniser("good good good"), text="good good good")
    belied = scored(PlantedRecogniser("bad bad bad"), text="good good good")
    assert belied.disagreement > max(agreed.disagreement, 0.5)


def test_the_words_that_weigh_are_quoted_from_the_transcript() -> None:
    [heard] = scored(PlantedRecogniser("so bad it broke")).heard
    assert {word.text for word in heard.words} == {"bad", "broke"}
    assert all(heard.transcript.text[word.start : word.end] == word.text for word in heard.words)


def test_aspects_are_found_in_what_is_said() -> None:
    shipped = load_scorer(recogniser=PlantedRecogniser("the price is bad"))
    [found] = shipped.score([Spoken(clips=(tone(2.0),), language="en")])
    assert [(one.aspect, one.clip) for one in found.aspects] == [("price", 0)]


def test_what_is_written_of_an_aspect_counts_before_what_is_said_of_it() -> None:
    shipped = load_scorer(recogniser=PlantedRecogniser("the price is awful and the battery is bad"))
    [found] = shipped.score([Spoken("The price is great.", clips=(tone(2.0),), language="en")])
    assert {one.aspect: one.clip for one in found.aspects} == {"price": None, "battery": 0}


def test_each_recording_has_a_transcript_of_its_own() -> None:
    recogniser = PlantedRecogniser(by_seconds={1: "it is good", 2: "it is bad"})
    found = scored(recogniser, seconds=(1.0, 2.0))
    assert [(one.clip, one.transcript.text) for one in found.heard] == [(0, "it is good"), (1, "it is bad")]
    assert sum(one.share for one in found.heard) == pytest.approx(1)


def test_without_a_recogniser_nothing_changes() -> None:
    batch = [Spoken("I love it", clips=(tone(2.0),)), Spoken(clips=(tone(1.0),))]
    for found in scorer().score(batch):
        assert found.heard == ()
    assert scorer().key != scorer(PlantedRecogniser()).key


def test_the_key_follows_the_recogniser() -> None:
    assert scorer(PlantedRecogniser(key="a@1")).key != scorer(PlantedRecogniser(key="a@2")).key


def test_a_review_is_heard_the_same_in_any_company() -> None:
    recogniser = PlantedRecogniser(by_seconds={1: "good thing", 2: "bad thing"})
    batch = [
        Spoken("I love it", clips=(tone(1.0),), language="en"),
        Spoken("It broke"),
        Spoken(clips=(tone(2.0), tone(1.0)), language="en"),
    ]
    together = scorer(recogniser).score(batch)
    for spoken, found in zip(batch, together, strict=True):
        [alone] = scorer(recogniser).score([spoken])
        assert alone.channels.keys() == found.channels.keys()
        assert np.allclose(alone.channels["text"].probabilities, found.channels["text"].probabilities)
        assert [one.share for one in alone.heard] == [one.share for one in found.heard]


# -- what does not count ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recogniser", "reason"),
    [
        (PlantedRecogniser(""), transcripts.NO_WORDS),
        (PlantedRecogniser("bad"), transcripts.TOO_FEW),
        (PlantedRecogniser("it is bad", confidence=0.2), transcripts.TOO_UNSURE),
        (
            PlantedRecogniser("das ist schlecht", languages=frozenset(), language="de"),
            transcripts.UNREAD_LANGUAGE,
        ),
        (PlantedRecogniser("explode"), transcripts.FAILED),
    ],
    ids=["silence", "one word", "unsure", "unread language", "failure"],
)
def test_words_that_are_not_good_enough_are_left_out_with_the_reason(
    recogniser: Recogniser, reason: str
) -> None:
    shipped = load_scorer(recogniser=recogniser)
    [found] = shipped.score([Spoken(clips=(tone(2.0),), language="en")])
    [without] = load_scorer().score([Spoken(clips=(tone(2.0),))])
    assert found.missing["speech"] == reason
    assert set(found.channels) == {"speech"}
    assert found.overall == without.overall


def test_words_that_were_left_out_are_kept_to_be_looked_at() -> None:
    [heard] = scored(PlantedRecogniser("it is bad", confidence=0.2)).heard
    assert (heard.transcript.text, heard.left_out, heard.share) == ("it is bad", transcripts.TOO_UNSURE, 0.0)
    assert heard.reading is None


def test_a_recogniser_that_gives_no_confidence_is_believed() -> None:
    assert scored(PlantedRecogniser("it is bad", confidence=None)).channels["text"].label == "negative"


def test_one_recording_that_breaks_it_does_not_cost_the_others() -> None:
    recogniser = PlantedRecogniser(by_seconds={1: "explode", 2: "it is good"})
    found = scored(recogniser, seconds=(1.0, 2.0))
    assert [one.clip for one in found.heard] == [1]
    assert found.channels["text"].label == "positive"
    assert transcripts.FAILED in found.missing["speech"]


@pytest.mark.parametrize(
    ("spoken", "reason"),
    [
        ({"language": "zh"}, transcripts.OTHER_LANGUAGE),
        ({"language": "zh-hans"}, transcripts.OTHER_LANGUAGE),
        ({"language": ""}, transcripts.UNKNOWN_LANGUAGE),
        ({"language": "", "text": "质量很好，非常满意"}, transcripts.OTHER_LANGUAGE),
    ],
)
def test_one_that_knows_english_alone_does_not_listen_to_others(spoken: dict[str, str], reason: str) -> None:
    recogniser = PlantedRecogniser("nonsense it is bad")
    found = scored(recogniser, **spoken)
    assert recogniser.listened == []
    assert found.missing["speech"] == reason
    assert "speech" in found.channels


@pytest.mark.parametrize("spoken", [{"language": "en-GB"}, {"language": "", "text": "the lamp is good"}])
def test_english_is_known_by_the_review_or_by_its_words(spoken: dict[str, str]) -> None:
    recogniser = PlantedRecogniser("it is bad")
    assert scored(recogniser, **spoken).heard[0].share > 0
    assert recogniser.listened


def test_one_that_finds_the_language_out_listens_to_everybody() -> None:
    recogniser = PlantedRecogniser("质 量 很 好", languages=frozenset(), language="zh")
    assert scored(recogniser, language="").heard[0].share == 1


def test_no_review_is_listened_to_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "LONGEST", 3.0)
    recogniser = PlantedRecogniser("it is bad")
    found = scored(recogniser, seconds=(2.0, 2.0, 2.0))
    assert recogniser.listened == [2.0, 1.0]
    assert found.missing["speech"] == transcripts.TOO_LONG


def test_what_was_heard_before_is_not_listened_to_again() -> None:
    recogniser = PlantedRecogniser("it is bad")
    [first] = scored(recogniser).heard
    [again] = scored(recogniser, heard=(first.transcript,)).heard
    assert again == first
    assert len(recogniser.listened) == 1


def test_what_another_recogniser_heard_is_not_believed() -> None:
    [first] = scored(PlantedRecogniser("it is bad", key="old@1")).heard
    [again] = scored(PlantedRecogniser("it is good", key="new@1"), heard=(first.transcript,)).heard
    assert again.transcript.text == "it is good"


def test_sound_that_cannot_be_used_is_not_listened_to() -> None:
    recogniser = PlantedRecogniser()
    found = scored(recogniser, clips=(Clip(np.zeros(16_000, np.float32)),))
    assert recogniser.listened == []
    assert found.missing == {"speech": "The recording is silent."}


@pytest.mark.parametrize(("text", "count"), [("don't stop", 3), ("质量 very 好", 4), ("12 ...", 0), ("", 0)])
def test_words_are_counted_in_both_scripts(text: str, count: int) -> None:
    assert transcripts.count_words(text) == count
