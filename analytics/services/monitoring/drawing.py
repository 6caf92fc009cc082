"""Measures as lines to draw: grouped, limited to what a person can tell apart, compared with before."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.services.monitoring.grid import OTHERS, Floats, Grid, Labels, step_for
from analytics.services.monitoring.measures import Measure, measures, read
from analytics.services.monitoring.store import known_series

#: Lines of one measure that are told apart; all beyond them are one more.
MOST_LINES = 8
DIGITS = 4
_TASTE = ("unplaced", "coverage", "novelty", "repetition")
#: Groups in the order of the page, with what the keys of their measures begin with beside their own name.
GROUPS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "web": (_("Web"), ()),
    "tasks": (_("Tasks"), ("periodic",)),
    "queues": (_("Queues and workers"), ("workers",)),
    "recommender": (_("Recommendations"), ("feed", "search", "shown", "click_rate", "save_rate", *_TASTE)),
    "pipeline": (_("Pipeline"), ("media", "imports", "encode")),
    "encoder": (_("Encoder"), ("gpu", "query_encode")),
    "index": (_("Index"), ()),
    "data": (_("Data"), ("drift",)),
    "system": (_("System"), ("database", "lights")),
}
_GROUP_OF = {prefix: name for name, (_title, more) in GROUPS.items() for prefix in (name, *more)}
#: Seconds of the ranges that are offered, by what addresses call them.
RANGES = {
    "15m": 900,
    "1h": 3600,
    "6h": 6 * 3600,
    "1d": 86_400,
    "7d": 7 * 86_400,
    "30d": 30 * 86_400,
    "90d": 90 * 86_400,
}
#: Seconds that a comparison lies back; None is as long as the range itself.
COMPARISONS: dict[str, int | None] = {"previous": None, "day": 86_400, "week": 7 * 86_400}
_LONGEST = 400 * 86_400

#: Label values that are told apart, by key of the measure.
Kept = Mapping[str, frozenset[Labels]]


@dataclass(frozen=True)
class Group:
    """Measures that belong together; ``kept`` are those of which anything was ever recorded."""

    name: str
    title: str | Promise
    measures: list[Measure]
    kept: list[Measure]


def groups() -> list[Group]:
    """All measures, by what their keys begin with; a beginning that no group has makes one of its own."""
    found: dict[str, list[Measure]] = {name: [] for name in GROUPS}
    for one in measures():
        prefix = one.key.partition(".")[0]
        found.setdefault(_GROUP_OF.get(prefix, prefix), []).append(one)
    recorded = {metric for metric, _labels, _part in known_series()}
    return [
        Group(
            name,
            GROUPS[name][0] if name in GROUPS else name,
            some,
            [one for one in some if one.metrics & recorded],
        )
        for name, some in found.items()
    ]


@dataclass(frozen=True)
class Span:
    """From when to when (seconds since 1970) in which steps, and how far back it is compared; 0 is not."""

    start: float
    end: float
    step: int
    back: int = 0

    @classmethod
    def chosen(cls, start: float, end: float, comparison: str = "") -> Span:
        """Steps as fine as is kept for both the span and what it is compared with.

        Raises:
            ValueError: it has no length, or is longer than anything is kept.
        """
        if not 0 < end - start <= _LONGEST:
            raise ValueError("A span ends after it begins.")
        step = step_for(start, end)
        if comparison not in COMPARISONS:
            return cls(start, end, step)
        back = COMPARISONS[comparison] or math.ceil(end - start)
        step = max(step, step_for(start - back, end - back))
        return cls(start, end, step, math.ceil(back / step) * step)

    def since(self, moment: float) -> Span:
        """The end of it from ``moment`` on, in the same steps.

        Raises:
            ValueError: it is no moment.
        """
        if not math.isfinite(moment):
            raise ValueError("A span begins at some moment.")
        return Span(min(max(moment, self.start), math.nextafter(self.end, 0)), self.end, self.step, self.back)


@dataclass(frozen=True)
class Drawing:
    """Lines by key of the measure, each with as many values as there are steps."""

    start: int
    step: int
    count: int
    now: float
    charts: Mapping[str, list[dict[str, Any]]] = field(repr=False)

    @property
    def kept(self) -> Kept:
        """What is told apart in the charts that could not show all."""
        return {
            key: frozenset(line["labels"] for line in lines if line["labels"] is not None)
            for key, lines in self.charts.items()
            if any(line["labels"] is None for line in lines)
        }

    def as_json(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "step": self.step,
            "count": self.count,
            "now": round(self.now, 3),
            "charts": self.charts,
        }


def draw(wanted: Iterable[Measure], span: Span, kept: Kept | None = None) -> Drawing:
    """Read the lines of some measures.

    Args:
        kept: which label values to tell apart, so that an update tells apart what the page does; of a
            measure that is not in it, those that amount to most are chosen.
    """
    asked = list(wanted)
    now = time.time()
    grid = read(asked, span.start, span.end, step=span.step)
    before = None
    if span.back:
        # Redis has an hour at most of what has not been moved to the database.
        live = now - (span.end - span.back) < 3600
        before = read(asked, span.start - span.back, span.end - span.back, step=span.step, live=live)
    return Drawing(
        int(grid.starts[0]),
        grid.step,
        len(grid.starts),
        now,
        {one.key: _lines(one, grid, before, (kept or {}).get(one.key)) for one in asked},
    )


def _lines(
    one: Measure, grid: Grid, before: Grid | None, kept: frozenset[Labels] | None
) -> list[dict[str, Any]]:
    kept = heaviest(one, grid) if kept is None else kept
    if kept is not None:
        grid, before = grid.keeping(kept), before.keeping(kept) if before else None
    found = one.lines(grid)
    earlier = one.lines(before) if before else {}
    lines = []
    for labels in sorted({**found, **earlier}, key=lambda each: (each == OTHERS, each)):
        line: dict[str, Any] = {"labels": None if labels == OTHERS else labels}
        line["now"] = short(found[labels]) if labels in found else [None] * len(grid.starts)
        if labels in earlier:
            line["before"] = short(earlier[labels])
        lines.append(line)
    return lines


def heaviest(one: Measure, grid: Grid) -> frozenset[Labels] | None:
    """The label values that amount to most, where there are too many to draw; None where there are not."""
    if not one.by:
        return None
    weights = one.weights(grid)
    if len(weights) <= MOST_LINES:
        return None
    ordered = sorted(weights, key=lambda labels: (-weights[labels], labels))[:MOST_LINES]
    # What did not happen in this time needs no line of its own, unless that is true of all.
    return frozenset([labels for labels in ordered if weights[labels]] or ordered)


def short(values: Floats) -> list[float | None]:
    """``DIGITS`` significant digits, which is less to send; None for what is unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.floor(np.log10(np.abs(values)))
    shift = np.where(np.isfinite(size), DIGITS - 1 - size, 0.0)
    # Multiplied and divided by whole powers of ten, which floats hold exactly, or a digit would be off.
    up, down = 10.0 ** np.clip(shift, 0, 300), 10.0 ** np.clip(-shift, 0, 300)
    rounded = np.round(values * up / down) / up * down
    found = rounded.tolist()
    return found if np.isfinite(rounded).all() else [one if math.isfinite(one) else None for one in found]
