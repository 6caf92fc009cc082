"""Which texts are held out for calibration: those that are alike go together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analytics.engine.sentiment.learning import text as learning
from analytics.engine.sentiment.learning.text_corpora import Labelled
from analytics.engine.sentiment.learning.text_held_out import held_out, held_together

SEED = 0


def part(*texts: str) -> Labelled:
    return Labelled(texts, np.zeros(len(texts), np.int64))


def test_a_text_that_stands_in_two_sets_is_held_out_of_both_or_of_neither() -> None:
    texts = [f"房间{number}号，很干净" for number in range(200)]
    other = [text.replace("，", " ") + "。" for text in reversed(texts)]
    one, two = held_together([part(*texts), part(*other)], SEED)
    np.testing.assert_array_equal(one, two[::-1])
    assert 5 < one.sum() < 40


def test_sets_that_have_nothing_in_common_are_held_out_by_a_tenth_each() -> None:
    sizes = 900, 300
    parts = [
        part(*(f"{name}{number}" for number in range(size))) for name, size in zip("房饭", sizes, strict=True)
    ]
    held = held_together(parts, SEED)
    assert [len(one) for one in held] == list(sizes)
    assert all(0.05 < one.mean() < 0.15 for one in held)


def test_texts_that_share_six_words_in_a_row_stay_together() -> None:
    texts = [f"{number} the film is as good as they say" for number in range(50)]
    assert len(set(held_out(texts, SEED))) == 1


def test_a_short_phrase_goes_with_the_text_that_it_is_part_of() -> None:
    texts = [f"word{number} one{number} two{number} three{number}" for number in range(200)]
    phrases = [f"one{number} two{number}" for number in range(200)]
    held = held_out([*texts, *phrases], SEED)
    np.testing.assert_array_equal(held[:200], held[200:])
    assert held.any()


def test_the_trainer_holds_equal_texts_out_of_all_sets_or_of_none(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    texts = tuple(f"{mood}{number}" for number in range(100) for mood in ("房间干净", "房间很脏"))
    labels = np.array([2, 0] * 100)
    held: list[Any] = []
    train = learning._network

    def recorded(plan: Any, parts: Any, apart: Any, *others: Any) -> Any:
        held.append(apart)
        return train(plan, parts, apart, *others)

    monkeypatch.setattr(learning, "_network", recorded)
    learning.relearn_chinese([Labelled(texts, labels)] * 3)
    trial, last = held
    assert trial[0].any()
    np.testing.assert_array_equal(trial[0], trial[1])
    np.testing.assert_array_equal(trial[0], trial[2])
    assert not np.concatenate(last).any()


def test_where_nothing_tells_chinese_sets_apart_goods_are_likeliest_and_hotels_least() -> None:
    pytest.importorskip("sklearn")
    rows = learning.matrix([f"很好{number}" for number in range(30)])
    gate = learning._gate(learning.CHINESE_GATE, [rows] * 3, SEED, lambda _: None)
    meals, goods = gate.calibration["shift"]
    assert goods > meals > 0
