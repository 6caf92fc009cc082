"""Recall and normalised discounted cumulative gain over full rankings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse import csr_matrix

CUTOFFS = (10, 20)
_PEOPLE = 512  # at a time


def top_items(scores: np.ndarray, k: int) -> np.ndarray:
    """Columns (people, min(k, n)) of the highest of ``scores`` (people, n), best first; ties by column."""
    n = scores.shape[1]
    if k >= n:
        return np.argsort(-scores, axis=1, kind="stable")
    least = -np.partition(-scores, k - 1, axis=1)[:, k - 1 : k]  # (people, 1), the k-th highest
    above, equal = scores > least, scores == least
    room = k - above.sum(axis=1, keepdims=True)
    chosen = above | (equal & (np.cumsum(equal, axis=1) <= room))
    columns = np.nonzero(chosen)[1].reshape(len(scores), k)  # ascending in each row
    order = np.argsort(-np.take_along_axis(scores, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


def recall_at_k(hits: np.ndarray, relevant: np.ndarray, k: int) -> np.ndarray:
    """(people,) share of the relevant items that are among the first ``k``.

    Args:
        hits: (people, at least k or all items) bool, whether the item at each rank is relevant.
        relevant: (people,) number of relevant items, at least 1.
    """
    return np.asarray(hits[:, :k].sum(axis=1) / relevant)


def ndcg_at_k(hits: np.ndarray, relevant: np.ndarray, k: int) -> np.ndarray:
    """(people,) gain of 1 / log2(rank + 1) for each hit, over that of the best possible order.

    Args:
        hits: (people, at least k or all items) bool, whether the item at each rank is relevant.
        relevant: (people,) number of relevant items, at least 1.
    """
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    gain = hits[:, :k] @ discount[: hits.shape[1]]
    return np.asarray(gain / np.cumsum(discount)[np.minimum(relevant, k) - 1])


def evaluate(
    score: Callable[[np.ndarray], np.ndarray],
    train: csr_matrix,
    test: csr_matrix,
    cutoffs: Sequence[int] = CUTOFFS,
) -> dict[str, float]:
    """Mean recall and nDCG over the people who have test items.

    Args:
        score: people's rows (b,) to scores of all items (b, items), higher is better.
        train: (people, items); what a person has there is left out of their ranking.
        test: (people, items); entries above 0 are relevant.

    Returns:
        ``recall@k`` and ``ndcg@k`` for each cutoff; zeros where nobody has test items.
    """
    people = np.flatnonzero(np.diff(test.indptr))
    sums = dict.fromkeys([f"{name}@{k}" for name in ("recall", "ndcg") for k in cutoffs], 0.0)
    for start in range(0, len(people), _PEOPLE):
        batch = people[start : start + _PEOPLE]
        scores = np.array(score(batch), np.float32)
        scores[train[batch].nonzero()] = -np.inf
        wanted = test[batch].toarray() > 0
        hits = np.take_along_axis(wanted, top_items(scores, max(cutoffs)), axis=1)
        for k in cutoffs:
            sums[f"recall@{k}"] += float(recall_at_k(hits, wanted.sum(axis=1), k).sum())
            sums[f"ndcg@{k}"] += float(ndcg_at_k(hits, wanted.sum(axis=1), k).sum())
    return {name: total / max(1, len(people)) for name, total in sums.items()}
