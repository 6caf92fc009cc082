"""The experts of a script together: what is compiled mixes as numpy would, expert after expert."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analytics.engine.sentiment.calibration import softmax
from analytics.engine.sentiment.text_mixture import Expert, Mixture, Said

EXPERTS = (Expert("films", 0, 1), Expert("goods", 1, 1), Expert("talk", 2, 2))
GATE, SITE = Expert("gate", 4, 2), Expert("site", 6, 2)


@pytest.fixture
def told() -> dict[str, dict[str, Any]]:
    rng = np.random.default_rng(0)
    return {
        one.name: {
            "scale": rng.normal(size=one.sides).tolist(),
            "shift": rng.normal(size=one.sides).tolist(),
            "network": 0.75,
            "middle": 0.25,
        }
        for one in (*EXPERTS, GATE, SITE)
    }


@pytest.fixture
def said() -> Said:
    rng = np.random.default_rng(1)
    return Said(
        rng.normal(size=(5, 8)).astype(np.float32),
        rng.normal(size=5),
        np.array([0, 2.5, -5, 0, 1]),
        np.array([0, 0, 1, 2, 8.0]),
    )


def slowly(said: Said, told: dict[str, dict[str, Any]], taught: bool) -> tuple[np.ndarray, np.ndarray]:
    def odds(one: Expert) -> np.ndarray:
        return said.scores[:, one.columns] * told[one.name]["scale"] + told[one.name]["shift"]

    kinds = softmax(np.hstack([np.zeros((5, 1)), odds(GATE)]))
    read = np.zeros((5, 3))
    for place, one in enumerate(EXPERTS[:2]):
        sum_of_odds = odds(one)[:, 0] + 0.75 * said.ordered + said.moods
        half = np.where(said.middle > 0, 1.2 * said.middle + 0.75, 0.25)
        low, high = 1 / (1 + np.exp(sum_of_odds + half)), 1 / (1 + np.exp(half - sum_of_odds))
        read += kinds[:, place, None] * np.stack([low, 1 - low - high, high], 1)
    sides = odds(EXPERTS[2]) + np.stack([-said.moods, said.moods], 1) / 2 - said.middle[:, None] / 2
    read += kinds[:, 2, None] * softmax(np.stack([sides[:, 0], np.zeros(5), sides[:, 1]], 1))
    if taught:
        moved = odds(SITE)
        read = softmax(np.log(read) + np.stack([moved[:, 0], np.zeros(5), moved[:, 1]], 1))
    return read, kinds


@pytest.mark.parametrize("taught", [False, True])
def test_it_mixes_as_one_expert_after_the_other_would(
    told: dict[str, dict[str, Any]], said: Said, taught: bool
) -> None:
    scales = np.array([1, 2, 3, 4, 5, 6, 7 * taught, 8 * taught], np.float64)
    read, kinds = Mixture(EXPERTS, GATE, SITE, scales, told).read(said)
    expected = slowly(said, told, taught)
    np.testing.assert_allclose(kinds, expected[1], rtol=1e-9)
    np.testing.assert_allclose(read, expected[0], rtol=1e-9)
    np.testing.assert_allclose(read.sum(1), 1)


def test_only_columns_that_say_something_for_or_against_are_worth_anything(
    told: dict[str, dict[str, Any]],
) -> None:
    scales = np.array([1, 1, 1, 2, 1, 1, 0, 0], np.float64)
    mixture = Mixture(EXPERTS, GATE, SITE, scales, told)
    assert mixture.columns.tolist() == [0, 1, 2, 3]
    negative, positive = told["talk"]["scale"]
    np.testing.assert_allclose(mixture.worth[2], [0, 0, -negative, 2 * positive])
    assert not mixture.worth[3].any()


def test_a_script_may_have_no_expert_of_two_columns(told: dict[str, dict[str, Any]], said: Said) -> None:
    gate = Expert("gate", 4, 1)
    one = {**told, "gate": {"scale": [0.5], "shift": [0.1]}}
    read, kinds = Mixture(EXPERTS[:2], gate, SITE, np.zeros(8), one).read(said)
    assert kinds.shape == (5, 2)
    np.testing.assert_allclose(read.sum(1), 1)
