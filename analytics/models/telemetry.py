"""History of what was measured: series with a number each, and what they were in each stretch of time."""

from __future__ import annotations

from typing import Self

from django.db import models


class TelemetrySeries(models.Model):
    """A metric with its label values and, for a histogram, one of its sums; labels bound their number."""

    metric = models.CharField(max_length=100)
    #: the label values as a JSON list
    labels = models.CharField(max_length=400)
    #: "" or what ``Histogram.parts`` calls the sum
    part = models.CharField(max_length=12, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["metric", "labels", "part"], name="telemetry_series_once")
        ]

    def __str__(self) -> str:
        return f"{self.metric}{self.labels}{self.part}"


class TelemetryRollupQuerySet(models.QuerySet["TelemetryRollup"]):
    def between(self, grain: int, start: int, end: int) -> Self:
        return self.filter(grain=grain, start__gte=start, start__lt=end).order_by("start")


class TelemetryRollup(models.Model):
    """Everything measured in the ``grain`` seconds from ``start`` (seconds since 1970).

    ``payload`` is what ``analytics.services.monitoring.packing`` makes of the numbers by series.
    """

    grain = models.PositiveSmallIntegerField()
    start = models.PositiveBigIntegerField()
    payload = models.BinaryField()

    objects = TelemetryRollupQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grain", "start"], name="telemetry_rollup_once")]

    def __str__(self) -> str:
        return f"{self.grain} s from {self.start}"


class TelemetryMinutes(models.Model):
    """One metric in the minutes of the hour from ``start`` (seconds since 1970), made of rollups by minute.

    ``payload`` is what ``pack_minutes`` of ``analytics.services.monitoring.packing`` makes.
    """

    metric = models.CharField(max_length=100)
    start = models.PositiveBigIntegerField()
    payload = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["metric", "start"], name="telemetry_minutes_once")]

    def __str__(self) -> str:
        return f"{self.metric} from {self.start}"
