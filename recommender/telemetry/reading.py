"""What all processes recorded: since Redis was empty, and window by window."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from recommender.telemetry.ageing import free
from recommender.telemetry.buffer import BUFFER
from recommender.telemetry.registry import Gauge, Histogram, metric_named
from recommender.telemetry.transport import (
    GAUGES,
    SUMS,
    WINDOW,
    WINDOW_SECONDS,
    WINDOWS,
    connection,
    field_of,
)

#: A metric's name, its label values, and for a histogram the part of it ("" for others).
Series = tuple[str, tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Totals:
    """What was recorded, by metric name and then label values.

    ``counts`` and ``gauges`` hold a number, ``histograms`` the counts by bucket and the sum.
    """

    counts: dict[str, dict[tuple[str, ...], float]] = field(default_factory=dict)
    gauges: dict[str, dict[tuple[str, ...], float]] = field(default_factory=dict)
    histograms: dict[str, dict[tuple[str, ...], list[float]]] = field(default_factory=dict)

    def add(self, series: Series, amount: float) -> None:
        """Put a number where it belongs; one of a metric that this release does not have is left out."""
        name, labels, part = series
        metric = metric_named(name)
        if isinstance(metric, Histogram):
            sums = self.histograms.setdefault(name, {}).setdefault(labels, [0.0] * metric.width)
            sums[metric.place(part)] += amount
        elif isinstance(metric, Gauge):
            self.gauges.setdefault(name, {})[labels] = amount
        elif metric is not None:
            counts = self.counts.setdefault(name, {})
            counts[labels] = counts.get(labels, 0.0) + amount


@dataclass(frozen=True, slots=True)
class Window:
    """What was recorded in the ``WINDOW_SECONDS`` from ``start`` (seconds since 1970)."""

    start: int
    amounts: dict[Series, float]


def read_totals() -> Totals:
    """Sums of all processes, as of what they have sent.

    Raises:
        RedisError: Redis does not answer.
    """
    with connection().client.pipeline(transaction=True) as pipe:
        pipe.hgetall(SUMS)
        pipe.hgetall(GAUGES)
        sums, levels = pipe.execute()
    found = Totals()
    for raw in (sums, levels):
        for name, amount in _amounts(raw).items():
            found.add(name, amount)
    return found


def read_windows() -> tuple[float, list[Window]]:
    """The time by the clock of Redis, and the windows it still has, oldest first; the last may go on.

    Raises:
        RedisError: Redis does not answer.
    """
    client = connection().client
    starts = [int(start) for start in client.zrange(WINDOWS, 0, -1)]
    with client.pipeline(transaction=True) as pipe:
        pipe.time()
        for start in starts:
            pipe.hgetall(f"{WINDOW}{start}")
        (seconds, micros), *contents = pipe.execute()
    windows = [Window(start, _amounts(raw)) for start, raw in zip(starts, contents, strict=True) if raw]
    return seconds + micros / 1e6, windows


def is_over(window: Window, now: float) -> bool:
    """Whether nothing can be added to it any more, by the clock of Redis."""
    return window.start + WINDOW_SECONDS <= now


def drop_windows(starts: Iterable[int]) -> None:
    """Forget windows that are kept elsewhere by now."""
    with connection().client.pipeline(transaction=True) as pipe:
        for start in starts:
            pipe.delete(f"{WINDOW}{start}")
            pipe.zrem(WINDOWS, str(start))
        pipe.execute()


def read_gauge(name: str) -> dict[tuple[str, ...], float]:
    """What a gauge was last set to, by label values.

    Raises:
        RedisError: Redis does not answer.
    """
    found = _amounts(connection().client.hgetall(GAUGES))
    return {labels: value for (metric, labels, _), value in found.items() if metric == name}


def drop_gauge(name: str, gone: Iterable[tuple[str, ...]]) -> None:
    """Say no more of a gauge with these label values: what it was about is gone, and others have room.

    Raises:
        RedisError: Redis does not answer.
    """
    keys = [(name, *labels) for labels in gone]
    for key in keys:
        BUFFER.withdraw(key)
    if keys:
        connection().client.hdel(GAUGES, *map(field_of, keys))
        free(name, [key[1:] for key in keys], read_gauge(name))


def _amounts(raw: dict[bytes, bytes]) -> dict[Series, float]:
    found: dict[Series, float] = {}
    for name, amount in raw.items():
        metric, labels, part = json.loads(name)
        found[metric, tuple(labels), part] = float(amount)
    return found
