"""How many reports are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.models import DriftReport
from analytics.services.drift import look

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def report(minutes_ago: float, verdict: str = "steady") -> DriftReport:
    made: Any = DriftReport.objects.create(
        subject="rating", verdict=verdict, window_start=NOW, window_end=NOW, reference_start=NOW,
        reference_end=NOW, window_size=50, reference_size=50,
    )  # fmt: skip
    DriftReport.objects.filter(pk=made.pk).update(created_at=NOW - timedelta(minutes=minutes_ago))
    return DriftReport.objects.get(pk=made.pk)


def test_of_reports_that_agree_one_is_kept_in_ten_minutes() -> None:
    first = report(30)
    look._thin(report(25))
    third = report(15)
    look._thin(third)
    assert list(DriftReport.objects.order_by("pk")) == [first, third]


def test_a_change_of_the_verdict_is_kept() -> None:
    report(30)
    look._thin(report(29, "drifted"))
    assert DriftReport.objects.count() == 2
