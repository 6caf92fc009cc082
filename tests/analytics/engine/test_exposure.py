"""Novelty against the formula, item by item."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analytics.engine.exposure import novelty


def slowly(shown: list[int], times: dict[int, int], catalogue: int) -> float:
    whole = sum(times.values()) + catalogue
    return sum(-math.log2((times.get(item, 0) + 1) / whole) for item in shown) / len(shown)


def test_it_is_the_mean_of_what_each_item_tells() -> None:
    random = np.random.default_rng(3)
    known = np.unique(random.integers(0, 500, 120))
    counts = random.integers(1, 1_000, len(known))
    shown = random.integers(0, 500, 300)
    expected = slowly(shown.tolist(), dict(zip(known.tolist(), counts.tolist(), strict=True)), 500)
    assert novelty(shown, known, counts, 500) == pytest.approx(expected)


def test_what_everybody_knows_is_less_novel_than_what_nobody_knows() -> None:
    known, counts = np.array([1, 2]), np.array([1_000, 3])
    one, two, none = (novelty(np.array([item]), known, counts, 100) for item in (1, 2, 3))
    assert one < two < none


def test_before_any_interaction_every_item_is_as_novel_as_any() -> None:
    nothing = np.array([], np.int64)
    assert novelty(np.array([4, 9]), nothing, nothing, 64) == pytest.approx(6.0)
