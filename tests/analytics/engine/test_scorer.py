"""A scorer learns from corrections, and says what contradicts what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analytics.contracts import Example, Label, Reading, Spoken, Word
from analytics.engine.sentiment import load_scorer, retrain
from analytics.engine.sentiment.disagreement import disagreement
from analytics.engine.sentiment.recogniser import Remembered
from analytics.engine.sentiment.recogniser_words import transcript
from recommender.contracts import Clip
from recommender.engine.preprocess.audio import RATE
from recommender.errors import RecommenderError

GOOD, BAD = Reading((0.02, 0.08, 0.9)), Reading((0.9, 0.08, 0.02))


def test_corrections_teach_words_that_no_one_knew(tmp_path: Path) -> None:
    examples = [Example(Spoken(f"quite the zonk, item {number}"), "negative") for number in range(24)]
    examples += [Example(Spoken(f"such a blip, item {number}"), "positive") for number in range(24)]
    found = retrain(None, examples, tmp_path / "next")
    assert found["after"]["accuracy"] > found["before"]["accuracy"]
    assert found["general"]["after"]["accuracy"] > found["general"]["before"]["accuracy"] - 0.03
    assert load_scorer(tmp_path / "next").key != load_scorer().key


def test_too_few_corrections_are_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(RecommenderError, match="Correct at least"):
        retrain(None, [Example(Spoken("bad"), "negative")], tmp_path)


# -- what was said aloud ------------------------------------------------------------------------------------


def aloud(text: str, *, written: str = "", confidence: float = 0.9, label: Label = "negative") -> Example:
    """A corrected review with a recording that was heard before."""
    heard = transcript(text, (), "planted@1", language="en", confidence=confidence)
    clip = Clip(np.sin(np.arange(RATE) / 20).astype(np.float32), RATE)
    return Example(Spoken(written, clips=(clip,), heard=(heard,)), label)


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


REMEMBERED = Remembered("planted@1", frozenset({"en"}))


def test_written_and_heard_words_of_a_review_are_one_example(
    tmp_path: Path, taught: dict[str, float]
) -> None:
    examples = [aloud(f"zonk number x{n}", written=f"a b c {n}", confidence=1.0) for n in range(20)]
    retrain(None, examples, tmp_path / "next", recogniser=REMEMBERED)
    assert len(taught) == 30
    assert sum(taught.values()) == pytest.approx(15)
    assert {text.split()[0]: round(share, 2) for text, share in taught.items()} == {"a": 0.5, "zonk": 0.5}


def test_only_heard_words_that_count_teach(tmp_path: Path, taught: dict[str, float]) -> None:
    examples = [Example(Spoken(f"fine {n}"), "positive") for n in range(20)]
    examples += [aloud("very unsure", confidence=0.3), aloud("one"), aloud("quite sure")]
    retrain(None, examples, tmp_path / "next", recogniser=REMEMBERED)
    assert {text for text in taught if not text.startswith("fine")} == {"quite sure"}


def test_without_its_recogniser_no_heard_word_teaches(tmp_path: Path, taught: dict[str, float]) -> None:
    examples = [aloud("the zip jammed", written=f"fine {n}") for n in range(20)]
    for recogniser in (None, Remembered("another@2", frozenset({"en"}))):
        retrain(None, examples, tmp_path / "next", recogniser=recogniser)
    assert set(taught) <= {f"fine {n}" for n in range(20)}


def test_what_it_is_measured_by_is_never_learned_from(tmp_path: Path, taught: dict[str, float]) -> None:
    examples = [aloud("the same complaint", written=f"fine {n}") for n in range(20)]
    found = retrain(None, examples, tmp_path / "next", recogniser=REMEMBERED)
    assert found["held"] == 5
    assert len(taught) == 15
    assert "the same complaint" not in taught


def test_an_absent_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecommenderError, match="does not exist"):
        load_scorer(tmp_path / "nowhere")


def test_a_happy_text_in_an_angry_voice_is_a_contradiction() -> None:
    assert disagreement({"text": GOOD, "speech": BAD}) > 0.7
    assert disagreement({"text": GOOD, "speech": GOOD}) == 0


def test_words_that_pull_both_ways_count_less_than_channels_that_do() -> None:
    words = (Word("great", 0, 5, 1.0), Word("poor", 6, 10, -1.0))
    assert 0 < disagreement({"text": GOOD}, words=words) < disagreement({"text": GOOD, "image": BAD})
