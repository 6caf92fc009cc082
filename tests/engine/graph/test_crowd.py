"""The crowd's rows against the formula solved naively, and against planted tastes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommender.engine.graph import fit_crowd
from recommender.errors import RecommenderError


def events(people: int, items: int, share: float = 0.1, seed: int = 0) -> csr_matrix:
    rng = np.random.default_rng(seed)
    liked = rng.random((people, items)) < share * rng.uniform(0.2, 2.0, items)
    return csr_matrix(liked * rng.choice([0.5, 1.0, 1.5], liked.shape).astype(np.float32))


def naive_ease(matrix: csr_matrix, regularisation: float, damping: float) -> np.ndarray:
    """The regression of every item on all the others, one by one."""
    people = np.sqrt(matrix.toarray().astype(np.float64))
    people /= np.maximum(people.sum(axis=1, keepdims=True), 1.0) ** damping
    n = people.shape[1]
    weights = np.zeros((n, n))
    for item in range(n):
        others = np.delete(np.arange(n), item)
        gram = people[:, others].T @ people[:, others] + regularisation * np.eye(n - 1)
        weights[others, item] = np.linalg.solve(gram, people[:, others].T @ people[:, item])
    return weights


@pytest.mark.parametrize("damping", [0.0, 0.25])
def test_it_is_the_ridge_regression_of_each_item_on_the_others(damping: float) -> None:
    matrix = events(80, 30)
    rows = fit_crowd(matrix, regularisation=3.0, top=30, people_damping=damping)
    np.testing.assert_allclose(rows.toarray(), naive_ease(matrix, 3.0, damping), atol=1e-5)


def test_only_the_largest_weights_of_a_row_are_kept() -> None:
    matrix = events(120, 40)
    whole = fit_crowd(matrix, regularisation=5.0, top=40).toarray()
    rows = fit_crowd(matrix, regularisation=5.0, top=7)
    assert np.diff(rows.indptr).max() <= 7
    for item in range(40):
        kept = np.sort(rows[item].toarray().ravel())[-7:]
        np.testing.assert_allclose(kept, np.sort(whole[item])[-7:], atol=1e-6)


def test_many_blocks_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = events(100, 50)
    one = fit_crowd(matrix, regularisation=5.0, top=50).toarray()
    monkeypatch.setattr("recommender.engine.graph.crowd._BLOCK", 7)
    np.testing.assert_allclose(fit_crowd(matrix, regularisation=5.0, top=50).toarray(), one, atol=1e-6)


def test_items_beyond_the_exact_ones_get_the_first_order_of_the_same_formula() -> None:
    matrix = (events(200, 60) > 0).astype(np.float32)  # equally active items are then ordered alike
    rows = fit_crowd(matrix, regularisation=50.0, top=60, people_damping=0.0, dense_items=20).toarray()
    people = np.sqrt(matrix.toarray().astype(np.float64))
    gram = people.T @ people
    head = np.sort(np.argsort(-np.diag(gram), kind="stable")[:20])
    exact = naive_ease(matrix[:, head], 50.0, 0.0)
    np.testing.assert_allclose(rows[np.ix_(head, head)], exact, atol=1e-5)
    first = gram / (np.diag(gram) + 50.0)[:, None]
    np.fill_diagonal(first, 0.0)
    tail = np.setdiff1d(np.arange(60), head)
    np.testing.assert_allclose(rows[tail], first[tail], atol=1e-5)
    np.testing.assert_allclose(rows[np.ix_(head, tail)], first[np.ix_(head, tail)], atol=1e-5)


def test_a_large_catalogue_keeps_to_the_number_of_weights_as_well() -> None:
    rows = fit_crowd(events(300, 90), regularisation=5.0, top=6, dense_items=30)
    assert np.diff(rows.indptr).max() == 6
    assert not rows.diagonal().any()


def test_an_item_that_nobody_touched_has_an_empty_row_and_is_reached_by_none() -> None:
    matrix = events(60, 20).tolil()
    matrix[:, 4] = 0.0
    rows = fit_crowd(matrix.tocsr(), regularisation=5.0, top=20)
    assert rows.shape == (20, 20)
    assert rows[4].nnz == 0
    assert rows[:, 4].nnz == 0


def test_without_events_there_are_no_weights() -> None:
    assert fit_crowd(csr_matrix((0, 5), dtype=np.float32), regularisation=5.0, top=3).nnz == 0
    assert fit_crowd(csr_matrix((3, 0), dtype=np.float32), regularisation=5.0, top=3).shape == (0, 0)


def test_the_matrix_it_is_given_stays_as_it_was() -> None:
    matrix = events(50, 10)
    before = matrix.copy()
    fit_crowd(matrix, regularisation=5.0, top=3)
    assert (matrix != before).nnz == 0


def test_one_who_did_everything_brings_little_closer() -> None:
    quiet = np.zeros((10, 12), np.float32)
    quiet[:, [0, 1]] = 1.0
    rows = fit_crowd(csr_matrix(np.vstack([quiet, np.ones((1, 12), np.float32)])), regularisation=1.0, top=12)
    assert rows[0, 1] > 10 * rows[0, 2]


def test_a_regularisation_of_nothing_is_refused() -> None:
    with pytest.raises(RecommenderError, match="above 0"):
        fit_crowd(events(10, 5), regularisation=0.0, top=3)
