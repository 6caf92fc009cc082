"""When each task was put into its queue, written into its message, and how long it waited there."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

from celery import signals

from recommender.telemetry import histogram

#: Name of the header, seconds since 1970.
PUBLISHED_AT = "published_at"
WAIT = histogram(
    "mmsite_task_wait_seconds",
    "Seconds that tasks waited until a worker began with them.",
    buckets=(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0),
    name=100,
)


def watch_waiting() -> None:
    """Listen to Celery in this process; asking again changes nothing."""
    signals.before_task_publish.connect(_publishing, dispatch_uid="analytics.published")
    signals.task_prerun.connect(_began, dispatch_uid="analytics.published")


def published_at(message: bytes) -> float | None:
    """When a message of a queue was put there; None for one that does not say."""
    try:
        said = json.loads(message)["headers"][PUBLISHED_AT]
        return float(said)
    except (ValueError, TypeError, KeyError):
        return None


def _publishing(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None:
        headers[PUBLISHED_AT] = time.time()


def _began(sender: Any = None, **_: Any) -> None:
    """A task that was asked for later waits from then on; one that was called in place did not wait."""
    since = getattr(sender.request, PUBLISHED_AT, None)
    if isinstance(since, int | float):
        due = _due(getattr(sender.request, "eta", None))
        # Clocks of two machines may differ by more than a task waits.
        WAIT.observe(max(0.0, time.time() - max(since, due)), str(sender.name))


def _due(eta: Any) -> float:
    try:
        return datetime.fromisoformat(eta).timestamp() if isinstance(eta, str) else 0.0
    except ValueError:
        return 0.0
