"""The measures that pages draw and rules watch: a name, a unit, and how each is made of what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.services.monitoring.grid import Floats, Grid, Labels, quantile, read_grid
from recommender.telemetry import Histogram, metric_named

#: How a line is made of one metric: (grid, metric, by, where) to a (T,) line for each value of ``by``.
Reading = Callable[[Grid, str, Labels, Mapping[str, str]], dict[Labels, Floats]]


def _rate(grid: Grid, metric: str, by: Labels, where: Mapping[str, str]) -> dict[Labels, Floats]:
    return grid.rates(metric, by, where)


def _count(grid: Grid, metric: str, by: Labels, where: Mapping[str, str]) -> dict[Labels, Floats]:
    return grid.counts(metric, by, where)


def _level(grid: Grid, metric: str, by: Labels, where: Mapping[str, str]) -> dict[Labels, Floats]:
    return grid.levels(metric, by, where)


def _mean(grid: Grid, metric: str, by: Labels, where: Mapping[str, str]) -> dict[Labels, Floats]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            key: sums[:, -1] / sums[:, :-1].sum(axis=1)
            for key, sums in grid.histograms(metric, by, where).items()
        }


def _quantile(share: float) -> Reading:
    def read(grid: Grid, metric: str, by: Labels, where: Mapping[str, str]) -> dict[Labels, Floats]:
        kind = metric_named(metric)
        assert isinstance(kind, Histogram), metric
        sums = grid.histograms(metric, by, where)
        return {key: quantile(each, kind.buckets, share) for key, each in sums.items()}

    return read


READINGS: dict[str, Reading] = {
    "rate": _rate,
    "count": _count,
    "level": _level,
    "mean": _mean,
    "p50": _quantile(0.5),
    "p95": _quantile(0.95),
    "p99": _quantile(0.99),
}


@dataclass(frozen=True)
class Measure:
    """Something with a unit that changes in time.

    Attributes:
        key: what rules and addresses call it.
        title: what people call it.
        unit: "/s", "s", "bytes", "ratio", "count".
        metric: what it is made of.
        reading: how, a key of ``READINGS``.
        by: labels that give a line for each value.
        where: label values it is limited to; "5*" is every value that begins so.
        over: another measure of the same labels that it is divided by, as failed answers by all.
    """

    key: str
    title: str | Promise
    unit: str
    metric: str
    reading: str
    by: Labels = ()
    where: Mapping[str, str] = field(default_factory=dict)
    over: Measure | None = None

    @property
    def metrics(self) -> set[str]:
        return {self.metric} | (self.over.metrics if self.over else set())

    def lines(
        self, grid: Grid, by: Labels | None = None, where: Mapping[str, str] | None = None
    ) -> dict[Labels, Floats]:
        """A (T,) line for each value of ``by`` (as declared, unless given); NaN where nothing is known."""
        by = self.by if by is None else by
        found = READINGS[self.reading](grid, self.metric, by, {**self.where, **(where or {})})
        if self.over is None:
            return found
        whole = self.over.lines(grid, by, where)
        none = np.zeros(len(grid.starts))
        with np.errstate(invalid="ignore", divide="ignore"):
            # Where nothing failed there is no line of failures, but a share of nought.
            return {key: found.get(key, none) / total for key, total in whole.items()}

    def weights(self, grid: Grid) -> dict[Labels, float]:
        """How much each line amounts to in all: of what is timed, the whole time that it took."""
        return grid.weights(self.metric, self.by, self.where)


_MEASURES: dict[str, Measure] = {}


def measure(
    key: str, title: str | Promise, unit: str, metric: str, reading: str, *, by: Labels = (),
    where: Mapping[str, str] | None = None, over: str = "",
) -> Measure:  # fmt: skip
    """Declare a measure; ``over`` is the key of another."""
    if key in _MEASURES:
        raise ValueError(f"The measure {key} is declared twice.")
    made = Measure(key, title, unit, metric, reading, by, where or {}, _MEASURES[over] if over else None)
    _MEASURES[key] = made
    return made


def measures() -> list[Measure]:
    """All that are declared, in the order of their declaration."""
    return list(_MEASURES.values())


def measure_named(key: str) -> Measure | None:
    return _MEASURES.get(key)


def read(wanted: Iterable[Measure], start: float, end: float, **how: Any) -> Grid:
    """One look at the database for several measures."""
    return read_grid({name for one in wanted for name in one.metrics}, start, end, **how)


# -- web and tasks; other parts of the site declare theirs in modules beside this one

_WEB = "django_http_responses_total_by_status_view_method_total"
_LATENCY = "django_http_requests_latency_seconds_by_view_method"
measure("web.requests", _("Answers"), "/s", _WEB, "rate")
measure(
    "web.errors",
    _("Share of failed answers"),
    "ratio",
    _WEB,
    "rate",
    where={"status": "5*"},
    over="web.requests",
)
measure("web.requests_by_route", _("Answers by page"), "/s", _WEB, "rate", by=("view",))
measure("web.answers_by_status", _("Answers by status"), "/s", _WEB, "rate", by=("status",))
measure("web.p50", _("Time to answer, median"), "s", _LATENCY, "p50")
measure("web.p95", _("Time to answer, 95th percentile"), "s", _LATENCY, "p95")
measure("web.p99", _("Time to answer, 99th percentile"), "s", _LATENCY, "p99")
measure("web.p95_by_route", _("Time to answer by page, 95th percentile"), "s", _LATENCY, "p95", by=("view",))
measure("tasks.succeeded", _("Tasks done"), "/s", "celery_task_succeeded_total", "rate")
measure("tasks.failed", _("Tasks failed"), "/s", "celery_task_failed_total", "rate")
measure(
    "tasks.failed_by_name", _("Tasks failed, by task"), "/s", "celery_task_failed_total", "rate", by=("name",)
)
measure(
    "tasks.p95_by_name",
    _("Run time by task, 95th percentile"),
    "s",
    "celery_task_runtime",
    "p95",
    by=("name",),
)
