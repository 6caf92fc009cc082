"""How sure a net sentiment is, and whether two of them differ by more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Tally:
    """Reviews by label, of those that commit themselves."""

    negative: float
    neutral: float
    positive: float

    @property
    def total(self) -> float:
        return self.negative + self.neutral + self.positive

    @property
    def net(self) -> float | None:
        """Share of positive less share of negative; None of nothing."""
        return (self.positive - self.negative) / self.total if self.total else None

    @property
    def variance(self) -> float:
        """Unbiased variance of -1, 0, 1 over the reviews; 0 for fewer than two."""
        if self.total < 2:
            return 0.0
        mean = (self.positive - self.negative) / self.total
        spread = (self.positive + self.negative) / self.total - mean * mean
        return max(0.0, spread) * self.total / (self.total - 1)


def net_interval(tally: Tally) -> tuple[float, float] | None:
    """95 % interval of the net.

    It is the difference of two shares of one sample, so the adjusted Wald interval of Bonett and Price
    (2012) fits: one review is added to each side, which keeps it honest for few reviews. None of nothing.
    """
    if not tally.total:
        return None
    total = tally.total + 2
    positive, negative = (tally.positive + 1) / total, (tally.negative + 1) / total
    middle = positive - negative
    half = Z95 * math.sqrt(max(0.0, positive + negative - middle * middle) / total)
    # Few and unanimous reviews lie outside of the adjusted interval; the net itself always belongs to it.
    net = (tally.positive - tally.negative) / tally.total
    return max(-1.0, min(middle - half, net)), min(1.0, max(middle + half, net))


def net_intervals(counts: np.ndarray) -> np.ndarray:
    """(n, 2) what ``net_interval`` gives for (n, 3) reviews by label; NaN for nothing."""
    own = counts.sum(axis=1)
    total = own + 2
    positive, negative = (counts[:, 2] + 1) / total, (counts[:, 0] + 1) / total
    middle = positive - negative
    half = Z95 * np.sqrt(np.maximum(0.0, positive + negative - middle * middle) / total)
    with np.errstate(invalid="ignore", divide="ignore"):
        net = (counts[:, 2] - counts[:, 0]) / own
    ends = np.minimum(middle - half, net), np.maximum(middle + half, net)
    return np.clip(np.stack(ends, axis=1), -1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Difference:
    """Of two nets: its 95 % interval and two-sided p-value."""

    value: float
    low: float
    high: float
    p_value: float


def difference(a: Tally, b: Tally) -> Difference | None:
    """``b`` less ``a`` by Welch's t-test on -1, 0, 1; None where either is empty.

    Unanimous reviews have no spread of their own, and a test without spread would be sure of anything: there
    one neutral review's worth of doubt is added to either side.
    """
    from scipy.special import stdtr, stdtrit  # not at import: a page without tests needs none of it

    if a.net is None or b.net is None:
        return None
    value = b.net - a.net
    parts = [_squared_error(a), _squared_error(b)]
    error = math.sqrt(sum(parts))
    freedom = sum(parts) ** 2 / sum(
        part * part / max(1.0, tally.total - 1) for part, tally in zip(parts, (a, b), strict=True)
    )
    half = float(stdtrit(freedom, 0.975)) * error
    p_value = float(2 * stdtr(freedom, -abs(value) / error))
    return Difference(value, max(-2.0, value - half), min(2.0, value + half), p_value)


def _squared_error(tally: Tally) -> float:
    if tally.variance > 0 and tally.total >= 2:
        return tally.variance / tally.total
    padded = Tally(tally.negative + 0.5, tally.neutral + 1, tally.positive + 0.5)
    return padded.variance / max(1.0, tally.total)
