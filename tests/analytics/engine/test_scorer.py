"""A scorer learns from corrections, and says what contradicts what."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics.contracts import Example, Label, Reading, Sentiment, Spoken, Word
from analytics.engine.sentiment import load_scorer
from analytics.engine.sentiment.disagreement import disagreement
from analytics.engine.sentiment.learning.text_corrections import retrain_text
from analytics.engine.sentiment.recogniser import Remembered
from analytics.engine.sentiment.recogniser_words import transcript
from analytics.engine.sentiment.scorer import ChannelScorer
from analytics.engine.sentiment.scorer_retraining import is_held_out, retrain
from analytics.engine.sentiment.text import TextModel
from recommender.contracts import Clip
from recommender.engine.preprocess.audio import RATE
from recommender.errors import RecommenderError
from tests.analytics.engine.sentiment_planted import PlantedText

GOOD, BAD = Reading((0.02, 0.08, 0.9)), Reading((0.9, 0.08, 0.02))


def test_corrections_teach_words_that_no_one_knew(tmp_path: Path) -> None:
    examples = [Example(Spoken(f"quite the zonk, item {number}"), "negative") for number in range(24)]
    examples += [Example(Spoken(f"such a blip, item {number}"), "positive") for number in range(24)]
    found = retrain(None, examples, tmp_path / "next")
    assert found["after"]["accuracy"] > found["before"]["accuracy"]
    assert found["general"]["after"]["accuracy"] > found["general"]["before"]["accuracy"] - 0.03
    assert load_scorer(tmp_path / "next").key != load_scorer().key


def test_what_corrections_taught_is_heard_in_what_is_said_of_an_aspect(tmp_path: Path) -> None:
    def felt(folder: Path | None, text: PlantedText | None = None) -> float:
        (one,) = load_scorer(folder, text=text).score([Spoken("包装还行，价格佐克")])
        return next(opinion.polarity for opinion in one.aspects if opinion.aspect == "price")

    examples = [Example(Spoken(f"佐克，第{number}件"), "negative") for number in range(24)]
    examples += [Example(Spoken(f"很布利，第{number}件"), "positive") for number in range(24)]
    retrain(None, examples, tmp_path / "next")
    assert felt(tmp_path / "next") < felt(None) - 0.1
    plug = PlantedText()
    assert felt(tmp_path / "next", plug) == felt(tmp_path / "next")
    assert load_scorer(tmp_path / "next", text=plug).key != load_scorer(text=plug).key


def test_too_few_corrections_are_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(RecommenderError, match="Correct at least"):
        retrain(None, [Example(Spoken("bad"), "negative")], tmp_path)


# -- what it is measured by ---------------------------------------------------------------------------------


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """The texts that a retraining learns from, each with how much of an example it is."""
    found: dict[str, float] = {}

    def learn(
        base: Path | None, texts: list[str], labels: list[int], output: Path, shares: list[float]
    ) -> None:
        found.update(zip(texts, shares, strict=True))

    monkeypatch.setattr("analytics.engine.sentiment.learning.text_corrections.retrain_text", learn)
    return found


def in_turn(name: str, *, held: int, taught: int) -> list[str]:
    """So many texts that begin alike, of which so many are held out."""
    made = [f"{name} {number}" for number in range(500)]
    return [one for one in made if is_held_out(one)][:held] + [one for one in made if not is_held_out(one)][
        :taught
    ]


def written(texts: Sequence[str], label: Label = "negative") -> list[Example]:
    return [Example(Spoken(text), label) for text in texts]


def test_a_text_that_is_held_out_stays_so_when_corrections_are_added(
    tmp_path: Path, taught: dict[str, float]
) -> None:
    few = in_turn("quite the zonk", held=3, taught=9)
    retrain(None, written(few), tmp_path / "first")
    first = set(taught)
    taught.clear()
    retrain(
        None, written([*few, *in_turn("such a blip", held=40, taught=120)], "positive"), tmp_path / "next"
    )
    assert set(few) & set(taught) == first == set(few[3:])


def test_about_a_quarter_of_texts_is_held_out_and_alike_ones_together() -> None:
    assert 220 < sum(is_held_out(f"item {number}") for number in range(1000)) < 280
    assert (
        len({is_held_out(one) for one in ("The zip broke.", " the  ZIP broke.\n", "The zip <b>broke</b>.")})
        == 1
    )


def test_the_model_before_never_learned_what_it_is_measured_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[set[str]] = []
    measured: list[str] = []

    def learn(base: Path | None, texts: Sequence[str], *rest: Any) -> TextModel:
        learned.append(set(texts))
        return retrain_text(base, texts, *rest)

    def score(self: ChannelScorer, batch: Sequence[Spoken]) -> list[Sentiment]:
        measured.extend(spoken.text for spoken in batch)
        return [Sentiment(None)] * len(batch)

    monkeypatch.setattr("analytics.engine.sentiment.learning.text_corrections.retrain_text", learn)
    monkeypatch.setattr(ChannelScorer, "score", score)
    texts = in_turn("quite the zonk", held=6, taught=18)
    retrain(None, written(texts[:3] + texts[6:15]), tmp_path / "first")
    measured.clear()
    retrain(tmp_path / "first", written(texts), tmp_path / "next")
    assert learned == [set(texts[6:15]), set(texts[6:])]
    assert set(texts) & set(measured) == set(texts[:6])


def test_too_few_held_out_are_refused_with_what_to_do(tmp_path: Path, taught: dict[str, float]) -> None:
    texts = in_turn("quite the zonk", held=2, taught=18)
    with pytest.raises(
        RecommenderError, match="Of 20 corrected reviews with words, 2 can be held out"
    ) as told:
        retrain(None, written(texts), tmp_path / "next")
    assert "about one in 4" in told.value.remedy
    assert not (tmp_path / "next").exists()


# -- what was said aloud ------------------------------------------------------------------------------------


def aloud(text: str, *, written: str = "", confidence: float = 0.9, label: Label = "negative") -> Example:
    """A corrected review with a recording that was heard before."""
    heard = transcript(text, (), "planted@1", language="en", confidence=confidence)
    clip = Clip(np.sin(np.arange(RATE) / 20).astype(np.float32), RATE)
    return Example(Spoken(written, clips=(clip,), heard=(heard,)), label)


REMEMBERED = Remembered("planted@1", frozenset({"en"}))


def test_written_and_heard_words_of_a_review_are_one_example(
    tmp_path: Path, taught: dict[str, float]
) -> None:
    said = in_turn("zonk number", held=0, taught=15) + in_turn("zonk number", held=5, taught=0)
    notes = in_turn("a b", held=0, taught=15) + in_turn("a b", held=5, taught=0)
    examples = [aloud(text, written=note, confidence=1.0) for text, note in zip(said, notes, strict=True)]
    retrain(None, examples, tmp_path / "next", recogniser=REMEMBERED)
    assert len(taught) == 30
    assert sum(taught.values()) == pytest.approx(15)
    assert {text.split()[0]: round(share, 2) for text, share in taught.items()} == {"a": 0.5, "zonk": 0.5}


def test_only_heard_words_that_count_teach(tmp_path: Path, taught: dict[str, float]) -> None:
    examples = [Example(Spoken(f"fine {n}"), "positive") for n in range(20)]
    examples += [aloud("so unsure", confidence=0.3), aloud("one"), aloud("quite sure")]
    retrain(None, examples, tmp_path / "next", recogniser=REMEMBERED)
    assert {text for text in taught if not text.startswith("fine")} == {"quite sure"}


def test_without_its_recogniser_no_heard_word_teaches(tmp_path: Path, taught: dict[str, float]) -> None:
    examples = [aloud("the zip jammed", written=f"fine {n}") for n in range(20)]
    for recogniser in (None, Remembered("another@2", frozenset({"en"}))):
        retrain(None, examples, tmp_path / "next", recogniser=recogniser)
    assert set(taught) <= {f"fine {n}" for n in range(20)}


def test_what_many_say_aloud_measures_nothing_where_it_teaches(
    tmp_path: Path, taught: dict[str, float]
) -> None:
    notes = in_turn("fine", held=6, taught=14)
    (common,) = in_turn("the same complaint", held=0, taught=1)
    examples = [aloud(common, written=note) for note in (*notes[:2], *notes[6:])] + written(notes[2:6])
    found = retrain(None, examples, tmp_path / "next", recogniser=REMEMBERED)
    assert (found["held"], found["trained"]) == (4, 14)
    assert common in taught
    assert not set(notes[:6]) & set(taught)


def test_heard_words_that_are_held_out_teach_nowhere(tmp_path: Path, taught: dict[str, float]) -> None:
    notes = in_turn("fine", held=6, taught=14)
    (common,) = in_turn("the same complaint", held=1, taught=0)
    examples = [aloud(common, written=note) for note in notes]
    found = retrain(None, examples, tmp_path / "next", recogniser=REMEMBERED)
    assert found["held"] == 6
    assert set(taught) == set(notes[6:])


def test_an_absent_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecommenderError, match="does not exist"):
        load_scorer(tmp_path / "nowhere")


def test_a_happy_text_in_an_angry_voice_is_a_contradiction() -> None:
    assert disagreement({"text": GOOD, "speech": BAD}) > 0.7
    assert disagreement({"text": GOOD, "speech": GOOD}) == 0


def test_words_that_pull_both_ways_count_less_than_channels_that_do() -> None:
    words = (Word("great", 0, 5, 1.0), Word("poor", 6, 10, -1.0))
    assert 0 < disagreement({"text": GOOD}, words=words) < disagreement({"text": GOOD, "image": BAD})
