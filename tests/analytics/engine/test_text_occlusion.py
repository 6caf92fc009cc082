"""Which words carried a score, found by leaving them out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.engine.sentiment.text_occlusion import MOST_READINGS, weigh


class Counted:
    """Polarity by the words "good" and "bad"; counts what it is asked."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.read += texts
        return np.array([(text.count("good") + text.count("好") - text.count("bad")) / 4 for text in texts])


def weighed(*texts: str, most: int = 12) -> tuple[list[dict[str, float]], Counted]:
    polarity = Counted()
    found = weigh(texts, Counted()(texts), polarity, most)
    for text, words in zip(texts, found, strict=True):
        assert all(text[word.start : word.end] == word.text for word in words)
    return [{word.text: word.weight for word in words} for words in found], polarity


def test_words_weigh_what_the_text_loses_without_them() -> None:
    [found], _ = weighed("a good lamp, a bad price")
    assert found == {"good": 0.25, "bad": -0.25}


def test_chinese_is_left_out_by_two_characters() -> None:
    [found], _ = weighed("质量很好")
    assert found == {"很好": 0.25}


def test_a_long_text_costs_no_more_than_is_allowed() -> None:
    text = "so " * 300 + "good " + "so " * 90
    [found], polarity = weighed(text)
    assert len(polarity.read) <= MOST_READINGS
    [(words, weight)] = found.items()
    assert "good" in words
    assert weight == 0.25
    assert len(words) < len(text) / 40


def test_texts_are_weighed_each_by_itself() -> None:
    found, _ = weighed("good", "", "bad bad", "nothing here")
    assert found == [{"good": 0.25}, {}, {"bad": -0.25}, {}]


def test_no_more_words_are_told_than_asked_for() -> None:
    [found], _ = weighed("good and good and bad", most=1)
    assert len(found) == 1


def test_no_text_is_no_work() -> None:
    assert weigh([], np.zeros(0), Counted(), 12) == []
