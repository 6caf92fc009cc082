"""What was measured between two moments, as numbers by time step and series: history and live."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
import numpy.typing as npt
from redis.exceptions import RedisError

from analytics.models import TelemetryRollup
from analytics.services.monitoring.minutes import HOUR, MINUTE, Hour, read_hours
from analytics.services.monitoring.packing import unpack
from analytics.services.monitoring.store import GRAINS, known_series
from recommender.telemetry import (
    WINDOW_SECONDS,
    Gauge,
    Histogram,
    Series,
    metric_named,
    read_windows,
)
from recommender.telemetry.registry import SUM

Floats = npt.NDArray[np.float64]
Labels = tuple[str, ...]
#: Seconds up to which a step is fine enough to draw, and the grain that it is made of. A line of
#: hours has ``MOST_STEPS`` points at most, a finer one about half: charts are no wider on a screen.
_SPANS = {
    WINDOW_SECONDS: (7200, WINDOW_SECONDS),
    60: (12 * 3600, 60),
    120: (26 * 3600, 60),
}
_COARSEST = 3600
MOST_STEPS = 1560
#: Rollups that are unpacked before they are added up.
_AT_ONCE = 400


#: Where all label values lie that are not told apart; no label has no value.
OTHERS: Labels = ("",)


@dataclass(frozen=True)
class Grid:
    """Numbers of some metrics by time step.

    Attributes:
        step: seconds of a time step.
        starts: of each step, (T,) seconds since 1970, ascending.
        covered: seconds of each step that something is known about, (T,); 0 where nothing was recorded.
        values: (T, S) by step and series: sums of counters and histograms, means of gauges (NaN: not said).
        kept: label values that are told apart; all others are one, ``OTHERS``. None: all are told apart.
    """

    step: int
    starts: npt.NDArray[np.int64]
    covered: Floats
    series: Mapping[str, Mapping[tuple[Labels, str], int]]
    values: Floats = field(repr=False)
    kept: frozenset[Labels] | None = None
    _histograms: dict[tuple[object, ...], dict[Labels, Floats]] = field(default_factory=dict, repr=False)

    def keeping(self, kept: Iterable[Labels]) -> Grid:
        """The same numbers, with all label values but ``kept`` as one."""
        return replace(self, kept=frozenset(kept), _histograms={})

    def weights(self, metric: str, by: Labels, where: Mapping[str, str]) -> dict[Labels, float]:
        """How much each value of the labels ``by`` amounts to in all: sums, or the means of a gauge."""
        kind = metric_named(metric)
        chosen = _choosing(metric, by)
        found: dict[Labels, float] = {}
        for labels, part, column in self._columns(metric, where):
            if isinstance(kind, Histogram) and part != SUM:
                continue
            values = self.values[:, column]
            known = values[~np.isnan(values)]
            key = chosen(labels)
            amount = (
                float(np.abs(known).mean() if isinstance(kind, Gauge) else known.sum()) if len(known) else 0.0
            )
            found[key] = found.get(key, 0.0) + amount
        return found

    def counts(
        self, metric: str, by: Labels = (), where: Mapping[str, str] | None = None
    ) -> dict[Labels, Floats]:
        """Sums of a counter by the values of the labels ``by``, (T,) each; NaN where nothing was recorded."""
        told = self._telling(metric, by)
        found: dict[Labels, Floats] = {}
        for labels, _, column in self._columns(metric, where):
            key = told(labels)
            found[key] = found.get(key, 0.0) + self.values[:, column]
        return {key: np.where(self.covered > 0, sums, np.nan) for key, sums in found.items()}

    def rates(
        self, metric: str, by: Labels = (), where: Mapping[str, str] | None = None
    ) -> dict[Labels, Floats]:
        """``counts`` a second; of a histogram, how often it was observed."""
        kind = metric_named(metric)
        sums = (
            {key: each[:, :-1].sum(axis=1) for key, each in self.histograms(metric, by, where).items()}
            if isinstance(kind, Histogram)
            else self.counts(metric, by, where)
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            return {key: one / self.covered for key, one in sums.items()}

    def levels(
        self, metric: str, by: Labels = (), where: Mapping[str, str] | None = None
    ) -> dict[Labels, Floats]:
        """A gauge by the labels ``by``, (T,) each; those that agree in them are added."""
        told = self._telling(metric, by)
        found: dict[Labels, Floats] = {}
        for labels, _, column in self._columns(metric, where):
            key, level = told(labels), self.values[:, column]
            before = found.get(key)
            found[key] = level if before is None else _sum_of_known(before, level)
        return found

    def histograms(
        self, metric: str, by: Labels = (), where: Mapping[str, str] | None = None
    ) -> dict[Labels, Floats]:
        """Counts by bucket and the sum, (T, buckets + 2) each; not to be changed."""
        asked = metric, by, frozenset((where or {}).items())
        if asked not in self._histograms:
            self._histograms[asked] = self._added_up(metric, by, where)
        return self._histograms[asked]

    def _added_up(self, metric: str, by: Labels, where: Mapping[str, str] | None) -> dict[Labels, Floats]:
        kind = metric_named(metric)
        assert isinstance(kind, Histogram), metric
        told = self._telling(metric, by)
        found: dict[Labels, Floats] = {}
        for labels, part, column in self._columns(metric, where):
            key = told(labels)
            if key not in found:
                found[key] = np.zeros((kind.width, len(self.starts))).T
            found[key][:, kind.place(part)] += self.values[:, column]
        return found

    def _telling(self, metric: str, by: Labels) -> Callable[[Labels], Labels]:
        chosen, kept = _choosing(metric, by), self.kept
        if kept is None:
            return chosen
        return lambda labels: key if (key := chosen(labels)) in kept else OTHERS

    def _columns(self, metric: str, where: Mapping[str, str] | None) -> Iterator[tuple[Labels, str, int]]:
        names = _label_names(metric)
        for (labels, part), column in self.series.get(metric, {}).items():
            if len(labels) == len(names) and all(
                _fits(labels[names.index(name)], value) for name, value in (where or {}).items()
            ):
                yield labels, part, column


def _fits(value: str, wanted: str) -> bool:
    return value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted


def _label_names(metric: str) -> Labels:
    known = metric_named(metric)
    return known.label_names if known else ()


def _choosing(metric: str, by: Labels) -> Callable[[Labels], Labels]:
    """From all label values of a metric to those of the labels ``by``."""
    names = _label_names(metric)
    places = [names.index(name) for name in by]
    return lambda labels: tuple([labels[place] for place in places])


def _sum_of_known(one: Floats, other: Floats) -> Floats:
    return np.where(np.isnan(one), other, np.where(np.isnan(other), one, one + other))


def quantile(sums: Floats, bounds: Iterable[float], share: float) -> Floats:
    """The value below which ``share`` of the observations lie, by linear interpolation inside its bucket.

    Args:
        sums: (T, buckets + 2) as ``Grid.histograms`` gives them.
        bounds: of the histogram.
        share: 0 to 1.

    Returns:
        (T,); NaN where nothing was observed. Above the last bound it is that bound, as in Prometheus'
        ``histogram_quantile``.
    """
    edges = np.array([0.0, *bounds])
    heaped = sums[:, :-1].cumsum(axis=1)
    total = heaped[:, -1]
    wanted = share * total
    place = np.minimum((heaped < wanted[:, None]).sum(axis=1), len(edges) - 1)
    rows = np.arange(len(sums))
    below = np.where(place > 0, heaped[rows, np.maximum(place - 1, 0)], 0.0)
    inside = sums[rows, place]
    last = place >= len(edges) - 1
    high = edges[np.minimum(place + 1, len(edges) - 1)]
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(inside > 0, (wanted - below) / inside, 0.0)
    value = np.where(last, edges[-1], edges[place] + part * (high - edges[place]))
    return np.where(total > 0, value, np.nan)


# -- reading ------------------------------------------------------------------------------------------------


def read_grid(
    metrics: Iterable[str], start: float, end: float, *, live: bool = True, step: int | None = None,
    labels: Collection[str] | None = None,
) -> Grid:  # fmt: skip
    """What is known of ``metrics`` between two moments (seconds since 1970).

    Args:
        live: also ask Redis for what has not been moved to the database yet.
        step: seconds of a time step; by itself as ``step_for`` says.
        labels: that are asked for; counters and histograms are added up over all others, whose values are "".
    """
    step = step or step_for(start, end)
    first, last = math.floor(start / step) * step, math.ceil(end / step) * step
    starts = np.arange(first, max(last, first + step), step, dtype=np.int64)
    known = known_series()
    wanted = set(metrics)
    chosen = {one: pk for one, pk in known.items() if one[0] in wanted}
    filling = _Filling(starts, step, chosen, labels)
    seen_until = _fill_from_database(filling, wanted, first, last)
    if live:
        _fill_from_redis(filling, wanted, seen_until, last)
    return filling.grid()


def step_for(start: float, end: float, now: float | None = None) -> int:
    """Seconds of a step: the finest that is still kept for ``start`` and not too fine to draw."""
    age = (time.time() if now is None else now) - start
    for step, (longest, grain) in _SPANS.items():
        if end - start <= longest and age <= GRAINS[grain]:
            return step
    # One step more than the span has, because neither end lies on the edge of one.
    return _COARSEST * max(1, math.ceil((end - start) / _COARSEST / (MOST_STEPS - 1)))


class _Filling:
    """The table while it is being filled; a series lies in one piece, which is how it is read."""

    def __init__(
        self, starts: npt.NDArray[np.int64], step: int, chosen: dict[Series, int],
        labels: Collection[str] | None,
    ) -> None:  # fmt: skip
        self.starts, self.step, self.labels = starts, step, labels
        self.columns: dict[Series, int] = {}
        self.column_of = np.full(max(chosen.values(), default=0) + 2, -1, dtype=np.int64)
        for one, pk in chosen.items():
            self.column_of[pk] = self._column(one)
        self.sums = np.zeros((len(self.columns), len(starts)))
        self.seen = np.zeros((len(self.columns), len(starts)))
        self.covered = np.zeros(len(starts))

    def _column(self, series: Series) -> int:
        """Where a series is added up; a gauge is not added to another before its mean is known."""
        metric, labels, part = series
        kind = metric_named(metric)
        if self.labels is not None and kind is not None and not isinstance(kind, Gauge):
            told = zip(kind.label_names, labels, strict=False)
            series = metric, tuple([value if name in self.labels else "" for name, value in told]), part
        return self.columns.setdefault(series, len(self.columns))

    def add_rollups(self, grain: int, rollups: list[tuple[int, bytes]]) -> None:
        """Rows of one grain, some hundred at a time."""
        unpacked = [unpack(payload) for _, payload in rollups]
        starts = np.array([start for start, _ in rollups], dtype=np.int64)
        ids = np.concatenate([ids for ids, _ in unpacked])
        values = np.concatenate([values for _, values in unpacked])
        self._add_ids(ids, np.repeat(starts, [len(one) for one, _ in unpacked]), values)
        np.add.at(self.covered, self._rows(starts), float(grain))

    def add_hours(self, hours: list[Hour]) -> None:
        """Minutes of several hours, of the metrics that are wanted."""
        ids, moments, values, known = (
            np.concatenate([getattr(one, name) for one in hours])
            for name in ("ids", "moments", "values", "known")
        )
        self._add_ids(ids, moments, values)
        np.add.at(self.covered, self._rows(known), float(MINUTE))

    def _rows(self, moments: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return (moments - self.starts[0]) // self.step

    def _add_ids(self, ids: npt.NDArray[np.int64], moments: npt.NDArray[np.int64], values: Floats) -> None:
        columns = self.column_of[np.minimum(ids, len(self.column_of) - 1)]
        wanted = columns >= 0
        self._add(columns[wanted], self._rows(moments[wanted]), values[wanted])

    def add_amounts(self, start: int, seconds: float, amounts: Mapping[Series, float]) -> None:
        row = int((start - self.starts[0]) // self.step)
        if not 0 <= row < len(self.starts):
            return
        columns = np.array([self._column(one) for one in amounts], dtype=np.int64)
        missing = len(self.columns) - len(self.sums)
        if missing:
            self.sums = np.pad(self.sums, ((0, missing), (0, 0)))
            self.seen = np.pad(self.seen, ((0, missing), (0, 0)))
        values = np.array(list(amounts.values()), dtype=np.float64)
        self._add(columns, np.full(len(columns), row), values)
        self.covered[row] += seconds

    def _add(self, columns: npt.NDArray[np.int64], rows: npt.NDArray[np.int64], values: Floats) -> None:
        places = columns * len(self.starts) + rows
        np.add.at(self.sums.reshape(-1), places, values)
        np.add.at(self.seen.reshape(-1), places, 1.0)

    def grid(self) -> Grid:
        series: dict[str, dict[tuple[Labels, str], int]] = {}
        for (metric, labels, part), column in self.columns.items():
            series.setdefault(metric, {})[labels, part] = column
            if isinstance(metric_named(metric), Gauge):
                with np.errstate(invalid="ignore", divide="ignore"):
                    self.sums[column] /= self.seen[column]
        return Grid(self.step, self.starts, self.covered, series, self.sums.T)


def _fill_from_database(filling: _Filling, wanted: set[str], first: int, last: int) -> int:
    """Rows of the grain, then finer ones for what has not been summed up yet; until when there are any."""
    after = first
    for grain in sorted((one for one in GRAINS if one <= filling.step), reverse=True):
        if grain == MINUTE:
            after = _fill_by_metric(filling, wanted, after, last)
        else:
            after = _fill_by_rollup(filling, grain, after, last)
    return after


def _fill_by_rollup(filling: _Filling, grain: int, first: int, last: int) -> int:
    rows = TelemetryRollup.objects.between(grain, first, last).values_list("start", "payload")
    found = ((start, bytes(payload)) for start, payload in rows.iterator())
    until = first
    while some := list(islice(found, _AT_ONCE)):
        filling.add_rollups(grain, some)
        until = some[-1][0] + grain
    return until


def _fill_by_metric(filling: _Filling, wanted: set[str], first: int, last: int) -> int:
    """Minutes as they are kept by metric; rollups where they are not, as in the last hour."""
    hours = list(read_hours(wanted, first, last))
    if hours:
        filling.add_hours(hours)
    until = after = first
    for start, end, known in [*((one.start, one.start + HOUR, one.known) for one in hours), (last, last, [])]:
        if after < start and (found := _fill_by_rollup(filling, MINUTE, after, start)) > after:
            until = found
        if len(known):
            until = int(known[-1]) + MINUTE
        after = end
    return until


def _fill_from_redis(filling: _Filling, wanted: set[str], seen_until: int, last: int) -> None:
    try:
        now, windows = read_windows()
    except (RedisError, OSError):
        return
    for window in windows:
        if seen_until <= window.start < last:
            amounts = {one: amount for one, amount in window.amounts.items() if one[0] in wanted}
            # Processes send once a second, so the last one of an open window is still to come.
            seconds = min(float(WINDOW_SECONDS), max(1.0, now - window.start))
            filling.add_amounts(window.start, seconds, amounts)
