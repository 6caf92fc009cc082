"""Months of what a site measures: every metric that is declared, under the labels that the site has.

Counts are drawn as a site under load would have them: few routes and tasks are busy, most are seldom, and all
follow the time of day. Each grain is filled as far back as the site keeps it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

_BATCH = 500


@dataclass(frozen=True)
class World:
    """Series with how often they happen.

    Attributes:
        ids: of the series, (S,), ascending.
        rates: a second, (S,); 0 for gauges and sums.
        levels: about which gauges are, (S,); 0 for others.
        sums: of a histogram's sum, how often its values happen a second, (S,); 0 for others.
    """

    ids: np.ndarray
    rates: np.ndarray
    levels: np.ndarray
    sums: np.ndarray

    def window(self, rng: np.random.Generator, start: int, seconds: int) -> dict[int, float]:
        """What was recorded in ``seconds`` from ``start``; what did not happen is not in it."""
        rhythm = 0.65 + 0.35 * np.sin(2 * np.pi * (start % 86_400) / 86_400)
        amounts = rng.poisson(self.rates * rhythm * seconds).astype(float)
        summed = self.sums > 0
        # A sum is of as many as happened, each of them about the mean: full floats, which compress badly.
        happened = rng.poisson(self.sums[summed] * rhythm * seconds)
        amounts[summed] = happened * 0.05 * rng.gamma(4.0, 0.25, summed.sum())
        gauges = self.levels > 0
        amounts[gauges] = self.levels[gauges] * rng.gamma(50.0, 0.02, gauges.sum())
        there = amounts > 0
        return dict(zip(self.ids[there].tolist(), amounts[there].tolist(), strict=True))


def fill(*, active: int = 400, known: int = 1500, seed: int = 5, now: float | None = None) -> dict[str, Any]:
    """Fill the empty history of this process's settings up to a minute ago; what there is then.

    Args:
        active: series in 10 seconds at the mean of a day.
        known: series in all.
    """
    from django.db import connection

    from analytics.models import TelemetryRollup
    from analytics.services.monitoring.minutes import forget_old, write_missing
    from analytics.services.monitoring.packing import pack
    from analytics.services.monitoring.store import GRAINS

    rng = np.random.default_rng(seed)
    world = _world(rng, active, known)
    end = int((time.time() if now is None else now) - 60) // 3600 * 3600
    rows: dict[str, Any] = {"series": len(world.ids)}
    for grain, kept in GRAINS.items():
        starts = range((end - kept) // grain * grain, int(time.time() - 60) // grain * grain, grain)
        seen = []
        for some in _batched(starts):
            windows = [world.window(rng, start, grain) for start in some]
            seen += [len(one) for one in windows]
            TelemetryRollup.objects.bulk_create(
                [
                    TelemetryRollup(grain=grain, start=start, payload=pack(one))
                    for start, one in zip(some, windows, strict=True)
                ]
            )
        rows[f"rows of {grain} s"] = len(seen)
        rows[f"series in {grain} s"] = float(np.mean(seen))
    rows["hours by metric"] = write_missing(end, most=1_000)
    forget_old(end)
    with connection.cursor() as cursor:  # a site in service writes into the room of what it removes
        cursor.execute("VACUUM" if connection.vendor == "sqlite" else "VACUUM FULL")
    return rows


def _batched(starts: range) -> Iterator[range]:
    for first in range(0, len(starts), _BATCH):
        yield starts[first : first + _BATCH]


def _world(rng: np.random.Generator, active: int, known: int) -> World:
    from analytics.services.monitoring.store import series_ids

    series: list[tuple[Any, float, float, float]] = []
    for metric, labels in _chosen(rng, known):
        series += _series(rng, metric, labels)
    ids = series_ids([one for one, *_ in series])
    series.sort(key=lambda one: ids[one[0]])
    rates, levels, sums = (np.array([one[place] for one in series]) for place in (1, 2, 3))
    steady = int((levels > 0).sum())
    scale = _scaled(np.where(sums > 0, sums, rates), active - steady)
    return World(np.array([ids[one[0]] for one in series]), rates * scale, levels, sums * scale)


def _scaled(rates: np.ndarray, active: int) -> float:
    """By what to multiply rates, so that as many series as wanted happen in 10 seconds."""
    low, high = 1e-9, 1e9
    for _ in range(80):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if (1 - np.exp(-10 * middle * rates)).sum() < active else (low, middle)
    return low


def _chosen(rng: np.random.Generator, known: int) -> list[tuple[Any, tuple[str, ...]]]:
    """Metrics with label values, each metric's fair part of the series that are wanted."""
    import mmsite.measure  # noqa: F401 (the metrics of the web processes)
    from recommender.telemetry import metrics

    every = {metric.name: (metric, _combinations(rng, metric)) for metric in metrics()}
    widths = {name: _width(metric) for name, (metric, _) in every.items()}
    turns = itertools.zip_longest(*([(metric, one) for one in some] for metric, some in every.values()))
    chosen, size = [], 0
    for metric, labels in (each for turn in turns for each in turn if each):
        if size + widths[metric.name] <= known or not any(metric is one for one, _ in chosen):
            chosen.append((metric, labels))
            size += widths[metric.name]
    return chosen


def _width(metric: Any) -> int:
    from recommender.telemetry import Histogram

    return 8 if isinstance(metric, Histogram) else 1


def _combinations(rng: np.random.Generator, metric: Any) -> list[tuple[str, ...]]:
    """Values for its labels, in an order that begins with many different ones."""
    values = [_values(label) for label in metric.labels]
    found = sorted({tuple(str(rng.choice(some)) for some in values) for _ in range(400)})
    return [found[at] for at in rng.permutation(len(found))]


def _values(label: Any) -> list[str]:
    from django.urls import get_resolver

    from mmsite.celery import app

    if label.name == "view":
        return sorted(str(name) for name in get_resolver().reverse_dict if isinstance(name, str))
    if label.name == "status":
        return ["200", "204", "302", "304", "403", "404", "500"]
    if label.name == "name":
        app.loader.import_default_modules()
        return sorted(name for name in app.tasks if not name.startswith("celery."))
    if label.values is not None:
        return sorted(label.values)[:20]
    return [f"{label.name} {number}" for number in range(min(label.most, 12))]


def _series(
    rng: np.random.Generator, metric: Any, labels: tuple[str, ...]
) -> list[tuple[Any, float, float, float]]:
    """(series, rate, level, rate of the whole for a sum) of a metric under some labels."""
    from recommender.telemetry import Gauge, Histogram

    rate = float(rng.pareto(0.9)) + 0.01
    if isinstance(metric, Gauge):
        return [((metric.name, labels, ""), 0.0, float(rng.gamma(2.0, 50.0)) + 1, 0.0)]
    if not isinstance(metric, Histogram):
        return [((metric.name, labels, ""), rate, 0.0, 0.0)]
    middle = rng.integers(2, max(3, len(metric.buckets) - 4))
    parts = metric.parts[middle - 2 : middle + 5]
    shares = rng.dirichlet(np.array([0.5, 2, 4, 3, 1.5, 0.7, 0.3][: len(parts)]))
    spread = [
        ((metric.name, labels, part), rate * share, 0.0, 0.0)
        for part, share in zip(parts, shares, strict=True)
    ]
    return [*spread, ((metric.name, labels, "sum"), 0.0, 0.0, rate)]
