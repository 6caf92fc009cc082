"""Fit the linear model that stands beside the aspect network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sparse

from analytics.engine.sentiment.aspects_grams import BITS
from analytics.engine.sentiment.learning.linear import fit

#: The inverse of the penalty, and how often a feature must be met: chosen on folds of the training sentences.
_STRENGTH, _RARE = 16.0, 2


def fit_grams(rows: Sequence[Sequence[int]], labels: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays ``grams`` (2 ** BITS, 3) int8, ``grams_step`` (3,) and ``grams_shift`` (3,).

    Args:
        rows: of each sentence.
        labels: (n,) 0 negative, 1 neutral, 2 positive.
    """
    sizes = np.array([len(one) for one in rows])
    found = np.array([row for one in rows for row in one], np.int64)
    values = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes)
    owners = np.repeat(np.arange(len(rows)), sizes)
    matrix = sparse.csr_matrix((values, (owners, found)), shape=(len(rows), 1 << BITS))
    kept = np.flatnonzero(np.bincount(found, minlength=1 << BITS) >= _RARE)
    learned, shift = fit(matrix[:, kept], labels, 2, 1 / (_STRENGTH * len(rows)))
    weights = np.zeros((1 << BITS, 3))
    weights[kept, 1:] = learned
    # Negative is the class that the others are against; a common part of the three says nothing.
    weights -= weights.mean(1, keepdims=True)
    step = np.abs(weights).max(0) / 127
    return {
        "grams": np.rint(weights / np.where(step > 0, step, 1)).astype(np.int8),
        "grams_step": step.astype(np.float32),
        "grams_shift": np.array([0.0, *shift], np.float32),
    }
