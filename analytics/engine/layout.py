"""Vectors laid out in two dimensions, and how far to believe the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_AT_ONCE = 512  # rows of distances


@dataclass(frozen=True)
class Layout:
    """Points (n, 2) in [-1, 1], and the share of the variance that the two dimensions keep."""

    points: np.ndarray
    kept: float


def principal_plane(vectors: np.ndarray) -> Layout:
    """The plane on which rows (n, d) lie farthest apart (principal components, Pearson 1901).

    The longest arm of each axis points right or up, so that the same rows give the same map.
    """
    rows = np.asarray(vectors, np.float64)
    centred = rows - rows.mean(axis=0)
    if len(rows) < 2 or not centred.any():
        return Layout(np.zeros((len(rows), 2), np.float32), 0.0)
    values, axes = np.linalg.eigh(centred.T @ centred)  # ascending
    plane = axes[:, ::-1][:, :2]
    points = centred @ plane
    if points.shape[1] < 2:
        points = np.hstack([points, np.zeros((len(points), 1))])
    farthest = np.abs(points).argmax(axis=0)
    points *= np.where(points[farthest, [0, 1]] < 0, -1.0, 1.0)
    kept = float(np.maximum(values[::-1][:2], 0).sum() / np.maximum(values, 0).sum())
    # One scale for both axes, so that distances in all directions mean the same.
    return Layout((points / np.abs(points).max()).astype(np.float32), kept)


def trustworthiness(vectors: np.ndarray, points: np.ndarray, k: int = 10) -> float:
    """How many of the neighbours on the map are neighbours in truth: 1 all, about a half none.

    Of Venna and Kaski (2001): each of the ``k`` nearest points that is not of the ``k`` nearest vectors costs
    as much as it is farther down in their order. For n < 2 * k + 1 rows there is no saying: nan.

    Args:
        vectors: (n, d).
        points: (n, 2) of the same rows.
    """
    n = len(vectors)
    if n < 2 * k + 1:
        return float("nan")
    cost = 0
    for start in range(0, n, _AT_ONCE):
        rows = np.arange(start, min(n, start + _AT_ONCE))
        truth = _ranks(_distances(vectors, rows), rows)
        near = np.argsort(_without_self(_distances(points, rows), rows), axis=1, kind="stable")[:, :k]
        deep = np.take_along_axis(truth, near, axis=1) - k
        cost += int(deep[deep > 0].sum())
    return 1.0 - 2.0 * cost / (n * k * (2 * n - 3 * k - 1))


def _distances(rows: np.ndarray, some: np.ndarray) -> np.ndarray:
    """(s, n) squared distances from ``some`` of the rows (n, d)."""
    all_rows = np.asarray(rows, np.float64)
    lengths = np.einsum("nd,nd->n", all_rows, all_rows)
    return np.asarray(lengths[some, None] + lengths[None, :] - 2 * all_rows[some] @ all_rows.T)


def _without_self(far: np.ndarray, rows: np.ndarray) -> np.ndarray:
    far[np.arange(len(rows)), rows] = np.inf
    return far


def _ranks(far: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(s, n) the place of each row among the others by distance, the nearest 1."""
    order = np.argsort(_without_self(far, rows), axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, far.shape[1] + 1)[None, :], axis=1)
    return ranks
