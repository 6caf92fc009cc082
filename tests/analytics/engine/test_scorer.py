"""A scorer learns from corrections, and says what contradicts what."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.contracts import Example, Reading, Spoken, Word
from analytics.engine.sentiment import load_scorer, retrain
from analytics.engine.sentiment.disagreement import disagreement
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


def test_an_absent_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecommenderError, match="does not exist"):
        load_scorer(tmp_path / "nowhere")


def test_a_happy_text_in_an_angry_voice_is_a_contradiction() -> None:
    assert disagreement({"text": GOOD, "speech": BAD}) > 0.7
    assert disagreement({"text": GOOD, "speech": GOOD}) == 0


def test_words_that_pull_both_ways_count_less_than_channels_that_do() -> None:
    words = (Word("great", 0, 5, 1.0), Word("poor", 6, 10, -1.0))
    assert 0 < disagreement({"text": GOOD}, words=words) < disagreement({"text": GOOD, "image": BAD})
