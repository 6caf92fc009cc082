"""Which subjects are complained of more than is usual for them, by more than chance.

Counts come as matrices of subjects by days. A window of days is tested against the days before it: given what
was usual, how likely are as many negative reviews among as many? Of all tests, Benjamini and Hochberg's
procedure bounds the share of false alarms among those that are raised.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Window:
    """Days ``start`` up to, not including, ``end``: columns of the matrices."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rules:
    """When to speak up.

    Attributes:
        least: reviews in the window, and negative ones among them, below which nothing is tested or said.
        rise: least rise of the negative share over what is usual.
        false_alarms: accepted share of false ones among the alarms.
        memory: days before the window that count as usual,
        guard: but not those just before it: a change that lasts would soon be its own yardstick.
        worth: reviews that the past weighs at most. Opinions drift by themselves; a long past, taken at its
            full weight, would make an alarm of every drift.
    """

    least: int = 6
    least_negative: int = 4
    rise: float = 0.2
    false_alarms: float = 0.01
    memory: int = 180
    guard: int = 14
    worth: float = 200.0


@dataclass(frozen=True, slots=True)
class Tests:
    """One row per test: (t,) subject and window, reviews and negative ones, usual share, p-value."""

    subject: np.ndarray
    window: np.ndarray
    reviews: np.ndarray
    negative: np.ndarray
    usual: np.ndarray
    p_value: np.ndarray


def run_tests(
    negative: np.ndarray,
    reviews: np.ndarray,
    prior: np.ndarray,
    windows: list[Window],
    rules: Rules,
    *,
    past: tuple[np.ndarray, np.ndarray] | None = None,
) -> Tests:
    """Test every subject in every window that has enough reviews.

    Args:
        negative, reviews: (subjects, days) negative reviews, and all that commit themselves.
        prior: (subjects, 2) what is usual for the likes of each, see ``beta_prior``.
        past: the same two as they count before a window, where that is not what is tested.
    """
    sums = [_summed(counts) for counts in (negative, reviews)]
    before = [_summed(counts) for counts in past] if past else sums
    parts = [_in_window(sums, before, number, window, prior, rules) for number, window in enumerate(windows)]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else [np.zeros(0)] * 6
    return Tests(*columns)


def _summed(counts: np.ndarray) -> np.ndarray:
    return np.pad(np.cumsum(counts, axis=1), ((0, 0), (1, 0)))


def _in_window(
    sums: list[np.ndarray],
    before: list[np.ndarray],
    number: int,
    window: Window,
    prior: np.ndarray,
    rules: Rules,
) -> tuple[np.ndarray, ...]:
    begin, until = max(0, window.start - rules.memory), max(0, window.start - rules.guard)
    bad, all_ = (total[:, window.end] - total[:, window.start] for total in sums)
    bad_before, all_before = (total[:, until] - total[:, begin] for total in before)
    rows = np.flatnonzero(all_ >= rules.least)
    bad, all_ = bad[rows], all_[rows]
    shrink = np.minimum(1.0, rules.worth / np.maximum(all_before[rows], 1.0))
    alpha = prior[rows, 0] + bad_before[rows] * shrink
    beta = prior[rows, 1] + (all_before[rows] - bad_before[rows]) * shrink
    p_value = upper_tail(bad, all_, alpha, beta)
    return rows, np.full(len(rows), number), all_, bad, alpha / (alpha + beta), p_value


def beta_prior(negative: np.ndarray, reviews: np.ndarray) -> tuple[float, float]:
    """Alpha and beta of what is usual among subjects, by the method of moments; weak for few of them.

    It stands in for a subject's past where that is short. Every subject counts the same, so that the one
    that everybody complains of does not make its own yardstick.

    Args:
        negative, reviews: (n,) of each subject.
    """
    known = reviews >= 2
    if known.sum() < 10:
        mean = float(np.clip((negative.sum() + 0.5) / (reviews.sum() + 2), 0.02, 0.98))
        return 2 * mean, 2 * (1 - mean)
    share, weight = negative[known] / reviews[known], reviews[known]
    mean = float(np.clip(share.mean(), 0.02, 0.98))
    # What the shares vary beyond what counting so few reviews explains.
    excess = float(np.mean((share - mean) ** 2 - mean * (1 - mean) / weight))
    strength = float(np.clip(mean * (1 - mean) / excess - 1 if excess > 0 else 50.0, 2.0, 50.0))
    return mean * strength, (1 - mean) * strength


def upper_tail(count: np.ndarray, total: np.ndarray, alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """(t,) probability of at least ``count`` of ``total`` where the share is Beta(alpha, beta)."""
    from scipy.special import betaln, gammaln  # heavy: imported by whoever tests

    def tail(k: float, n: float, a: float, b: float) -> float:
        ks = np.arange(k, n + 1)
        choose = gammaln(n + 1) - gammaln(ks + 1) - gammaln(n - ks + 1)
        return float(np.exp(choose + betaln(ks + a, n - ks + b) - betaln(a, b)).sum())

    values = [tail(*row) for row in zip(count, total, alpha, beta, strict=True)]
    return np.clip(np.array(values, dtype=np.float64), 0.0, 1.0)


def false_discovery_bound(p_values: np.ndarray, share: float) -> float:
    """The largest p-value to accept so that at most ``share`` of the accepted are false (Benjamini-Hochberg).

    -1 where none may be.
    """
    if not len(p_values):
        return -1.0
    ordered = np.sort(p_values)
    good = ordered <= share * np.arange(1, len(ordered) + 1) / len(ordered)
    return float(ordered[np.flatnonzero(good)[-1]]) if good.any() else -1.0


def telling(tests: Tests, rules: Rules) -> np.ndarray:
    """(t,) whether a test is worth an alarm."""
    bound = false_discovery_bound(tests.p_value, rules.false_alarms)
    share = tests.negative / np.maximum(tests.reviews, 1)
    enough = (tests.negative >= rules.least_negative) & (share - tests.usual >= rules.rise)
    return np.asarray((tests.p_value <= bound) & enough)


def worst_days(
    negative: np.ndarray,
    reviews: np.ndarray,
    usual: float,
    share: float,
    shut: np.ndarray | None = None,
) -> tuple[int, int]:
    """First day, and the day after the last, of those that speak most for ``share`` over ``usual``.

    The run with the largest sum of log-likelihood ratios (Kadane's algorithm).

    Args:
        negative, reviews: (days,) negative reviews, and all that commit themselves.
        shut: (days,) those that must not be among them.
    """
    low, high = np.clip([usual, share], 0.01, 0.99)
    weight = negative * np.log(high / low) + (reviews - negative) * np.log((1 - high) / (1 - low))
    if shut is not None:
        weight = np.where(shut, -np.inf, weight)
    best, run, begin, found = -np.inf, 0.0, 0, (0, len(weight))
    for day, value in enumerate(weight):
        if run <= 0:
            run, begin = 0.0, day
        run += float(value)
        if run > best:
            best, found = run, (begin, day + 1)
    return found
