"""Whether a mix of values has changed, or a mean: the distance, and how often chance alone gives as much."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

PERMUTATIONS = 1_999


@dataclass(frozen=True)
class Shift:
    """How far a window lies from its reference.

    Attributes:
        distance: as measured; for shares the Jensen-Shannon distance in [0, 1] (Endres and Schindelin 2003).
        excess: what of the distance is left when what chance alone gives is taken off.
        p: how often chance alone gives as much.
        low, high: 95 % interval of the difference, for means.
    """

    distance: float
    excess: float
    p: float
    low: float = 0.0
    high: float = 0.0


def share_shift(
    window: np.ndarray, reference: np.ndarray, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> Shift:
    """Of counts (k,) against counts (k,) of the same values.

    The p value is exact for any number of rare values: it deals the pooled rows out at random, as a
    permutation does. The statistic is G, which orders as the likelihood does.
    """
    new, old = np.asarray(window, np.int64), np.asarray(reference, np.int64)
    n, m = int(new.sum()), int(old.sum())
    if not n or not m:
        raise ValueError("Both sides need rows.")
    rng = np.random.default_rng(seed)
    # The marginals method draws in time that grows with the values, not with the rows.
    dealt = rng.multivariate_hypergeometric(new + old, n, size=permutations, method="marginals")
    found = _g(new[None, :], old[None, :])[0]
    by_chance = _g(dealt, (new + old) - dealt)
    p = (1 + int((by_chance >= found - 1e-9).sum())) / (permutations + 1)
    square = _divergence(new[None, :] / n, old[None, :] / m)[0]
    expected = float(_divergence(dealt / n, ((new + old) - dealt) / m).mean())
    return Shift(math.sqrt(square), math.sqrt(max(0.0, square - expected)), p)


def _divergence(new: np.ndarray, old: np.ndarray) -> np.ndarray:
    """(b,) Jensen-Shannon divergence in bits of shares (b, k)."""
    middle = (new + old) / 2
    return np.asarray(np.maximum((_relative(new, middle) + _relative(old, middle)) / 2, 0.0))


def _relative(some: np.ndarray, against: np.ndarray) -> np.ndarray:
    """(b,) Kullback-Leibler divergence in bits; what has no share adds nothing."""
    safe = np.where(some > 0, some, 1.0)
    return np.asarray(
        np.where(some > 0, some * np.log2(safe / np.where(some > 0, against, 1.0)), 0.0).sum(axis=1)
    )


def _g(new: np.ndarray, old: np.ndarray) -> np.ndarray:
    """(b,) G statistic over two of two rows of counts (b, k)."""
    n, m = new.sum(axis=1, keepdims=True), old.sum(axis=1, keepdims=True)
    pooled = (new + old) / (n + m)
    return np.asarray(n[:, 0] * _relative(new / n, pooled) + m[:, 0] * _relative(old / m, pooled))


def mean_shift(window: np.ndarray, reference: np.ndarray) -> Shift:
    """Of values (n,) against (m,), of unequal variance (Welch 1947); the interval is of new less old."""
    from scipy.stats import t as student  # heavy: imported by whoever asks

    new, old = np.asarray(window, np.float64), np.asarray(reference, np.float64)
    if min(len(new), len(old)) < 2:
        raise ValueError("Each side needs at least two values.")
    difference = float(new.mean() - old.mean())
    parts = np.array([new.var(ddof=1) / len(new), old.var(ddof=1) / len(old)])
    error = math.sqrt(parts.sum())
    if error < 1e-12:
        same = abs(difference) < 1e-12
        return Shift(abs(difference), abs(difference), 1.0 if same else 0.0, difference, difference)
    freedom = parts.sum() ** 2 / (parts[0] ** 2 / (len(new) - 1) + parts[1] ** 2 / (len(old) - 1))
    half = float(student.ppf(0.975, freedom)) * error
    p = float(2 * student.sf(abs(difference) / error, freedom))
    excess = max(0.0, abs(difference) - half)
    return Shift(abs(difference), excess, p, difference - half, difference + half)
