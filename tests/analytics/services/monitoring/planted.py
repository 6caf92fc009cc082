"""History that a test makes up, and measures of its own."""

from __future__ import annotations

from collections.abc import Mapping

from analytics.models import AlertRule, TelemetryRollup
from analytics.services.monitoring.packing import pack
from analytics.services.monitoring.rules_decide import LOOKS
from analytics.services.monitoring.store import series_ids
from recommender.telemetry import Series

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
