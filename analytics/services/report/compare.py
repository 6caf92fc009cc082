"""Two periods or segments side by side: how far apart, by more than chance or not, and because of what."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analytics.contracts import NONE
from analytics.engine.reporting.cubes import ABSTAINED
from analytics.engine.reporting.intervals import Tally, difference
from analytics.services.report.breakdown import aspect_impacts, grouped
from analytics.services.report.cells import Selection
from analytics.services.report.figures import overview_of
from analytics.services.report.filters import Filters, directly_in
from analytics.services.report.labels import labelled
from analytics.services.report.names import Kind, named
from analytics.services.report.selecting import Cells, select
from analytics.services.report.shapes import By, Comparison, Driver
from recommender.models import Category

NOISE = 0.05
#: Dimensions in which every review has one value: their parts sum to the difference.
_PARTITIONS: tuple[By, ...] = ("item", "category", "language")


def compare(a: Filters, b: Filters, *, most: int = 12) -> Comparison:
    """``b`` against ``a`` (the earlier, or the yardstick), with the ``most`` strongest drivers."""
    first, second = Cells(a), Cells(b)
    whole = first.by(), second.by()
    found = difference(whole[0].tally(), whole[1].tally())
    # Beside nothing there is no difference that anything could have driven.
    strongest = _strongest(first, second, most) if found else ()
    ranked = sorted(strongest, key=lambda driver: (-abs(driver.change), driver.by, driver.key))
    return Comparison(
        a=overview_of(whole[0]),
        b=overview_of(whole[1]),
        difference=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        p_value=found.p_value if found else None,
        is_noise=found is None or found.p_value >= NOISE,
        drivers=_worded(ranked[:most]),
    )


def drivers(a: Filters, b: Filters, by: By) -> list[Driver]:
    """All parts of the difference along one of item, category or language, the largest first.

    They sum to it.
    """
    parts = _parts(select(a, by=by), select(b, by=by), by)
    return _worded(list(parts.drivers(len(parts))))


def _strongest(first: Cells, second: Cells, most: int) -> Iterator[Driver]:
    """Of each dimension the ``most`` strongest."""
    a, b = first.filters, second.filters
    for by in _PARTITIONS:
        parts = _parts(first.by(by), second.by(by), by)
        # What is of one kind throughout, chosen or not, is the difference and explains none of it.
        if len(parts) > 1:
            yield from parts.drivers(most)
    if not (a.aspect or b.aspect or a.label or b.label):
        yield from _aspects(first, second)


# -- shift and share ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of a difference along one dimension, for there may be as many as there are items.

    Attributes:
        values: (n,) numbers of the groups in which a review of either side commits itself.
        before, after: (n, 3) those reviews by label.
        mix, rate: (n,) as in ``Driver``.
    """

    by: By
    values: np.ndarray
    before: np.ndarray
    after: np.ndarray
    mix: np.ndarray
    rate: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    def drivers(self, most: int) -> Iterator[Driver]:
        """The ``most`` with the largest change, those of one size in the order of their keys."""
        change = np.abs(self.mix + self.rate)
        rows = np.arange(len(self))
        if most < len(rows):
            # All that are as large as the last one: their keys decide which of them it is.
            rows = np.flatnonzero(change >= np.partition(change, -most)[-most])
        keys = _keys(self.by, self.values[rows])
        ordered = sorted(zip(-change[rows], keys, rows, strict=True))
        for _change, key, row in ordered[:most]:
            one, two = _tally(self.before[row]), _tally(self.after[row])
            yield _driver(self.by, key, float(self.mix[row]), float(self.rate[row]), one, two)


