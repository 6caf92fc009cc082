"""How far a review contradicts itself: its channels each other, its words among themselves, or its stars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from analytics.contracts import STARS, AspectOpinion, Reading, Word

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
    gaps = [gap(first, second) for first, second in combinations(channels.values(), 2)]
    within = both_ways([opinion.polarity for opinion in aspects], [word.weight for word in words])
    return float(max([*gaps, within, 0.0]))


def both_ways(aspects: Sequence[float], words: Sequence[float]) -> float:
    """How evenly the polarities of aspects, or the weights of words, pull both ways, 0 to a half."""
    leaning = [polarity for polarity in aspects if abs(polarity) > _UNDECIDED]
    return _AMONG_WORDS * max(_balance(leaning), _balance(words))


def star_gap(rating: int | None, polarity: float) -> float:
    """0 to 1: how far stars stand against what is read; 0 without stars, and where neither contradicts.

    What is read counts as far as it is sure: lukewarm praise under one star is a grudging review, glowing
    praise there is none. The scorer does not know the stars, so they are no part of ``disagreement``.
    """
    return max(0.0, -STARS.get(rating or 0, 0.0) * polarity)


def gap(first: Reading, second: Reading) -> float:
    """How far two readings contradict each other, 0 to 1."""
    if first.label == second.label:
        return 0.0
    rows = np.array([first.probabilities, second.probabilities])
    sides = abs(first.polarity - second.polarity) / 2
    return float(divergence(rows[:1], rows[1:])[0] * np.sqrt(min(1.0, sides)))


def _balance(weights: Sequence[float]) -> float:
    """0 where all weights have one sign, 1 where both signs weigh the same."""
    total = sum(abs(weight) for weight in weights)
    return 1.0 - abs(sum(weights)) / total if total > 0 else 0.0
