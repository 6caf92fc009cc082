"""Synthesised speech."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.engine.demo.speech import RATE, VOICES, synthesise
from recommender.errors import RecommenderError


@pytest.mark.parametrize(("text", "language"), [("A blue leather bag.", "en"), ("一个蓝色的皮包。", "zh")])
def test_a_sentence_becomes_sixteen_kilohertz_mono(text: str, language: str) -> None:
    clip = synthesise(text, language)
    assert clip.rate == RATE
    assert clip.samples.dtype == np.float32
    assert clip.samples.ndim == 1
    assert 0.6 < clip.seconds < 4
    assert np.abs(clip.samples).max() == pytest.approx(0.9, abs=0.01)


def test_different_words_sound_different() -> None:
    one, two = synthesise("红色", "zh").samples, synthesise("蓝色", "zh").samples
    assert len(one) != len(two) or not np.allclose(one, two)


def test_speaking_faster_takes_less_time() -> None:
    text = "A warm lamp for quiet evenings."
    assert synthesise(text, "en", rate=240).seconds < 0.8 * synthesise(text, "en", rate=140).seconds


@pytest.mark.parametrize("voice", VOICES)
def test_every_voice_speaks_both_languages(voice: str) -> None:
    assert synthesise("hello", "en", voice=voice).seconds > 0.2
    assert synthesise("你好", "zh", voice=voice).seconds > 0.2


def test_the_same_words_in_the_same_voice_take_the_same_time() -> None:
    one, two = (synthesise("a round vase", "en", voice="f2").samples for _ in range(2))
    assert len(one) == pytest.approx(len(two), rel=0.02)


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(RecommenderError, match="xx"):
        synthesise("hello", "xx")


def test_an_unknown_voice_is_named() -> None:
    with pytest.raises(RecommenderError, match="nobody-at-all"):
        synthesise("hello", "en", voice="nobody-at-all")
