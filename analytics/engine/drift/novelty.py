"""How far vectors lie from everything that was there before, as the vectors from before lie from each other.

A new kind of thing among many old ones hardly moves a mean, so a classifier may miss which they are; that
nothing before was near them is seen at once (by the distance to the nearest neighbours, as Ramaswamy, Rastogi
and Shim 2000 rank outliers).
"""

from __future__ import annotations

import numpy as np

NEIGHBOURS = 5
_AT_ONCE = 1_024  # rows of similarities


def novelty(window: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """(n,) in [0, 1]: the share of the reference that lies nearer to its rest than each new vector.

    Args:
        window: (n, d) unit vectors.
        reference: (m, d) unit vectors, more than ``NEIGHBOURS``.
    """
    if len(reference) <= NEIGHBOURS:
        raise ValueError(f"The reference needs more than {NEIGHBOURS} rows.")
    near = nearness(window, reference)
    among = np.sort(nearness(reference, reference, same=True))
    return np.asarray(1.0 - np.searchsorted(among, near, side="right") / len(among))


def nearness(rows: np.ndarray, reference: np.ndarray, *, same: bool = False) -> np.ndarray:
    """(n,) mean cosine of each row with its nearest in the reference; ``same`` where the rows are its own."""
    found = np.zeros(len(rows))
    for start in range(0, len(rows), _AT_ONCE):
        alike = np.asarray(rows[start : start + _AT_ONCE] @ reference.T, np.float64)
        if same:  # nothing is its own neighbour
            own = np.arange(len(alike))
            alike[own, start + own] = -np.inf
        nearest = np.partition(alike, len(reference) - NEIGHBOURS, axis=1)[:, -NEIGHBOURS:]
        found[start : start + _AT_ONCE] = nearest.mean(axis=1)
    return found
