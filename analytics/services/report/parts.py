"""The slices of a breakdown in an order, worked out and worded as far as they are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np

from analytics.engine.reporting.cubes import ABSTAINED
from analytics.engine.reporting.intervals import Tally, net_interval, net_intervals
from analytics.services.report.labels import labelled
from analytics.services.report.shapes import By, Slice

Order = Literal["most", "worst", "best"]
ORDERS: tuple[Order, ...] = ("most", "worst", "best")
_AT_ONCE = 500


class Parts:
    """All slices along one dimension; there may be as many as there are items.

    Attributes:
        keys: (n,) of the slices, in their order.
    """

    def __init__(self, by: By, keys: np.ndarray, counts: np.ndarray, total: int, order: str) -> None:
        """Order them: "most" reviews first, or "worst" or "best", anything else counting as "most".

        Worst is whose net is surely low: whose interval ends lowest. So a few bad reviews do not go before
        many, and best is whose interval begins highest. Where no review commits itself, that is last.

        Args:
            counts: (n, 4) reviews by label.
            total: what shares are of.
        """
        rows = _ranked(by, keys, counts, order)
        self.by, self.keys = by, keys[rows]
        self._counts, self._total = counts[rows], total

    def __len__(self) -> int:
        return len(self.keys)

    def __iter__(self) -> Iterator[Slice]:
        for start in range(0, len(self), _AT_ONCE):
            yield from self.page(start, _AT_ONCE)

    def page(self, start: int, most: int) -> list[Slice]:
        """``most`` slices from place ``start`` on."""
        return self.at(range(len(self))[start : start + most])

    def at(self, places: Iterable[int]) -> list[Slice]:
        """The slices in these places."""
        rows = list(places)
        keys = [str(self.keys[row]) for row in rows]
        labels = labelled(self.by, keys)
        return [self._slice(key, labels[key], self._counts[row]) for key, row in zip(keys, rows, strict=True)]

    def _slice(self, key: str, label: str, counts: np.ndarray) -> Slice:
        tally, reviews = tally_of(counts), int(counts.sum())
        low, high = net_interval(tally) or (None, None)
        negative = tally.negative / tally.total if tally.total else None
        share = reviews / self._total if self._total else 0.0
        return Slice(key, label, reviews, tally.net, low, high, share, negative)


def tally_of(counts: np.ndarray) -> Tally:
    """Of (4,) reviews by label, those that commit themselves."""
    return Tally(*(float(value) for value in counts[:ABSTAINED]))


def _ranked(by: By, keys: np.ndarray, counts: np.ndarray, order: str) -> np.ndarray:
    """(n,) rows in their order; those alike in the order of their keys."""
    reviews = counts.sum(axis=1)
    if order in ("worst", "best"):
        ends = net_intervals(counts[:, :ABSTAINED])
        rank = ends[:, 1] if order == "worst" else -ends[:, 0]
        return np.lexsort((keys, -reviews, np.where(np.isnan(rank), np.inf, rank)))
    # Stars have an order of their own.
    return np.argsort(keys) if by == "rating" else np.lexsort((keys, -reviews))
