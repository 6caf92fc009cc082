"""The map keeps what can be kept, and says how much that is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analytics.engine.layout import principal_plane, trustworthiness


def plane_in_space(count: int = 200, noise: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(count, 2)) * [3.0, 1.0]
    turned = np.linalg.qr(rng.normal(size=(20, 2)))[0]
    return np.asarray(flat @ turned.T + noise * rng.normal(size=(count, 20)))


def test_a_plane_is_kept_whole_and_its_distances_too() -> None:
    rows = plane_in_space()
    layout = principal_plane(rows)
    assert layout.kept == pytest.approx(1.0)
    far = np.linalg.norm(rows[0] - rows[1:], axis=1)
    drawn = np.linalg.norm(layout.points[0] - layout.points[1:], axis=1)
    assert np.allclose(far / far[0], drawn / drawn[0], rtol=1e-3)
    assert np.abs(layout.points).max() == pytest.approx(1.0)


def test_the_variance_kept_is_that_of_the_two_largest_directions() -> None:
    rows = plane_in_space(noise=0.5)
    spread = np.linalg.svd(rows - rows.mean(axis=0), compute_uv=False) ** 2
    assert principal_plane(rows).kept == pytest.approx(spread[:2].sum() / spread.sum())


def test_the_same_rows_give_the_same_map_however_they_are_mirrored_inside() -> None:
    rows = plane_in_space(noise=0.5)
    assert np.allclose(principal_plane(rows).points, principal_plane(rows[:, ::-1]).points, atol=1e-5)


def test_equal_rows_lie_on_one_spot() -> None:
    layout = principal_plane(np.ones((5, 8)))
    assert not layout.points.any()
    assert layout.kept == 0.0


def test_trust_is_full_where_all_neighbours_are_kept() -> None:
    rows = plane_in_space()
    assert trustworthiness(rows, principal_plane(rows).points) == pytest.approx(1.0)


def test_trust_is_about_a_half_where_the_map_has_nothing_to_do_with_the_rows() -> None:
    rng = np.random.default_rng(1)
    rows, points = rng.normal(size=(400, 30)), rng.normal(size=(400, 2))
    assert trustworthiness(rows, points) == pytest.approx(0.5, abs=0.05)


def test_trust_is_that_of_another_implementation() -> None:
    from sklearn.manifold import trustworthiness as theirs

    rng = np.random.default_rng(2)
    rows = rng.normal(size=(300, 12))
    points = rows[:, :2] + 0.3 * rng.normal(size=(300, 2))
    assert trustworthiness(rows, points, 10) == pytest.approx(theirs(rows, points, n_neighbors=10), abs=1e-9)


def test_of_too_few_rows_there_is_no_saying() -> None:
    assert math.isnan(trustworthiness(np.ones((20, 3)), np.ones((20, 2)), 10))
