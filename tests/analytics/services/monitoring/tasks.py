"""Events of tasks as they lie in the stream, written by hand."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from analytics.models import TaskRun

START = 1_700_000_000.0


def event(
    what: str, second: float = 0.0, task: str = "task-1", attempt: int | None = 0, **more: Any
) -> dict[str, Any]:
    return {"e": what, "t": START + second, "id": task, "name": "shop.tidy", "n": attempt, **more}


def moment(second: float) -> datetime:
    return datetime.fromtimestamp(START + second, UTC)


def add_run(**fields: Any) -> TaskRun:
    """A row of a task that failed, unless told otherwise."""
    usual = {
        "task_id": str(uuid.uuid4()), "name": "recommender.tasks.sweep", "queue": "default",
        "state": "failed",
        "exception": "ValueError", "message": "broken", "traceback": "Traceback: broken", "arguments": "()",
        "call": [[], {}], "sent_at": moment(0),
    }  # fmt: skip
    return TaskRun.objects.create(**usual | fields)
