"""What the watch process does, in its order; each part of monitoring declares its own beside it."""

from __future__ import annotations

from analytics.services.monitoring import (
    minutes,
    rules,  # noqa: F401 (declares its duty)
    rules_delivery,  # noqa: F401
    store,
    task_duties,  # noqa: F401 (declares its duties)
)
from analytics.services.monitoring.series import forget_unnamed
from analytics.services.monitoring.watch import duty
from recommender.telemetry import forget_gone


@duty("history", 10.0)
def move(now: float) -> None:
    store.move_windows()


@duty("minutes by metric", 60.0)
def write_minutes(now: float) -> None:
    minutes.write_missing(now)


@duty("tidy history", 3600.0)
def tidy(now: float) -> None:
    store.forget_old(int(now))
    minutes.forget_old(int(now))
    forget_unnamed()
    forget_gone()
