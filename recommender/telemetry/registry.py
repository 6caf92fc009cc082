"""The metrics there are: name, kind, meaning and labels, each declared once, beside the code that records it.

Labels are bounded: a label either lists its values or says how many it may take. A value beyond that is
counted under ``OTHER``, so that no input of a user makes memory grow. That bounds what a process holds; where
all processes meet, ``room`` bounds it again.
"""

from __future__ import annotations

import bisect
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from recommender.telemetry.buffer import BUFFER, Key

OTHER = "(other)"
#: Seconds after which a process that has no room for a new value forgets which ones it has seen: those that
#: are still in use come back by themselves.
RENEWED_SECONDS = 86_400.0
#: Names of a histogram's count above the last bound, and of its sum.
ABOVE, SUM = "+Inf", "sum"
#: Seconds; three a decade and finer where pages lie.
LATENCY_BUCKETS = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Label:
    """A label's name with the values it may take (None: any, up to ``most`` of them)."""

    name: str
    values: frozenset[str] | None = None
    most: int = 100


@dataclass(eq=False)
class Metric:
    """One measure; ``name`` is what Prometheus calls it."""

    name: str
    help: str
    labels: tuple[Label, ...] = ()
    #: "" where it counts; else seconds, bytes, ratio
    unit: str = ""
    _keys: dict[tuple[str, ...], Key] = field(default_factory=dict, repr=False)
    _seen: tuple[set[str], ...] = field(default=(), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    #: since when values are remembered
    _began: float = field(default_factory=time.monotonic, repr=False)

    kind = "metric"

    def __post_init__(self) -> None:
        self._seen = tuple(set() for _ in self.labels)

    @property
    def label_names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)

    def key(self, values: tuple[str, ...]) -> Key:
        """The key under which these label values are added up."""
        key = self._keys.get(values)
        return key if key is not None else self._admit(values)

    def _admit(self, values: tuple[str, ...]) -> Key:
        if len(values) != len(self.labels):
            raise ValueError(f"{self.name} has the labels {self.label_names}, not {len(values)} values.")
        with self._lock:
            if self._overflows(values) and time.monotonic() - self._began >= RENEWED_SECONDS:
                self._begin_anew()
            admitted = tuple(
                self._admitted(label, seen, value)
                for label, seen, value in zip(self.labels, self._seen, values, strict=True)
            )
            key = (self.name, *admitted)
            if admitted == values:  # what became OTHER is not remembered: there may be a million of it
                self._keys[values] = key
            return key

    def _overflows(self, values: tuple[str, ...]) -> bool:
        return any(
            label.values is None and value not in seen and len(seen) >= label.most
            for label, seen, value in zip(self.labels, self._seen, values, strict=True)
        )

    def _begin_anew(self) -> None:
        self._began = time.monotonic()
        self._keys.clear()
        for seen in self._seen:
            seen.clear()

    def forget(self, gone: Iterable[tuple[str, ...]]) -> None:
        """Free the places of label values that are no longer told, as far as nothing else here has them."""
        with self._lock:
            for values in gone:
                self._keys.pop(values, None)
            for place, seen in enumerate(self._seen):
                seen.intersection_update([values[place] for values in self._keys])

    @staticmethod
    def _admitted(label: Label, seen: set[str], value: str) -> str:
        if label.values is not None:
            return value if value in label.values else OTHER
        if value not in seen:
            if len(seen) >= label.most:
                return OTHER
            seen.add(value)
        return value


class Counter(Metric):
    """Something that only grows."""

    kind = "counter"

    def add(self, amount: float = 1.0, *values: str) -> None:
        BUFFER.add(self.key(values), amount)


class Gauge(Metric):
    """Something that is as it is; the last word counts, whichever process said it."""

    kind = "gauge"

    def set(self, value: float, *values: str) -> None:
        BUFFER.put(self.key(values), value)


class Histogram(Metric):
    """How often values fell between bounds, and their sum."""

    kind = "histogram"
    buckets: tuple[float, ...] = LATENCY_BUCKETS

    @property
    def width(self) -> int:
        """Counts up to each bound (not cumulative), the count above the last, the sum."""
        return len(self.buckets) + 2

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of those sums where they are kept."""
        return (*map(repr, self.buckets), ABOVE, SUM)

    def place(self, part: str) -> int:
        """Where a sum called ``part`` belongs; one of a former bound counts under the next bound there is."""
        return -1 if part == SUM else bisect.bisect_left(self.buckets, float(part))

    def observe(self, value: float, *values: str) -> None:
        BUFFER.observe(self.key(values), bisect.bisect_left(self.buckets, value), value, self.width)

    def observer(self, *values: str) -> Callable[[float], None]:
        """``observe`` with these label values: a fifth quicker, for what happens many times a request."""
        key, buckets, width = self.key(values), self.buckets, self.width

        def observe(value: float) -> None:
            BUFFER.observe(key, bisect.bisect_left(buckets, value), value, width)

        return observe


# -- declaring ------------------------------------------------------------------------------------------

_METRICS: dict[str, Metric] = {}
_Kind = TypeVar("_Kind", bound=Metric)
#: what a label may be declared by: its values, or how many there may be
Allowed = Iterable[str] | int


def counter(name: str, help_text: str, /, *, unit: str = "", **labels: Allowed) -> Counter:
    return _declare(Counter(name, help_text, _labels(labels), unit))


def gauge(name: str, help_text: str, /, *, unit: str = "", **labels: Allowed) -> Gauge:
    return _declare(Gauge(name, help_text, _labels(labels), unit))


def histogram(
    name: str, help_text: str, /, *, unit: str = "seconds", buckets: tuple[float, ...] = LATENCY_BUCKETS,
    **labels: Allowed,
) -> Histogram:  # fmt: skip
    metric = Histogram(name, help_text, _labels(labels), unit)
    metric.buckets = buckets
    return _declare(metric)


def metric_named(name: str) -> Metric | None:
    return _METRICS.get(name)


def metrics() -> list[Metric]:
    """All that are declared in this process, by name."""
    return [_METRICS[name] for name in sorted(_METRICS)]


def _labels(declared: dict[str, Allowed]) -> tuple[Label, ...]:
    return tuple(
        Label(name, most=allowed) if isinstance(allowed, int) else Label(name, frozenset(allowed))
        for name, allowed in declared.items()
    )


def _declare(metric: _Kind) -> _Kind:
    if metric.name in _METRICS:
        raise ValueError(f"The metric {metric.name} is declared twice.")
    _METRICS[metric.name] = metric
    return metric
