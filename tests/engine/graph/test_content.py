"""Neighbours by content against comparing every pair."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.engine.graph import content_rows


def unit(count: int, dim: int = 8, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def naive(vectors: np.ndarray, top: int) -> list[dict[int, float]]:
    found = []
    for one, vector in enumerate(vectors):
        near = [(float(vector @ other), two) for two, other in enumerate(vectors) if two != one]
        found.append({two: cosine for cosine, two in sorted(near, reverse=True)[:top] if cosine > 0})
    return found


def as_dicts(rows: object) -> list[dict[int, float]]:
    return [dict(zip(row.indices.tolist(), row.data.tolist(), strict=True)) for row in rows]  # type: ignore[attr-defined]


def test_it_keeps_the_nearest_that_comparing_every_pair_finds() -> None:
    vectors = unit(70)
    for got, wanted in zip(as_dicts(content_rows(vectors, top=5)), naive(vectors, 5), strict=True):
        assert got == pytest.approx(wanted, abs=1e-6)


def test_many_blocks_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = unit(70)
    one = content_rows(vectors, top=5).toarray()
    monkeypatch.setattr("recommender.engine.graph.content._BLOCK_BYTES", 4 * 70 * 9)
    np.testing.assert_allclose(content_rows(vectors, top=5).toarray(), one, atol=1e-6)


def test_items_without_the_modality_are_nobodys_neighbours() -> None:
    vectors = unit(30)
    vectors[[3, 11]] = 0.0
    rows = content_rows(vectors, top=29)
    assert rows[3].nnz == rows[11].nnz == 0
    assert rows[:, 3].nnz == rows[:, 11].nnz == 0
    assert rows[0].nnz > 5


def test_one_item_alone_has_no_neighbours() -> None:
    vectors = np.zeros((4, 8), np.float32)
    vectors[2] = unit(1)
    assert content_rows(vectors, top=3).nnz == 0


def test_the_approximate_way_finds_nearly_all_of_them_and_never_the_item_itself() -> None:
    vectors = unit(600, 16)
    exact = content_rows(vectors, top=10)
    rows = content_rows(vectors, top=10, exact_items=100)
    assert not rows.diagonal().any()
    assert np.diff(rows.indptr).max() <= 10
    shared = exact.astype(bool).multiply(rows.astype(bool)).nnz
    assert shared > 0.95 * exact.nnz
