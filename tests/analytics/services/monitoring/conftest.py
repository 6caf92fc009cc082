"""Metrics of a test's own, and windows with a start that it chooses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from analytics.services.monitoring import measures as known
from recommender.telemetry import Counter, Gauge, Histogram
from recommender.telemetry import registry as declared
from recommender.telemetry.transport import WINDOW, WINDOWS
from tests.telemetry.own import own_metrics

Recorded = Callable[..., None]


@pytest.fixture(autouse=True)
def _own_metrics(redis_server: Any) -> Iterator[None]:
    """Metrics and measures declared in a test are gone after it, and so is what was recorded."""
    measured = dict(known._MEASURES)
    with own_metrics():
        yield
    known._MEASURES.clear()
    known._MEASURES.update(measured)


@pytest.fixture
def clicks() -> Counter:
    return declared.counter("test_clicks_total", "Clicks.", button=5)


@pytest.fixture
def level() -> Gauge:
    return declared.gauge("test_level", "Level.", tank=5)


@pytest.fixture
def seconds() -> Histogram:
    return declared.histogram("test_seconds", "Seconds.", buckets=(0.1, 1.0, 10.0), kind=5)


@pytest.fixture
def recorded(redis_server: Any) -> Recorded:
    """Puts a number into the window that began at a moment, as the script in Redis does."""

    def record(start: int, metric: str, labels: tuple[str, ...], amount: float, part: str = "") -> None:
        name = json.dumps((metric, labels, part), separators=(",", ":"))
        redis_server.zadd(WINDOWS, {str(start): start})
        redis_server.hset(f"{WINDOW}{start}", name, repr(float(amount)))

    return record