def _parts(first: Selection, second: Selection, by: By) -> _Parts:
    """The difference of two means over groups, split into mix and rate (Kitagawa 1955).

    With weights w and nets s of a group on both sides and the mean m of both overall nets, a group's part is
    (w_b - w_a)((s_a + s_b) / 2 - m) + (s_b - s_a)(w_a + w_b) / 2. A group that one side lacks has the other
    side's net there: its coming or going is mix alone. Where a side is empty there are no parts.
    """
    values, sides = _beside(grouped(first, by), grouped(second, by))
    sums = [side.sum(axis=1) for side in sides]
    totals = [float(one.sum()) for one in sums]
    if not all(totals):
        return _Parts(by, values[:0], sides[0][:0], sides[1][:0], np.empty(0), np.empty(0))
    balances = [side[:, 2] - side[:, 0] for side in sides]
    middle = sum(float(one.sum()) / total for one, total in zip(balances, totals, strict=True)) / 2
    own = [one / np.maximum(count, 1) for one, count in zip(balances, sums, strict=True)]
    net = np.where(sums[0] > 0, own[0], own[1]), np.where(sums[1] > 0, own[1], own[0])
    weights = sums[0] / totals[0], sums[1] / totals[1]
    mix = (weights[1] - weights[0]) * ((net[0] + net[1]) / 2 - middle)
    rate = (net[1] - net[0]) * (weights[0] + weights[1]) / 2
    return _Parts(by, values, sides[0], sides[1], mix, rate)


def _beside(*found: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """(n,) values of groups with a review that commits itself, and (n, 3) reviews by label of each side."""
    committed = [
        (values[some], counts[some, :ABSTAINED])
        for values, counts in found
        for some in [counts[:, :ABSTAINED].any(axis=1)]
    ]
    union = np.unique(np.concatenate([values for values, _ in committed]))
    sides = []
    for values, counts in committed:
        side = np.zeros((len(union), ABSTAINED))
        side[np.searchsorted(union, values)] = counts
        sides.append(side)
    return union, sides


def _keys(by: By, values: np.ndarray) -> list[str]:
    """As in the address. A category is counted without those below it, and so is its key."""
    known: dict[int, str] = {}
    if by == "language":
        known = named(Kind.LANGUAGE, values)
    elif by == "category":
        numbers = [int(value) for value in values]
        parents = Category.objects.filter(parent__in=numbers).values_list("parent", flat=True)
        known = {parent: directly_in(parent) for parent in parents if parent is not None}
    return [known.get(int(value), str(value)) if value else NONE for value in values]


def _tally(counts: np.ndarray) -> Tally:
    return Tally(*(float(count) for count in counts[:ABSTAINED]))


def _driver(by: By, key: str, mix: float, rate: float, one: Tally, two: Tally) -> Driver:
    found = difference(one, two)
    return Driver(
        by=by,
        key=key,
        label=key,
        change=mix + rate,
        mix=mix,
        rate=rate,
        before=round(one.total),
        after=round(two.total),
        p_value=found.p_value if found else None,
    )


def _aspects(first: Cells, second: Cells) -> Iterator[Driver]:
    """Change of each aspect's impact; reviews mention several aspects, so these parts overlap."""
    before, after = _impacts(first), _impacts(second)
    nothing = (0.0, Tally(0, 0, 0))
    for aspect in sorted(before.keys() | after.keys()):
        (low, one), (high, two) = before.get(aspect, nothing), after.get(aspect, nothing)
        yield _driver("aspect", aspect, 0.0, high - low, one, two)


def _impacts(side: Cells) -> dict[str, tuple[float, Tally]]:
    """Impact of each aspect, and the opinions on it."""
    cells = side.by("aspect")
    _values, counts = grouped(cells, "aspect")
    found = aspect_impacts(side.by(), cells)
    return {one.aspect: (one.impact, _tally(row)) for one, row in zip(found, counts, strict=True)}


def _worded(drivers: list[Driver]) -> list[Driver]:
    """With the names that people know, asked for once a dimension."""
    names = {by: labelled(by, [one.key for one in drivers if one.by == by]) for by in {d.by for d in drivers}}
    return [dataclasses.replace(driver, label=names[driver.by][driver.key]) for driver in drivers]
