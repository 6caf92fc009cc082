"""Events of tasks and requests become rows: each once, and in whatever order they arrive."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import DataError, IntegrityError, transaction
from django.db.models import Count

from analytics.models import RequestTrace, StreamPosition, TaskRun
from analytics.services.monitoring.event_stream import MOST_IN_REDIS, STREAM, Event, unpacked
from recommender.services.redis_link import shared_redis

log = logging.getLogger(__name__)

State = TaskRun.State
#: What an event raises that is not as events are, or holds what the database refuses, such as a NUL.
_UNFIT = (DataError, IntegrityError, ValueError, KeyError, TypeError, OverflowError, OSError)
#: How far a task has come within one attempt; the next attempt comes after all of these.
_RANK: dict[str, int] = {
    State.SENT: 0, State.STARTED: 1, State.RETRIED: 2, State.DONE: 3, State.FAILED: 3, State.REVOKED: 3,
}  # fmt: skip
_AT_ONCE = 1_000
MOST_ROWS = 20_000
#: Of one task that ends well; most are periodic, and one is like the other.
MOST_DONE_OF_ONE = 1_000
FAILED_DAYS = 14
_FACTS = (("name", "name"), ("queue", "queue"), ("worker", "worker"), ("request", "request_id"),
          ("parent", "parent_id"), ("origin", "origin"), ("arguments", "arguments"), ("call", "call"),
          ("subject", "subject"))  # fmt: skip
#: what an event may change
_FIELDS = (
    *("name", "queue", "state", "worker", "request_id", "parent_id", "origin", "arguments", "call", "result"),
    *("subject", "exception", "message", "traceback", "retries", "sent_at", "started_at", "finished_at"),
    "runtime",
)


def move_events() -> int:
    """Move what lies in the stream into rows; says how many events.

    Raises:
        RedisError: Redis does not answer.
    """
    moved = 0
    while moved < MOST_IN_REDIS:
        position, _new = StreamPosition.objects.get_or_create(stream=STREAM)
        entries = shared_redis().xrange(STREAM, min=f"({position.last}", count=_AT_ONCE)
        if not entries or not _keep(position, entries):
            break
        # What is in the database need not lie in memory; should this fail, it is not read again anyway.
        shared_redis().xtrim(STREAM, minid=_after(entries[-1][0].decode()), approximate=False)
        moved += len(entries)
    return moved


def _after(entry: str) -> str:
    start, _, number = entry.partition("-")
    return f"{start}-{int(number) + 1}"


def _keep(position: StreamPosition, entries: list[tuple[bytes, dict[bytes, bytes]]]) -> bool:
    """Rows and position in one transaction; False where another process moved them meanwhile."""
    events = [event for _id, fields in entries if (event := unpacked(fields)) is not None]
    with transaction.atomic():
        mine = StreamPosition.objects.filter(pk=position.pk, last=position.last)
        if not mine.update(last=entries[-1][0].decode()):
            return False
        _apply_or_part(events)
    return True


def _apply_or_part(events: list[Event]) -> None:
    """One event that no row can hold must not keep the others out, nor be tried for ever."""
    try:
        with transaction.atomic():
            apply_events(events)
        return
    except _UNFIT as error:
        log.warning("An event of a task cannot be kept; the others are kept one by one: %r", error)
    for event in events:
        with contextlib.suppress(*_UNFIT), transaction.atomic():
            apply_events([event])


def apply_events(events: Iterable[Event]) -> None:
    """Write what the events tell; telling it again changes nothing."""
    tasks, requests = [], []
    for event in events:
        (requests if event.get("e") == "request" else tasks).append(event)
    _apply_tasks([event for event in tasks if event.get("id")])
    _apply_requests(requests)


# -- tasks ------------------------------------------------------------------------------------------------


def _apply_tasks(events: list[Event]) -> None:
    rows = TaskRun.objects.in_bulk({event["id"][:64] for event in events}, field_name="task_id")
    for event in events:
        key = event["id"][:64]
        if key not in rows:
            rows[key] = TaskRun(task_id=key, sent_at=_moment(event["t"]))
        fold(rows[key], event)
    for row in rows.values():
        row.pk = None  # the task's id says which row it is
    TaskRun.objects.bulk_create(
        rows.values(), update_conflicts=True, unique_fields=["task_id"], update_fields=_FIELDS, batch_size=500
    )


def fold(row: TaskRun, event: Event) -> None:
    """Let ``row`` know what ``event`` tells; an event that comes late adds facts and turns nothing back."""
    moment, attempt = _moment(event["t"]), event.get("n")
    attempt = row.retries if attempt is None else int(attempt)
    state = _STATES.get(event.get("e", ""))
    if state is None:
        return
    row.sent_at = min(row.sent_at, moment)
    ahead = (attempt, _RANK[state]) >= (row.retries, _RANK[row.state])
    for name, field in _FACTS:
        if name in event and (ahead or not getattr(row, field)):
            setattr(row, field, _fitting(field, event[name]))
    if "exception" in event and (ahead or (attempt >= row.retries - 1 and row.state != State.FAILED)):
        row.exception, row.message = event["exception"][:200], event.get("message", "")
        row.traceback = event.get("traceback", "")
    if state == State.STARTED and attempt == row.retries and row.started_at is None:
        row.started_at = moment
    if ahead and not (state == row.state == State.STARTED and row.started_at and moment < row.started_at):
        _advance(row, event, state, attempt, moment)


_STATES = {"sent": State.SENT, "started": State.STARTED, "retried": State.RETRIED, "done": State.DONE,
           "failed": State.FAILED, "revoked": State.REVOKED}  # fmt: skip


def _advance(row: TaskRun, event: Event, state: str, attempt: int, moment: datetime) -> None:
    if attempt > row.retries:
        row.started_at = row.runtime = None
    row.state, row.retries, row.finished_at = state, attempt, None
    if state == State.STARTED:
        row.started_at = moment
    elif state != State.SENT:
        row.runtime = event.get("run", row.runtime)
        row.finished_at = None if state == State.RETRIED else moment
        row.result = event.get("result", "")
        if state == State.REVOKED:
            row.message = event.get("message", "")
        if row.started_at is None and row.runtime is not None:
            row.started_at = moment - timedelta(seconds=row.runtime)


def _fitting(field: str, value: Any) -> Any:
    most = TaskRun._meta.get_field(field).max_length  # type: ignore[union-attr]
    return value[:most] if most and isinstance(value, str) else value


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# -- requests ---------------------------------------------------------------------------------------------


def _apply_requests(events: list[Event]) -> None:
    if not events:
        return
    asked = {event["user"] for event in events if event.get("user")}
    users = set(get_user_model().objects.filter(pk__in=asked).values_list("pk", flat=True))
    rows = [
        RequestTrace(
            request_id=event["id"], method=event["method"][:8], path=event["path"][:500],
            view=event["view"][:100],
            status=event["status"], seconds=event["seconds"], at=_moment(event["t"] - event["seconds"]),
            user_id=event["user"] if event.get("user") in users else None,
        )
        for event in events
    ]  # fmt: skip
    RequestTrace.objects.bulk_create(rows, ignore_conflicts=True)


# -- forgetting -------------------------------------------------------------------------------------------


def forget_old_tasks(now: datetime) -> int:
    """Keep failures for two weeks, the newest of what ends well, and no more than ``MOST_ROWS`` in all."""
    removed = TaskRun.objects.failed().older_than(now - timedelta(days=FAILED_DAYS)).delete()[0]
    done = TaskRun.objects.filter(state=State.DONE)
    counts = done.order_by().values_list("name").annotate(count=Count("pk"))
    for name, _count in counts.filter(count__gt=MOST_DONE_OF_ONE):
        removed += _beyond(done.filter(name=name), MOST_DONE_OF_ONE)
    removed += _beyond(TaskRun.objects.all(), MOST_ROWS)
    old = now - timedelta(days=FAILED_DAYS)
    removed += RequestTrace.objects.filter(at__lt=old).delete()[0]
    return removed + _beyond_traces()


def _beyond(runs: Any, most: int) -> int:
    """Remove all but the newest ``most``."""
    last = runs.order_by("-sent_at", "-pk").values_list("sent_at", "pk")[most - 1 : most]
    for sent_at, _pk in last:
        return int(runs.filter(sent_at__lt=sent_at).delete()[0])
    return 0


def _beyond_traces() -> int:
    last = RequestTrace.objects.order_by("-at").values_list("at", flat=True)[MOST_ROWS - 1 : MOST_ROWS]
    for at in last:
        return RequestTrace.objects.filter(at__lt=at).delete()[0]
    return 0
