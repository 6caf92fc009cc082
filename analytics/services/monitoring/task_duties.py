"""What the watch process does for tasks: rows from their events, and queues that stay paused."""

from __future__ import annotations

from datetime import UTC, datetime

from analytics.services.monitoring.paused import reapply
from analytics.services.monitoring.task_rows import forget_old_tasks, move_events
from analytics.services.monitoring.watch import duty


@duty("tasks", 2.0)
def rows(now: float) -> None:
    move_events()


@duty("paused queues", 15.0)
def stay_paused(now: float) -> None:
    reapply(now)


@duty("tidy tasks", 600.0)
def tidy(now: float) -> None:
    forget_old_tasks(datetime.fromtimestamp(now, UTC))
