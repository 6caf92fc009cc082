"""What the workers do, counted as Celery tells it: tasks sent, begun, done, failed, and for how long.

The names are those of celery-exporter, so that dashboards and alert rules made for it fit.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from celery import signals

from analytics.services.monitoring.listening import listen
from recommender.telemetry import Counter, Histogram, counter, flush, histogram

#: Names of tasks are in the code; of what fails, only the class of the error is counted.
_TASKS, _ERRORS = 100, 50

SENT = counter("celery_task_sent_total", "Tasks put into a queue.", name=_TASKS)
STARTED = counter("celery_task_started_total", "Tasks that a worker began.", name=_TASKS)
SUCCEEDED = counter("celery_task_succeeded_total", "Tasks that ended well.", name=_TASKS)
FAILED = counter("celery_task_failed_total", "Tasks that failed.", name=_TASKS, exception=_ERRORS)
RETRIED = counter("celery_task_retried_total", "Tasks that asked to be tried again.", name=_TASKS)
REVOKED = counter("celery_task_revoked_total", "Tasks that were called off or had expired.", name=_TASKS)
RUNTIME: Histogram = histogram(
    "celery_task_runtime",
    "Seconds that tasks ran.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0),
    name=_TASKS,
)
_running = threading.local()


def watch_tasks() -> None:
    """Listen to Celery in this process; asking again changes nothing."""
    listen(
        "tasks_seen",
        (
            (signals.after_task_publish, _sent),
            (signals.task_prerun, _began),
            (signals.task_postrun, _ended),
            (signals.task_success, _succeeded),
            (signals.task_failure, _failed),
            (signals.task_retry, _retried),
            (signals.task_revoked, _revoked),
            (signals.worker_process_shutdown, _stopping),
            (signals.worker_shutdown, _stopping),
        ),
    )


def _name(sender: Any) -> str:
    return str(getattr(sender, "name", sender))


def _count(metric: Counter, sender: Any) -> None:
    metric.add(1, _name(sender))


def _sent(sender: Any = None, **_: Any) -> None:
    _count(SENT, sender)


def _began(sender: Any = None, **_: Any) -> None:
    _running.since = time.perf_counter()
    _count(STARTED, sender)


def _ended(sender: Any = None, **_: Any) -> None:
    since = getattr(_running, "since", None)
    if since is not None:
        RUNTIME.observe(time.perf_counter() - since, _name(sender))
        _running.since = None


def _succeeded(sender: Any = None, **_: Any) -> None:
    _count(SUCCEEDED, sender)


def _failed(sender: Any = None, exception: BaseException | None = None, **_: Any) -> None:
    FAILED.add(1, _name(sender), type(exception).__name__)


def _retried(sender: Any = None, **_: Any) -> None:
    _count(RETRIED, sender)


def _revoked(sender: Any = None, **_: Any) -> None:
    _count(REVOKED, sender)


def _stopping(**_: Any) -> None:
    flush()
