"""History that a test makes up, and measures of its own."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from analytics.models import AlertRule, Incident, TelemetryRollup
from analytics.services.monitoring.measures import measure
from analytics.services.monitoring.packing import pack
from analytics.services.monitoring.rules_seen import LOOKS
from analytics.services.monitoring.store import series_ids
from recommender.models.telling import translated_json
from recommender.telemetry import Counter, Gauge, Histogram, Series

#: a full hour, some hours ago: history of this age is kept by ten seconds
NOW = int(time.time()) // 3600 * 3600 - 4 * 3600
LIKE: Series = ("test_clicks_total", ("like",), "")
SKIP: Series = ("test_clicks_total", ("skip",), "")
LOOKED: Series = (LOOKS.name, (), "")


def plant(start: float, end: float, amounts: Mapping[Series, float], grain: int = 10) -> None:
    """The same numbers in each window of ``grain`` seconds between two moments."""
    ids = series_ids(amounts)
    payload = pack({ids[one]: amount for one, amount in amounts.items()})
    TelemetryRollup.objects.bulk_create(
        [TelemetryRollup(grain=grain, start=at, payload=payload) for at in range(int(start), int(end), grain)]
    )


def rule(**given: object) -> AlertRule:
    """A rule on clicks, as far as the test does not say otherwise."""
    return AlertRule.objects.create(
        **{"name": "Clicks", "measure": "test.clicks", "threshold": 1.0, "window": 60} | given
    )


@pytest.fixture(autouse=True)
def _own_rules_alone(db: None, clicks: Counter, level: Gauge, seconds: Histogram) -> None:
    AlertRule.objects.all().delete()
    measure("test.clicks", "Clicks", "/s", "test_clicks_total", "rate")
    measure("test.level", "Level", "bytes", "test_level", "level")
    measure("test.p95", "Time", "s", "test_seconds", "p95")
    measure(
        "test.likes",
        "Likes",
        "ratio",
        "test_clicks_total",
        "rate",
        where={"button": "like"},
        over="test.clicks",
    )


def standing() -> list[str]:
    return sorted(Incident.objects.standing().values_list("subject", flat=True))


def words() -> str:
    return translated_json(Incident.objects.standing().get().reason)
