"""Overview and trend."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta

import numpy as np

from analytics.engine.reporting.cubes import ABSTAINED
from analytics.engine.reporting.intervals import Tally, net_interval
from analytics.services.report.cells import Selection
from analytics.services.report.evidence import searched_since
from analytics.services.report.filters import Filters
from analytics.services.report.rows import local_day, midnight
from analytics.services.report.selecting import select
from analytics.services.report.shapes import Grain, Overview, Point

#: Periods of at most so many days are shown by hour, day and week; longer ones by month.
_UP_TO_DAYS: tuple[tuple[int, Grain], ...] = ((2, "hour"), (120, "day"), (800, "week"))
#: What a chart can still show; a finer grain than this is not given.
MOST_POINTS = 1_000
_COARSER: dict[Grain, Grain] = {"hour": "day", "day": "week", "week": "month"}
_PER_DAY: dict[Grain, float] = {"hour": 24, "day": 1, "week": 1 / 7, "month": 1 / 30}


def overview(filters: Filters, *, previous: bool = True) -> Overview:
    """The figures of the selection, with those of the period before unless ``previous`` is False.

    Where words were not looked for in the whole of both periods, nothing is told of the one before: more or
    fewer reviews would only be more or fewer that were looked at.
    """
    figures = overview_of(select(filters))
    if not previous or not compares_with_before(filters):
        return figures
    before = overview_of(select(filters.previous()))
    return dataclasses.replace(figures, previous=before if before.reviews else None)


def compares_with_before(filters: Filters) -> bool:
    """Whether the figures are of the whole of the period and of the one before."""
    return not (searched_since(filters) or searched_since(filters.previous()))


def overview_of(cells: Selection) -> Overview:
    reviews, tally = cells.reviews, cells.tally()
    low, high = net_interval(tally) or (None, None)
    return Overview(
        reviews=reviews,
        net=tally.net,
        low=low,
        high=high,
        positive=tally.positive / tally.total if tally.total else 0.0,
        neutral=tally.neutral / tally.total if tally.total else 0.0,
        negative=tally.negative / tally.total if tally.total else 0.0,
        abstained=(reviews - tally.total) / reviews if reviews else 0.0,
        disagreement=float(cells["disagreement"].sum(dtype=np.float64)) / reviews if reviews else 0.0,
    )


# -- trend --------------------------------------------------------------------------------------------------


def fitting_grain(filters: Filters) -> Grain:
    """What a period of this length is best shown by."""
    return next((grain for days, grain in _UP_TO_DAYS if filters.length <= days), "month")


def trend(filters: Filters, grain: str = "") -> list[Point]:
    """Every hour, day, week or month of the period in order, those without reviews too.

    Where words were not looked for in the whole period, it begins on the day that they were looked for
    back to.

    Args:
        grain: chosen by the length of the period where it is empty; made coarser where there would be more
            than ``MOST_POINTS`` points.
    """
    since = searched_since(filters)
    shown = filters.replace(start=local_day(since)) if since else filters
    chosen: Grain = grain if grain in _PER_DAY else fitting_grain(shown)  # type: ignore[assignment]
    while chosen in _COARSER and shown.length * _PER_DAY[chosen] > MOST_POINTS:
        chosen = _COARSER[chosen]
    cells = select(filters, by="hour" if chosen == "hour" else "", days=chosen != "month")
    starts = _starts(shown, chosen)
    counts = _by_label(cells, _places(cells, shown, chosen, starts), len(starts))
    return [_point(start, row) for start, row in zip(starts, counts, strict=True)]


def _starts(filters: Filters, grain: Grain) -> list[datetime]:
    """The first moment of every point; the first and the last may reach beyond the period."""
    if grain == "hour":
        days = _days(filters.start, filters.end)
        return [midnight(day) + timedelta(hours=hour) for day in days for hour in range(24)]
    return [
        midnight(day) for day in dict.fromkeys(_floor(d, grain) for d in _days(filters.start, filters.end))
    ]


def _days(start: date, end: date) -> list[date]:
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def _floor(day: date, grain: Grain) -> date:
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def _places(cells: Selection, filters: Filters, grain: Grain, starts: list[datetime]) -> np.ndarray:
    """(n,) which point each cell belongs to."""
    day = cells["day"].astype(np.int64)
    if grain == "hour":
        return np.maximum(day - filters.start.toordinal(), 0) * 24 + cells["hour"]
    first = np.array([start.date().toordinal() for start in starts])
    # What went between two looks may have moved the day that words are looked for back to.
    return np.maximum(np.searchsorted(first, day, side="right") - 1, 0)


def _by_label(cells: Selection, place: np.ndarray, count: int) -> np.ndarray:
    """(count, 4) reviews of each place by label."""
    both = place * 4 + cells["label"]
    return np.bincount(both, weights=cells["reviews"], minlength=count * 4).reshape(count, 4)


def _point(start: datetime, counts: np.ndarray) -> Point:
    tally = Tally(*(float(value) for value in counts[:ABSTAINED]))
    low, high = net_interval(tally) or (None, None)
    negative = tally.negative / tally.total if tally.total else None
    return Point(start, int(counts.sum()), tally.net, low, high, negative)
