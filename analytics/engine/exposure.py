"""How far off the beaten track it is what people are shown."""

from __future__ import annotations

import numpy as np


def novelty(shown: np.ndarray, known: np.ndarray, counts: np.ndarray, catalogue: int) -> float:
    """Mean self-information of what was shown, in bits; the more people know of it already, the less.

    An item's is -log2 of its share of all interactions: popularity-based novelty of Vargas and Castells
    ("Rank and relevance in novelty and diversity metrics for recommender systems", RecSys 2011). To every
    item of the catalogue one interaction is added, so that what nobody has touched is far off, but not
    infinitely.

    Args:
        shown: (n,) item of each card, at least one.
        known: (m,) items ascending that were interacted with, and ``counts`` (m,) how often.
        catalogue: items there are.
    """
    places = np.minimum(np.searchsorted(known, shown), max(len(known) - 1, 0))
    times = np.zeros(len(shown))
    if len(known):
        there = known[places] == shown
        times[there] = counts[places[there]]
    return float(-np.log2((times + 1.0) / (counts.sum() + max(catalogue, len(known)))).mean())
