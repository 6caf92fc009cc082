"""What a rule finds in the numbers, moment by moment; without database and clock, to be tried in any case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

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


def sliding(grid: Grid, seconds: int) -> Grid:
    """For each step what the ``seconds`` up to its end hold together: sums, and of gauges the mean."""
    steps = max(1, round(seconds / grid.step))
    values = np.empty_like(grid.values)
    for metric, columns in grid.series.items():
        picked = list(columns.values())
        block = grid.values[:, picked]
        if isinstance(metric_named(metric), Gauge):
            said = ~np.isnan(block)
            with np.errstate(invalid="ignore", divide="ignore"):
                values[:, picked] = _moving(np.where(said, block, 0.0), steps) / _moving(said, steps)
        else:
            values[:, picked] = np.maximum(_moving(block, steps), 0.0)
    # Seconds of open windows are fractions: rounding keeps what cancels out at nought.
    return replace(grid, covered=np.round(_moving(grid.covered, steps), 6), values=values)


def _moving(rows: npt.NDArray[np.generic], steps: int) -> Floats:
    heaped: Floats = rows.astype(np.float64).cumsum(axis=0)
    heaped[steps:] = heaped[steps:] - heaped[:-steps]
    return heaped


# -- conditions ---------------------------------------------------------------------------------------------


def seen(rule: AlertRule, measure: Measure, now: Grid, before: Grid | None = None) -> dict[Labels, Seen]:
    """Each subject of the rule; the grids are those of ``sliding``, ``before`` that of a week earlier."""
    by, where = split(rule)
    if rule.condition == AlertRule.Condition.ABSENT:
        return _absent(rule, measure, now, by, where)
    lines = measure.lines(now, by, where)
    if rule.condition == AlertRule.Condition.CHANGED:
        return _changed(rule, measure, lines, now, before)
    with np.errstate(invalid="ignore"):
        if rule.condition == AlertRule.Condition.ABOVE:
            return {key: Seen(line > rule.threshold, line) for key, line in lines.items()}
        return {key: Seen(line < rule.threshold, line) for key, line in lines.items()}


def _absent(
    rule: AlertRule, measure: Measure, now: Grid, by: Labels, where: Mapping[str, str]
) -> dict[Labels, Seen]:
    looks = now.counts(LOOKS.name).get((), np.full(len(now.starts), np.nan))
    with np.errstate(invalid="ignore"):
        lived = looks >= rule.window / _SECONDS_A_LOOK
    unknown = np.full(len(now.starts), np.nan)
    found = {
        key: Seen(lived & ~(amount > 0), unknown)
        for key, amount in _amounts(measure, now, by, {**measure.where, **where}).items()
    }
    # What was never recorded has no series that could tell of it.
    return found or ({} if by else {(): Seen(lived, unknown)})


def _amounts(measure: Measure, grid: Grid, by: Labels, where: Mapping[str, str]) -> dict[Labels, Floats]:
    """How much was recorded: events of counters and histograms; 1 where a gauge was set."""
    kind = metric_named(measure.metric)
    if isinstance(kind, Gauge):
        levels = grid.levels(measure.metric, by, where)
        return {key: (~np.isnan(level)).astype(np.float64) for key, level in levels.items()}
    if isinstance(kind, Histogram):
        sums = grid.histograms(measure.metric, by, where)
        return {key: each[:, :-1].sum(axis=1) for key, each in sums.items()}
    return grid.counts(measure.metric, by, where)


def _changed(
    rule: AlertRule, measure: Measure, lines: Mapping[Labels, Floats], now: Grid, before: Grid | None
) -> dict[Labels, Seen]:
    if before is None:
        return {}
    by, where = split(rule)
    places = _week_before(now, before)
    earlier = measure.lines(before, by, where)
    enough = _enough(measure, now, before, by, where)
    found = {}
    for key, line in lines.items():
        usual = _taken(earlier[key], places) if key in earlier else np.full(len(line), np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            change = np.where(usual > 0, line / usual - 1, np.nan)
            far = change <= rule.threshold if rule.threshold < 0 else change >= rule.threshold
        found[key] = Seen(far & enough.get(key, np.zeros(len(line), dtype=bool)), line, usual)
    return found


def _enough(
    measure: Measure, now: Grid, before: Grid, by: Labels, where: Mapping[str, str]
) -> dict[Labels, Bools]:
    """Where there were events enough: on both sides of a share, on one of a rate, which may fall to 0."""
    whole = measure.over or measure
    limits = {**whole.where, **where}
    if isinstance(metric_named(whole.metric), Gauge):
        some = _amounts(whole, now, by, limits)
        return {key: amount > 0 for key, amount in some.items()}
    counted, earlier = _amounts(whole, now, by, limits), _amounts(whole, before, by, limits)
    places = _week_before(now, before)
    merge = np.fmax if measure.over is None and measure.reading in ("rate", "count") else np.minimum
    with np.errstate(invalid="ignore"):
        return {
            key: merge(amount, _taken(earlier[key], places)) >= FEWEST
            for key, amount in counted.items()
            if key in earlier
        }


def _week_before(now: Grid, before: Grid) -> npt.NDArray[np.int64]:
    """The step of ``before`` that ends a week before each step of ``now``; -1 where it is not there."""
    ends = now.starts + now.step - WEEK
    places = -((before.starts[0] - ends) // before.step) - 1
    return np.where((places >= 0) & (places < len(before.starts)), places, -1)


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
    held = quiet = 0
    opened = -1
    for step, holds in enumerate(true.tolist()):
        held, quiet = (held + 1, 0) if holds else (0, quiet + 1)
        if opened < 0 and held > hold:
            opened = step
        elif opened >= 0 and quiet > calm:
            found.append((opened, step))
            opened = -1
    return [*found, (opened, len(true))] if opened >= 0 else found
