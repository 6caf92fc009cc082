"""How often a rule would have fired, from the history that is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analytics.models import AlertRule
from analytics.services.monitoring.grid import Labels, read_grid
from analytics.services.monitoring.measures import Measure, measure_named
from analytics.services.monitoring.minutes import HOUR
from analytics.services.monitoring.rules_decide import (
    WEEK,
    Bools,
    Seen,
    View,
    Windows,
    calm_seconds,
    episodes,
    is_measured,
    label_names,
    seen,
)
from analytics.services.monitoring.rules_seen import LOOKS
from analytics.services.monitoring.store import known_series
from recommender.telemetry import metric_named

DAYS = 7
_MINUTE = 60
#: Seconds that are tried at once, which bounds what is held in memory.
_CHUNK = 86_400
#: Seconds before it that are read for a window; no form offers a longer one.
_LONGEST_LEAD = 43_200
_MOST_SUBJECTS = 200
_MOST_VALUES = 12


@dataclass(frozen=True)
class Preview:
    """What a rule would have done.

    Attributes:
        times: alerts it would have raised.
        value: the measure now, the highest of all subjects; None if not known.
        labels: that the rule may be limited to, each with some of its values.
    """

    times: int
    value: float | None
    labels: dict[str, list[str]]


def preview(rule: AlertRule, now: float) -> Preview | None:
    """Try the rule on the last days; None for a measure that is not measured here."""
    measure = measure_named(rule.measure)
    if measure is None or not is_measured(rule, measure):
        return None
    steps = DAYS * 86_400 // _MINUTE
    true: dict[Labels, Bools] = {}
    last: dict[Labels, Seen] = {}
    for place, last in _chunks(rule, measure, now):
        for key, one in last.items():
            if key in true or len(true) < _MOST_SUBJECTS:
                line = true.setdefault(key, np.zeros(steps, dtype=bool))
                line[place : place + len(one.true)] = one.true
    hold, calm = -(-rule.hold // _MINUTE), -(-calm_seconds(rule) // _MINUTE)
    times = sum(len(episodes(line, hold, calm)) for line in true.values())
    values = [float(one.value[-1]) for one in last.values() if np.isfinite(one.value[-1])]
    return Preview(times, max(values, default=None), known_labels(measure))


def _chunks(rule: AlertRule, measure: Measure, now: float) -> Iterator[tuple[int, dict[Labels, Seen]]]:
    """The rule's subjects chunk by chunk in steps of a minute, each with its place among all steps."""
    last = int(now) // _MINUTE * _MINUTE
    first = last - DAYS * 86_400
    # Parts begin with an hour, because whole hours are read fastest.
    edges = [first, *range(first // HOUR * HOUR + _CHUNK, last, _CHUNK), last]
    for start, end in pairwise(edges):
        changes = rule.condition == AlertRule.Condition.CHANGED
        before = _window(rule, measure, start - WEEK, end - WEEK) if changes else None
        yield (start - first) // _MINUTE, seen(rule, measure, _window(rule, measure, start, end), before)


def _window(rule: AlertRule, measure: Measure, start: int, end: int) -> View:
    """The rule's window at the end of each minute between two moments, seconds since 1970."""
    begin = (start - min(rule.window + _MINUTE, _LONGEST_LEAD)) // HOUR * HOUR
    metrics, labels = measure.metrics | {LOOKS.name}, _labels(rule, measure)
    grid = read_grid(metrics, begin, end, live=False, step=_MINUTE, labels=labels)
    return Windows(grid, {rule.window: (end - start) // _MINUTE}).of(rule.window)


def _labels(rule: AlertRule, measure: Measure) -> set[str]:
    """Those that the rule or its measure asks for."""
    names, one = set(rule.labels), measure
    while one is not None:
        names |= set(one.where)
        one = one.over
    return names


def known_labels(measure: Measure) -> dict[str, list[str]]:
    """Each label that a rule may name, with some of the values that were ever recorded."""
    kind = metric_named(measure.metric)
    found: dict[str, set[str]] = {name: set() for name in label_names(measure)}
    for metric, labels, _ in known_series():
        if metric == measure.metric:
            for name, value in zip(kind.label_names if kind else (), labels, strict=False):
                if name in found:
                    found[name].add(value)
    return {name: sorted(values)[:_MOST_VALUES] for name, values in found.items()}
