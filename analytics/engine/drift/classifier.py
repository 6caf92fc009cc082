"""How well a classifier tells new vectors from old ones: the area under its curve, with an interval.

Where both come from one distribution nobody can tell them apart and the area is a half (Lopez-Paz and Oquab
2017, "Revisiting classifier two-sample tests"). The classifier is a linear discriminant with the covariance
shrunk as Ledoit and Wolf (2004) derive it, in closed form, and never asked about what it was fitted on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

FOLDS = 5
_Z95 = 1.959963984540054
#: One and the number of folds times test rows to training rows.
_OVERLAP = 1 + FOLDS / (FOLDS - 1)


@dataclass(frozen=True)
class Told:
    """How well two samples can be told apart.

    Attributes:
        auc: chance that a vector of the window looks newer than one of the reference.
        low, high: 95 % interval of it.
        scores: (n,) in [0, 1] for each vector of the window the share of the reference that looks less new to
            a classifier that was fitted on neither.
    """

    auc: float
    low: float
    high: float
    scores: np.ndarray


def tell_apart(window: np.ndarray, reference: np.ndarray, *, seed: int = 0) -> Told:
    """Told apart by a classifier that is fitted on four fifths and asked about the fifth, in turn.

    The area is that of each fifth on its own, averaged, and so is its variance (LeDell, Petersen and van der
    Laan 2015): scores of different classifiers are never compared. The five classifiers share most of what
    they were fitted on, for which the variance is raised as Nadeau and Bengio (2003) do.

    Args:
        window: (n, d), at least ``2 * FOLDS`` rows.
        reference: (m, d), as many.
    """
    if min(len(window), len(reference)) < 2 * FOLDS:
        raise ValueError(f"Each side needs at least {2 * FOLDS} rows.")
    rng = np.random.default_rng(seed)
    new, old = np.asarray(window, np.float64), np.asarray(reference, np.float64)
    new_fold, old_fold = _folds(len(new), rng), _folds(len(old), rng)
    scores = np.zeros(len(new))
    areas, variances = [], []
    for fold in range(FOLDS):
        mine, theirs = new_fold == fold, old_fold == fold
        direction, middle = discriminant(new[~mine], old[~theirs])
        ours, before = (new[mine] - middle) @ direction, (old[theirs] - middle) @ direction
        area, variance = area_under(ours, before)
        scores[mine] = np.searchsorted(np.sort(before), ours) / len(before)
        areas.append(area)
        variances.append(variance)
    auc = float(np.mean(areas))
    half = _Z95 * math.sqrt(_OVERLAP * sum(variances)) / FOLDS
    return Told(auc, max(0.0, auc - half), min(1.0, auc + half), scores)


def _folds(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count,) the fold of each row, all of nearly one size."""
    return rng.permutation(np.arange(count) % FOLDS)


def area_under(new: np.ndarray, old: np.ndarray) -> tuple[float, float]:
    """Area under the curve of scores (n,) against (m,), ties counting half, and its variance.

    The variance is that of DeLong, DeLong and Clarke-Pearson (1988), by ranks as Sun and Xu (2014) do it.
    """
    from scipy.stats import rankdata  # heavy: imported by whoever asks

    n, m = len(new), len(old)
    together = rankdata(np.concatenate([new, old]))
    above = (together[:n] - rankdata(new)) / m  # (n,) share of the old below each new one
    below = 1.0 - (together[n:] - rankdata(old)) / n  # (m,) share of the new above each old one
    variance = above.var(ddof=1) / n + below.var(ddof=1) / m
    return float(above.mean()), float(variance)


def discriminant(new: np.ndarray, old: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Direction (d,) and the point (d,) where both are equally likely."""
    from scipy.linalg import cho_factor, cho_solve  # heavy: imported by whoever asks

    new_mean, old_mean = new.mean(axis=0), old.mean(axis=0)
    centred = np.concatenate([new - new_mean, old - old_mean])  # (n + m, d)
    direction = cho_solve(cho_factor(shrunk_covariance(centred)), new_mean - old_mean)
    return direction, (new_mean + old_mean) / 2


def shrunk_covariance(centred: np.ndarray) -> np.ndarray:
    """(d, d) covariance of centred rows (n, d), drawn towards a sphere as far as Ledoit and Wolf say."""
    n, d = centred.shape
    sample = centred.T @ centred / n
    level = np.trace(sample) / d
    apart = float(((sample - level * np.eye(d)) ** 2).sum())
    # Mean squared distance of single rows' outer products from their mean.
    lengths = np.einsum("nd,nd->n", centred, centred)
    noise = float((lengths**2).sum() / n**2 - (sample**2).sum() / n)
    share = 1.0 if apart <= 0 else min(1.0, max(0.0, noise) / apart)
    # A trace of the sphere stays, so that constant columns cannot make it singular.
    floor = max(level, 1e-12) * 1e-6
    return np.asarray((1 - share) * sample + (share * level + floor) * np.eye(d))
