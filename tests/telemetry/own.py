"""Metrics of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from recommender.telemetry import registry as declared
from recommender.telemetry.buffer import BUFFER, SENDER


@contextmanager
def own_metrics() -> Iterator[None]:
    """Metrics declared inside are gone after it, and so is what was recorded."""
    before = dict(declared._METRICS)
    BUFFER.forget()
    yield
    BUFFER.forget()
    SENDER._unsent = None
    declared._METRICS.clear()
    declared._METRICS.update(before)
