"""What a rule finds in the numbers, moment by moment; without database and clock, to be tried in any case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from analytics.models import AlertRule
from analytics.services.monitoring.grid import Floats, Grid, Labels
from analytics.services.monitoring.measures import Measure
from analytics.services.monitoring.rules_seen import LOOKS
from recommender.telemetry import Gauge, Histogram, metric_named

Bools = npt.NDArray[np.bool_]
EACH = "*"
WEEK = 7 * 86_400
#: Seconds that the condition has to be false before an alert ends, at least.
CALM = 30
#: Events behind a figure below which a change against last week says nothing.
FEWEST = 30
#: A look is due every 10 s; one in 15 s is enough to say that the watch was there.
_SECONDS_A_LOOK = 15


@dataclass(frozen=True)
class Seen:
    """One subject of a rule over time, (T,) each; the moments are the ends of the steps.

    Attributes:
        true: whether the condition held.
        value: of the measure over the window; NaN where it is not known.
        usual: a week before, for a rule on change.
    """

    true: Bools
    value: Floats
    usual: Floats | None = None


def split(rule: AlertRule) -> tuple[Labels, dict[str, str]]:
    """The labels that are looked at one by one, and the values that others are limited to."""
    labels = {str(name): str(value) for name, value in sorted(rule.labels.items())}
    by = tuple(name for name, value in labels.items() if value == EACH)
    return by, {name: value for name, value in labels.items() if value != EACH}


def label_names(measure: Measure) -> Labels:
    """Labels that every metric of the measure has; () if one of them is not measured here."""
    known = [metric_named(name) for name in sorted(measure.metrics)]
    if any(one is None for one in known):
        return ()
    names = [one.label_names for one in known if one]
    return tuple(name for name in names[0] if all(name in others for others in names))


def is_measured(rule: AlertRule, measure: Measure | None) -> bool:
    """Whether what the rule asks for can be read here at all."""
    if measure is None or any(metric_named(name) is None for name in measure.metrics):
        return False
    return set(rule.labels) <= set(label_names(measure))


# -- windows ------------------------------------------------------------------------------------------------


class Windows:
    """A grid seen through windows of several lengths, one under the other, so that each line is made once.

    Args:
        rows: by the seconds of a window, how many of the last steps are wanted.
    """

    def __init__(self, grid: Grid, rows: Mapping[int, int]) -> None:
        self._slices: dict[int, slice] = {}
        high: list[npt.NDArray[np.int64]] = []
        low: list[npt.NDArray[np.int64]] = []
        for seconds, wanted in rows.items():
            ends = np.arange(max(0, len(grid.starts) - wanted), len(grid.starts)) + 1
            begun = sum(map(len, high))
            self._slices[seconds] = slice(begun, begun + len(ends))
            high.append(ends)
            low.append(np.maximum(ends - max(1, round(seconds / grid.step)), 0))
        self.grid = _moved(grid, np.concatenate(high), np.concatenate(low))
        self._lines: dict[tuple[object, ...], dict[Labels, Floats]] = {}

    def of(self, seconds: int) -> View:
        """What the windows of this length show."""
        return View(self, self._slices[seconds])

    def kept(
        self,
        make: Callable[[Grid, Measure, Labels, Mapping[str, str]], dict[Labels, Floats]],
        measure: Measure,
        by: Labels,
        where: Mapping[str, str],
    ) -> dict[Labels, Floats]:
        key = (make, measure.key, by, tuple(sorted(where.items())))
        if key not in self._lines:
            self._lines[key] = make(self.grid, measure, by, where)
        return self._lines[key]


def _moved(grid: Grid, high: npt.NDArray[np.int64], low: npt.NDArray[np.int64]) -> Grid:
    """The steps from ``low`` to ``high`` together: sums, and of gauges the mean of what was said."""
    said = ~np.isnan(grid.values)
    heaped = _heaped(np.where(said, grid.values, 0.0))
    values = np.maximum(heaped[high] - heaped[low], 0.0)
    gauges = [
        column
        for metric, columns in grid.series.items()
        if isinstance(metric_named(metric), Gauge)
        for column in columns.values()
    ]
    if gauges:
        sums, times = heaped[:, gauges], _heaped(said[:, gauges])
        with np.errstate(invalid="ignore", divide="ignore"):
            values[:, gauges] = (sums[high] - sums[low]) / (times[high] - times[low])
    covered = _heaped(grid.covered)
    # Seconds of open windows are fractions: rounding keeps what cancels out at nought.
    return replace(
        grid, starts=grid.starts[high - 1], covered=np.round(covered[high] - covered[low], 6), values=values
    )


def _heaped(rows: npt.NDArray[np.generic]) -> Floats:
    """Sums of all rows before each, and of all."""
    heaped = np.zeros((len(rows) + 1, *rows.shape[1:]))
    np.cumsum(rows, axis=0, out=heaped[1:])
    return heaped


@dataclass(frozen=True)
class View:
    """The windows of one length; the moments are their ends."""

    windows: Windows
    part: slice

    @property
    def ends(self) -> npt.NDArray[np.int64]:
        return self.windows.grid.starts[self.part] + self.windows.grid.step

    def lines(self, measure: Measure, by: Labels, where: Mapping[str, str]) -> dict[Labels, Floats]:
        return self._cut(self.windows.kept(_lines, measure, by, where))

    def amounts(self, measure: Measure, by: Labels, where: Mapping[str, str]) -> dict[Labels, Floats]:
        return self._cut(self.windows.kept(_amounts, measure, by, where))

    def looks(self) -> Floats:
        """How often the watch looked."""
        counts = self.windows.grid.counts(LOOKS.name).get(())
        return np.zeros(len(self.ends)) if counts is None else np.nan_to_num(counts[self.part])

    def _cut(self, lines: dict[Labels, Floats]) -> dict[Labels, Floats]:
        return {key: line[self.part] for key, line in lines.items()}


def _lines(grid: Grid, measure: Measure, by: Labels, where: Mapping[str, str]) -> dict[Labels, Floats]:
    return measure.lines(grid, by, where)


def _amounts(grid: Grid, measure: Measure, by: Labels, where: Mapping[str, str]) -> dict[Labels, Floats]:
    """How much was recorded: events of counters and histograms; 1 where a gauge was set."""
    limits = {**measure.where, **where}
    kind = metric_named(measure.metric)
    if isinstance(kind, Gauge):
        levels = grid.levels(measure.metric, by, limits)
        return {key: (~np.isnan(level)).astype(np.float64) for key, level in levels.items()}
    if isinstance(kind, Histogram):
        sums = grid.histograms(measure.metric, by, limits)
        return {key: each[:, :-1].sum(axis=1) for key, each in sums.items()}
    return grid.counts(measure.metric, by, limits)


# -- conditions ---------------------------------------------------------------------------------------------


def seen(rule: AlertRule, measure: Measure, now: View, before: View | None = None) -> dict[Labels, Seen]:
    """Each subject of the rule; ``before`` is what was there a week earlier."""
    by, where = split(rule)
    if rule.condition == AlertRule.Condition.ABSENT:
        return _absent(rule, measure, now)
    lines = now.lines(measure, by, where)
    if rule.condition == AlertRule.Condition.CHANGED:
        return {} if before is None else _changed(rule, measure, lines, now, before)
    many = _many(rule, measure, now)
    beyond = np.greater if rule.condition == AlertRule.Condition.ABOVE else np.less
    with np.errstate(invalid="ignore"):
        return {key: Seen(beyond(line, rule.threshold) & many(key), line) for key, line in lines.items()}


def counted(measure: Measure) -> Measure | None:
    """What a figure is taken of, where few of it say nothing: of shares, means and percentiles; else None."""
    whole = measure.over or measure
    if isinstance(metric_named(whole.metric), Gauge):
        return None
    return whole if measure.over or measure.reading not in ("rate", "count") else None


def _many(rule: AlertRule, measure: Measure, now: View) -> Callable[[Labels], Bools]:
    """For each subject, where its figure is of as many events as the rule asks for."""
    whole = counted(measure)
    if whole is None:
        return lambda key: np.ones(len(now.ends), dtype=bool)
    amounts = now.amounts(whole, *split(rule))
    none = np.zeros(len(now.ends))
    return lambda key: np.nan_to_num(amounts.get(key, none)) >= rule.fewest


def _absent(rule: AlertRule, measure: Measure, now: View) -> dict[Labels, Seen]:
    by, where = split(rule)
    lived = now.looks() >= rule.window / _SECONDS_A_LOOK
    unknown = np.full(len(lived), np.nan)
    with np.errstate(invalid="ignore"):
        found = {
            key: Seen(lived & ~(amount > 0), unknown)
            for key, amount in now.amounts(measure, by, where).items()
        }
    # What was never recorded has no series that could tell of it.
    return found or ({} if by else {(): Seen(lived, unknown)})


def _changed(
    rule: AlertRule, measure: Measure, lines: Mapping[Labels, Floats], now: View, before: View
) -> dict[Labels, Seen]:
    by, where = split(rule)
    places = _week_before(now, before)
    earlier = before.lines(measure, by, where)
    enough = _enough(rule, measure, now, before)
    found = {}
    for key, line in lines.items():
        usual = _taken(earlier[key], places) if key in earlier else np.full(len(line), np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            change = np.where(usual > 0, line / usual - 1, np.nan)
            far = change <= rule.threshold if rule.threshold < 0 else change >= rule.threshold
        found[key] = Seen(far & enough.get(key, np.zeros(len(line), dtype=bool)), line, usual)
    return found


def _enough(rule: AlertRule, measure: Measure, now: View, before: View) -> dict[Labels, Bools]:
    """Where there were events enough: on both sides of a share, on one of a rate, which may fall to 0."""
    by, where = split(rule)
    whole = measure.over or measure
    amounts, earlier = now.amounts(whole, by, where), before.amounts(whole, by, where)
    if isinstance(metric_named(whole.metric), Gauge):
        return {key: amount > 0 for key, amount in amounts.items()}
    places = _week_before(now, before)
    merge, least = (np.minimum, max(FEWEST, rule.fewest)) if counted(measure) else (np.fmax, FEWEST)
    with np.errstate(invalid="ignore"):
        return {
            key: merge(amount, _taken(earlier[key], places)) >= least
            for key, amount in amounts.items()
            if key in earlier
        }


def _week_before(now: View, before: View) -> npt.NDArray[np.int64]:
    """The moment of ``before`` that is a week before each of ``now``; -1 where it is not there."""
    places = np.searchsorted(before.ends, now.ends - WEEK)
    step = before.windows.grid.step
    there = (places < len(before.ends)) & (now.ends - WEEK > before.ends[0] - step)
    return np.where(there, places, -1)


def _taken(line: Floats, places: npt.NDArray[np.int64]) -> Floats:
    return np.where(places >= 0, line[places], np.nan)


# -- how long -----------------------------------------------------------------------------------------------


def calm_seconds(rule: AlertRule) -> int:
    """How long the condition has to be false before the alert ends, so that it does not flicker."""
    return max(rule.hold, CALM)


def opens(true: Bools, steps: int) -> bool:
    """Whether the condition held now and for ``steps`` before."""
    return len(true) > steps and bool(true[-steps - 1 :].all())


def ends(true: Bools, steps: int) -> bool:
    """Whether the condition was false now and for ``steps`` before."""
    return not true[-steps - 1 :].any()


def true_for(true: Bools) -> int:
    """How many of the last steps in a row the condition has held."""
    false = np.flatnonzero(~true)
    return len(true) - 1 - int(false[-1]) if len(false) else len(true)


def episodes(true: Bools, hold: int, calm: int) -> list[tuple[int, int]]:
    """The alerts there would have been: the step at which each opens, and that at which it ends (or T)."""
    found: list[tuple[int, int]] = []
    opened = -1
    changes = [0, *(np.flatnonzero(true[1:] != true[:-1]) + 1).tolist(), len(true)]
    for begins, until in pairwise(changes):
        steps = until - begins
        if steps and true[begins] and opened < 0 and steps > hold:
            opened = begins + hold
        elif steps and not true[begins] and opened >= 0 and steps > calm:
            found.append((opened, begins + calm))
            opened = -1
    return [*found, (opened, len(true))] if opened >= 0 else found
