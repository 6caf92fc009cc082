"""Exact search over rows of vectors: the oracle of the graphs, and what serves wherever it is cheap."""

from __future__ import annotations

import numpy as np

from recommender.engine.index.composition import Asked

_GATHER_SHARE = 4  # below a quarter of the rows it is quicker to pick them than to pass over all
_GATHER_ROWS = 4_096
_ROUNDING = 1e-5  # two ways to sum a product of unit vectors differ by less


def best_rows(
    vectors: np.ndarray, codes: np.ndarray, allowed: np.ndarray, asked: Asked, k: int
) -> np.ndarray:
    """Rows of the ``k`` best by score, in any order, together with those that tie with the last.

    Args:
        vectors: (n, 3 * dim) float32, possibly mapped from disk.
        codes: (n,) presence codes.
        allowed: (n,) bool, the rows that may be found.
    """
    allowed = allowed & asked.meets[codes]
    count = int(np.count_nonzero(allowed))
    if count * _GATHER_SHARE >= len(vectors):
        scores = (vectors @ asked.query) * asked.factors[codes]
        scores[~allowed] = -np.inf
        return top(scores, min(k, count))
    rows = np.flatnonzero(allowed)
    return rows[top(_scores_of(vectors, codes, rows, asked), k)]


def _scores_of(vectors: np.ndarray, codes: np.ndarray, rows: np.ndarray, asked: Asked) -> np.ndarray:
    """(m,) scores of some rows, a portion at a time so that memory stays flat."""
    scores = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _GATHER_ROWS):
        some = rows[start : start + _GATHER_ROWS]
        scores[start : start + len(some)] = vectors[some] @ asked.query
    return scores * asked.factors[codes[rows]]


def top(scores: np.ndarray, k: int) -> np.ndarray:
    """Places of the ``k`` largest scores in any order, with those as large as the last up to rounding."""
    if k <= 0:
        return np.zeros(0, np.int64)
    if k >= len(scores):
        return np.arange(len(scores))
    last = np.partition(scores, len(scores) - k)[len(scores) - k]
    return np.flatnonzero(scores >= last - _ROUNDING * max(1.0, abs(float(last))))
