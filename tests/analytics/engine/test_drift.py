"""Drift is found where it was planted, and about as rarely as promised where there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analytics.engine.drift import kernel_test, mean_shift, nearness, novelty, share_shift, tell_apart
from analytics.engine.drift.classifier import area_under, shrunk_covariance
from analytics.engine.drift.kernel import gaussian_kernel
from tests.analytics.engine.drift_planted import MIDDLES, draw

ROUNDS = 120


# -- the classifier -----------------------------------------------------------------------------------------


def slow_area(new: np.ndarray, old: np.ndarray) -> float:
    """Every pair compared."""
    return float(np.mean([1.0 if a > b else 0.5 if a == b else 0.0 for a in new for b in old]))


def test_the_area_is_the_share_of_pairs_in_order_ties_counting_half() -> None:
    rng = np.random.default_rng(1)
    new, old = rng.integers(0, 6, 40).astype(float), rng.integers(0, 5, 70).astype(float)
    assert area_under(new, old)[0] == pytest.approx(slow_area(new, old))


def test_the_variance_of_the_area_is_that_of_many_samples() -> None:
    rng = np.random.default_rng(2)
    found = [area_under(rng.normal(0.8, 1, 60), rng.normal(0, 1, 90)) for _ in range(600)]
    areas, variances = np.array(found).T
    assert np.mean(variances) == pytest.approx(np.var(areas), rel=0.2)


def test_the_covariance_is_shrunk_to_a_sphere_where_rows_are_few_and_hardly_where_they_are_many() -> None:
    rng = np.random.default_rng(3)
    truth = np.diag([4.0, 1.0, 0.25])
    many = rng.multivariate_normal(np.zeros(3), truth, 20_000)
    assert np.allclose(shrunk_covariance(many - many.mean(axis=0)), truth, atol=0.1)
    few = rng.normal(size=(10, 60))
    assert np.linalg.cond(shrunk_covariance(few - few.mean(axis=0))) < 50


def test_nobody_tells_apart_what_comes_from_one_world_more_often_than_promised() -> None:
    told = [_told(seed, "old", "old") for seed in range(ROUNDS)]
    assert np.mean([one.auc for one in told]) == pytest.approx(0.5, abs=0.02)
    # The interval leaves 2.5 % on each side; more than 8 of 120 come by chance once in a hundred times.
    assert sum(one.low > 0.5 for one in told) <= 8
    assert sum(one.low <= 0.5 <= one.high for one in told) >= 0.88 * ROUNDS


def test_another_world_is_told_apart() -> None:
    told = _told(0, "other", "old")
    assert told.low > 0.9


def test_the_few_of_another_world_are_the_most_novel() -> None:
    rng = np.random.default_rng(5)
    new, old = np.concatenate([draw(rng, 80, "old"), draw(rng, 20, "other")]), draw(rng, 400, "old")
    first = np.lexsort((nearness(new, old), -novelty(new, old)))[:20]
    assert (first >= 80).sum() >= 18


def test_of_one_world_no_more_is_novel_than_chance_gives() -> None:
    rng = np.random.default_rng(6)
    scores = novelty(draw(rng, 2_000, "old"), draw(rng, 1_000, "old"))
    assert np.mean(scores >= 0.95) == pytest.approx(0.05, abs=0.03)


def test_novelty_is_that_of_each_row_on_its_own() -> None:
    rng = np.random.default_rng(7)
    new, old = draw(rng, 9, "other"), draw(rng, 30, "old")

    def near(row: np.ndarray, others: np.ndarray) -> float:
        return float(np.sort(others @ row)[-5:].mean())

    among = [near(old[n], np.delete(old, n, axis=0)) for n in range(30)]
    expected = [np.mean([other > near(row, old) for other in among]) for row in new]
    assert novelty(new, old) == pytest.approx(expected)


def test_a_mix_of_the_same_kinds_is_told_by_the_classifier() -> None:
    rng = np.random.default_rng(8)
    told = tell_apart(draw(rng, 200, "old", kinds=1), draw(rng, 600, "old"))
    assert told.low > 0.75
    assert np.mean(told.scores > 0.5) > 0.8


def test_it_does_not_depend_on_anything_but_the_rows_and_the_seed() -> None:
    first, second = _told(7, "old", "old"), _told(7, "old", "old")
    assert (first.auc, first.low, first.scores.tolist()) == (second.auc, second.low, second.scores.tolist())


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 10"):
        tell_apart(np.ones((9, 3)), np.ones((90, 3)))


def _told(seed: int, new: str, old: str) -> Any:
    rng = np.random.default_rng(1_000 + seed)
    return tell_apart(draw(rng, 60, new), draw(rng, 240, old), seed=seed)


# -- the kernel test ----------------------------------------------------------------------------------------


def slow_mmd2(new: np.ndarray, old: np.ndarray, width: float) -> float:
    """The unbiased estimate as it is written down, pair by pair."""

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.exp(-((a - b) ** 2).sum() / (2 * width**2)))

    n, m = len(new), len(old)
    within = sum(k(new[i], new[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    others = sum(k(old[i], old[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    across = sum(k(a, b) for a in new for b in old) / (n * m)
    return within + others - 2 * across


def test_the_discrepancy_is_that_of_the_formula() -> None:
    from analytics.engine.drift.kernel import _squares

    rng = np.random.default_rng(8)
    new, old = rng.normal(size=(12, 4)), rng.normal(0.5, 1, size=(17, 4))
    kernel = gaussian_kernel(np.concatenate([new, old]), 1.7)
    belongs = np.zeros((29, 1))
    belongs[:12] = 1
    assert _squares(kernel, belongs, 12)[0] == pytest.approx(slow_mmd2(new, old, 1.7))


def test_one_world_looks_like_two_about_as_often_as_the_p_value_says() -> None:
    ps = []
    for seed in range(ROUNDS):
        rng = np.random.default_rng(2_000 + seed)
        ps.append(kernel_test(draw(rng, 40, "old"), draw(rng, 120, "old"), permutations=99, seed=seed).p)
    assert sum(p <= 0.05 for p in ps) <= 13  # expected 6
    assert np.mean(ps) == pytest.approx(0.5, abs=0.09)


def test_the_kernel_test_finds_another_world() -> None:
    rng = np.random.default_rng(9)
    found = kernel_test(draw(rng, 60, "other"), draw(rng, 240, "old"))
    assert found.p == pytest.approx(1 / 500)
    assert found.mmd2 > 0.05


# -- shares and means ---------------------------------------------------------------------------------------


def test_the_distance_of_shares_is_nought_of_the_same_and_one_of_the_disjoint() -> None:
    same = share_shift(np.array([50, 30, 20]), np.array([500, 300, 200]))
    assert (same.distance, same.p) == (pytest.approx(0, abs=1e-9), 1.0)
    apart = share_shift(np.array([50, 0]), np.array([0, 70]))
    assert apart.distance == pytest.approx(1.0)


def test_the_distance_is_scipys() -> None:
    from scipy.spatial.distance import jensenshannon

    new, old = np.array([5, 0, 30, 12]), np.array([100, 20, 60, 0])
    expected = jensenshannon(new / new.sum(), old / old.sum(), base=2)
    assert share_shift(new, old).distance == pytest.approx(expected)


def test_many_rare_values_of_one_mix_are_no_shift() -> None:
    mix = np.random.default_rng(4).dirichlet(np.full(40, 0.3))
    ps, excesses = [], []
    for seed in range(ROUNDS):
        rng = np.random.default_rng(3_000 + seed)
        shift = share_shift(rng.multinomial(60, mix), rng.multinomial(300, mix), permutations=199, seed=seed)
        ps.append(shift.p)
        excesses.append(shift.excess)
    assert sum(p <= 0.05 for p in ps) <= 13
    assert np.median(excesses) < 0.1


def test_a_changed_mix_is_found() -> None:
    shift = share_shift(np.array([20, 80]), np.array([800, 200]))
    assert shift.p < 0.001
    assert shift.excess > 0.4


def test_a_fallen_mean_is_found_with_its_interval() -> None:
    rng = np.random.default_rng(11)
    shift = mean_shift(rng.normal(0.70, 0.1, 200), rng.normal(0.85, 0.1, 900))
    assert shift.low < -0.15 < shift.high < 0
    assert shift.p < 1e-6


def test_equal_constants_are_no_shift() -> None:
    assert mean_shift(np.full(60, 0.9), np.full(90, 0.9)).p == 1.0


def test_the_worlds_of_these_tests_differ() -> None:
    assert not np.allclose(MIDDLES["old"], MIDDLES["other"])
