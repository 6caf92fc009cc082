"""How far a review contradicts itself: its channels each other, or its words among themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from analytics.contracts import AspectOpinion, Reading, Word

#: Words that pull both ways are often a fair judgement ("great screen, poor battery"), so they count less
#: than a face that belies the words.
_AMONG_WORDS = 0.5
_UNDECIDED = 0.05  # polarity of an aspect that leans neither way


def divergence(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Square root of the Jensen-Shannon divergence in bits, (n,) in [0, 1], between rows (n, 3).

    A metric (Endres and Schindelin 2003): 0 for equal rows, 1 for rows that exclude each other.
    """
    middle = (first + second) / 2
    return np.sqrt(np.clip((_relative(first, middle) + _relative(second, middle)) / 2, 0.0, 1.0))


def _relative(rows: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Kullback-Leibler divergence in bits, (n,)."""
    inside = np.where(rows > 0, rows * np.log2(np.maximum(rows, 1e-12) / np.maximum(to, 1e-12)), 0.0)
    return np.asarray(inside.sum(axis=-1))


def disagreement(
    channels: Mapping[str, Reading], aspects: Sequence[AspectOpinion] = (), words: Sequence[Word] = ()
) -> float:
    """0 to 1: the widest gap between two of the readings, or how evenly aspects or words pull both ways.

    Two channels count as far as they point to different sides: one that is merely less sure does not
    contradict the other.
    """
    gaps = [_gap(first, second) for first, second in combinations(channels.values(), 2)]
    within = [
        _balance([opinion.polarity for opinion in aspects if abs(opinion.polarity) > _UNDECIDED]),
        _balance([word.weight for word in words]),
    ]
    return float(max([*gaps, *(_AMONG_WORDS * share for share in within), 0.0]))


def _gap(first: Reading, second: Reading) -> float:
    if first.label == second.label:
        return 0.0
    rows = np.array([first.probabilities, second.probabilities])
    sides = abs(first.polarity - second.polarity) / 2
    return float(divergence(rows[:1], rows[1:])[0] * np.sqrt(min(1.0, sides)))


def _balance(weights: Sequence[float]) -> float:
    """0 where all weights have one sign, 1 where both signs weigh the same."""
    total = sum(abs(weight) for weight in weights)
    return 1.0 - abs(sum(weights)) / total if total > 0 else 0.0
