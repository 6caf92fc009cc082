"""Not the same thing twice: variety among the best, and near-duplicates shown as one."""

from __future__ import annotations

import numpy as np


def diversify(scores: np.ndarray, vectors: np.ndarray, k: int, trade_off: float) -> np.ndarray:
    """Maximal marginal relevance (Carbonell and Goldstein 1998).

    Args:
        scores: (n,) relevance, any scale; it is stretched to [0, 1] here.
        vectors: (n, dim), any length; rows of zeros are like nothing.
        k: how many to choose.
        trade_off: 0 orders by score alone; 1 by unlikeness to what was chosen alone.

    Returns:
        (min(k, n),) rows in the order in which they are to be shown; the first is the best by score.
    """
    scores = np.asarray(scores, np.float32)
    count = min(k, len(scores))
    if count <= 0:
        return np.zeros(0, np.int64)
    vectors = _unit(vectors)
    low, high = float(scores.min()), float(scores.max())
    gain = (1.0 - trade_off) * (scores - low) / max(high - low, 1e-12)
    likeness = np.zeros(len(scores), np.float32)  # to the nearest of those chosen
    order = np.empty(count, np.int64)
    for rank in range(count):
        # The first is chosen by score, also where only variety counts.
        best = int(np.argmax(gain - trade_off * likeness)) if rank else int(np.argmax(scores))
        order[rank] = best
        gain[best] = -np.inf
        np.maximum(likeness, vectors @ vectors[best], out=likeness)
    return order


def fold_duplicates(vectors: np.ndarray, threshold: float) -> np.ndarray:
    """For each row the first row that it nearly repeats.

    Args:
        vectors: (n, dim) in the order of an answer; rows of zeros repeat nothing.
        threshold: cosine from which two are near-duplicates.

    Returns:
        (n,) row of the representative: its own for what is to be shown, else that of an earlier one that is.
    """
    vectors = _unit(vectors)
    similar = vectors @ vectors.T >= threshold  # (n, n)
    representative = np.full(len(vectors), -1, np.int64)
    for row in range(len(vectors)):
        if representative[row] < 0:
            representative[row] = row
            repeats = similar[row] & (representative < 0)
            representative[repeats] = row
    return representative


def _unit(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    return np.asarray(vectors / np.maximum(lengths, 1e-12))
