"""Two periods or segments side by side: how far apart, by more than chance or not, and because of what."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from analytics.engine.reporting.cubes import ABSTAINED
from analytics.engine.reporting.intervals import Tally, difference
from analytics.services.report.breakdown import aspect_impacts, grouped, labelled
from analytics.services.report.cells import Selection, select
from analytics.services.report.figures import overview_of
from analytics.services.report.filters import Filters
from analytics.services.report.names import Kind, named
from analytics.services.report.shapes import By, Comparison, Driver

NOISE = 0.05
#: Dimensions in which every review has one value: their parts sum to the difference.
_PARTITIONS: tuple[By, ...] = ("item", "category", "language")


def compare(a: Filters, b: Filters, *, most: int = 12) -> Comparison:
    """``b`` against ``a`` (the earlier, or the yardstick), with the ``most`` strongest drivers."""
    first, second = select(a), select(b)
    found = difference(first.tally(), second.tally())
    ranked = sorted(_drivers(a, b), key=lambda driver: (-abs(driver.change), driver.by, driver.key))
    return Comparison(
        a=overview_of(first),
        b=overview_of(second),
        difference=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        p_value=found.p_value if found else None,
        is_noise=found is None or found.p_value >= NOISE,
        drivers=_worded(ranked[:most]),
    )


def drivers(a: Filters, b: Filters, by: By) -> list[Driver]:
    """All parts of the difference along one of item, category or language; they sum to it."""
    return _worded(list(_parts(a, b, by)))


def _drivers(a: Filters, b: Filters) -> Iterator[Driver]:
    for by in _PARTITIONS:
        # What both sides are fixed to explains nothing.
        if not (getattr(a, by) and getattr(a, by) == getattr(b, by) and by != "category"):
            yield from _parts(a, b, by)
    if not (a.aspect or b.aspect or a.label or b.label):
        yield from _aspects(a, b)


# -- shift and share ----------------------------------------------------------------------------------------


def _parts(a: Filters, b: Filters, by: By) -> Iterator[Driver]:
    """The difference of two means over groups, split into mix and rate (Kitagawa 1955).

    With weights w and nets s of a group on both sides and the mean m of both overall nets, a group's part is
    (w_b - w_a)((s_a + s_b) / 2 - m) + (s_b - s_a)(w_a + w_b) / 2. A group that one side lacks has the other
    side's net there: its coming or going is mix alone.
    """
    before, after = _tallies(select(a, by=by), by), _tallies(select(b, by=by), by)
    totals = [sum(tally.total for tally in side.values()) for side in (before, after)]
    if not all(totals):
        return
    nets = [
        sum(tally.positive - tally.negative for tally in side.values()) / total
        for side, total in zip((before, after), totals, strict=True)
    ]
    middle = sum(nets) / 2
    for key in sorted(before.keys() | after.keys()):
        one, two = before.get(key, Tally(0, 0, 0)), after.get(key, Tally(0, 0, 0))
        weights = (one.total / totals[0], two.total / totals[1])
        net = [value if value is not None else other for value, other in _crossed(one.net, two.net)]
        mix = (weights[1] - weights[0]) * ((net[0] + net[1]) / 2 - middle)
        rate = (net[1] - net[0]) * sum(weights) / 2
        yield _driver(by, key, mix, rate, one, two)


def _crossed(one: float | None, two: float | None) -> tuple[tuple[float | None, float], ...]:
    return (one, two or 0.0), (two, one or 0.0)


def _tallies(cells: Selection, by: By) -> dict[str, Tally]:
    values, counts = grouped(cells, by)
    keys = named(Kind.LANGUAGE, values) if by == "language" else {int(v): str(v) for v in values if v}
    return {
        keys.get(int(value), ""): Tally(*(float(count) for count in row[:ABSTAINED]))
        for value, row in zip(values, counts, strict=True)
        if np.any(row[:ABSTAINED])
    }


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


def _aspects(a: Filters, b: Filters) -> Iterator[Driver]:
    """Change of each aspect's impact; reviews mention several aspects, so these parts overlap."""
    before, after = _impacts(a), _impacts(b)
    nothing = (0.0, Tally(0, 0, 0))
    for aspect in sorted(before.keys() | after.keys()):
        (low, one), (high, two) = before.get(aspect, nothing), after.get(aspect, nothing)
        yield _driver("aspect", aspect, 0.0, high - low, one, two)


def _impacts(filters: Filters) -> dict[str, tuple[float, Tally]]:
    """Impact of each aspect, and the opinions on it."""
    cells = select(filters, by="aspect")
    values, counts = grouped(cells, "aspect")
    names = named(Kind.ASPECT, values)
    tallies = {
        names.get(int(value), ""): Tally(*(float(count) for count in row[:ABSTAINED]))
        for value, row in zip(values, counts, strict=True)
    }
    found = aspect_impacts(select(filters), cells)
    return {one.aspect: (one.impact, tallies[one.aspect]) for one in found}


def _worded(drivers: list[Driver]) -> list[Driver]:
    """With the names that people know, asked for once a dimension."""
    names = {by: labelled(by, [one.key for one in drivers if one.by == by]) for by in {d.by for d in drivers}}
    return [dataclasses.replace(driver, label=names[driver.by][driver.key]) for driver in drivers]
