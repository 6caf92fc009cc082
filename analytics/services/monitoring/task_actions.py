"""What operators do about tasks and queues; each deed is noted together with what it changed."""

from __future__ import annotations

import logging
import time
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from celery import current_app
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from analytics.models import AuditEntry, PausedQueue, TaskRun
from analytics.services.audit import correct, note
from analytics.services.monitoring.paused import serving, tell
from analytics.services.monitoring.queue_state import queues_in_use, remove_message
from recommender.errors import RecommenderError
from recommender.said import say

State = TaskRun.State
#: What "retry all" takes at once; more than that is a fault to be found first.
MOST_AT_ONCE = 1_000
log = logging.getLogger(__name__)

AGAIN = "again"
#: Rows of one transaction, so that nobody waits long for the table.
_CLAIMED_AT_ONCE = 100
#: Somebody waited for the answer of these, and is gone.
_WAITED_FOR = frozenset({"recommender.tasks.encode_query"})


# -- trying again -----------------------------------------------------------------------------------------


def why_not_again(run: TaskRun) -> str:
    """Why this task cannot be tried again, in words; "" where it can."""
    if run.again:
        return _("It has been tried again already.")
    if run.state != State.FAILED:
        return _("Only a task that failed can be tried again.")
    if run.name in _WAITED_FOR:
        return _("Somebody waited for its answer, and is gone by now.")
    if run.call is None:
        return _("Its input is too long or holds a secret, so it was not kept.")
    return ""


@dataclass
class Again:
    """What trying again comes to: how many of each task, and why others are left out."""

    tasks: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    more: int = 0

    @property
    def count(self) -> int:
        return sum(self.tasks.values())


def look_ahead(runs: Any) -> tuple[Again, list[TaskRun]]:
    """What ``again_all`` of these runs would do, and the runs that it would send."""
    found = Again()
    waiting = runs.failed().filter(again="").order_by("sent_at", "pk")
    chosen = []
    for run in waiting[:MOST_AT_ONCE]:
        if reason := why_not_again(run):
            found.left_out[reason] += 1
        else:
            found.tasks[run.name] += 1
            chosen.append(run)
    found.more = max(0, waiting.count() - MOST_AT_ONCE)
    return found, chosen


def again(run: TaskRun, actor: Any) -> TaskRun:
    """Send a failed task again with the same input; the new task's row.

    Raises:
        RecommenderError: it cannot be, with the reason; or Redis does not answer.
    """
    if reason := why_not_again(run):
        raise RecommenderError(reason)
    with transaction.atomic():
        fresh = _claim(run)
        if fresh is None:
            raise RecommenderError(_("It has been tried again already."))
        entry = _noted(actor, "task.again", f"{run.name} {run.task_id}", 1, task=fresh.task_id)
    came = _send_or_undo([(run, fresh)])
    _settle(entry, came.sent, 1)
    if came.broken:
        raise _no_answer() from came.broken
    for _run, error in came.refused:
        raise RecommenderError(_("It cannot be sent again as it was: {error}").format(error=error)) from error
    return fresh


def again_all(runs: Any, actor: Any, why: str) -> Again:
    """Send all failed tasks among ``runs`` again that can be.

    Args:
        why: how they were chosen, for the audit.

    Raises:
        RecommenderError: Redis does not answer; then nothing was sent from there on.
    """
    found, chosen = look_ahead(runs)
    if not chosen:
        return found
    entry = _noted(actor, "task.again_all", why, len(chosen), tasks=dict(found.tasks))
    found.tasks = Counter()
    for start in range(0, len(chosen), _CLAIMED_AT_ONCE):
        came = _send_or_undo(_claimed(chosen[start : start + _CLAIMED_AT_ONCE]))
        found.tasks.update(run.name for run in came.sent)
        _settle(entry, found.tasks.elements(), len(chosen), tasks=dict(found.tasks))
        if came.broken:
            raise _no_answer(found.count, len(chosen) - found.count) from came.broken
        if came.refused:
            reason = _("It cannot be sent as it was: the task takes other input now.")
            found.left_out[reason] += len(came.refused)
    return found


def _claimed(runs: list[TaskRun]) -> list[tuple[TaskRun, TaskRun]]:
    with transaction.atomic():
        return [(run, fresh) for run in runs if (fresh := _claim(run)) is not None]


def _noted(actor: Any, action: str, subject: str, count: int, **details: Any) -> AuditEntry:
    """The entry as it stays if this process ends before it knows what came of it."""
    said = say(noop("To be sent again: {n}. What came of it was not noted."), n=count)
    return note(actor, action, subject, count=count, said=said.as_json(), **details)


def _settle(entry: AuditEntry, sent: Iterable[Any], count: int, **details: Any) -> None:
    done = len(list(sent))
    said = say(noop("Sent again: {sent}. Not sent: {left}."), sent=done, left=count - done)
    correct(entry, sent=done, not_sent=count - done, said=said.as_json(), **details)


def _no_answer(sent: int = 0, left: int = 1) -> RecommenderError:
    told = _("The queue does not answer.")
    if sent:
        told += " " + _("Sent again: {sent}. Not sent: {left}.").format(sent=sent, left=left)
    return RecommenderError(told, _("Start Redis, then press the button again."))


def _claim(run: TaskRun) -> TaskRun | None:
    """The row of the task that tries ``run`` again; None where somebody else was first."""
    task_id = str(uuid.uuid4())
    if not TaskRun.objects.filter(pk=run.pk, state=State.FAILED, again="").update(again=task_id):
        return None
    return TaskRun.objects.create(
        task_id=task_id, name=run.name, queue=run.queue, state=State.SENT, origin=AGAIN,
        parent_id=run.task_id, arguments=run.arguments, call=run.call, sent_at=timezone.now(),
    )  # fmt: skip


@dataclass
class _Came:
    """What came of sending: those that are sent, and those that this release cannot send as they were.

    Attributes:
        broken: why nothing was sent from some task on.
    """

    sent: list[TaskRun] = field(default_factory=list)
    refused: list[tuple[TaskRun, Exception]] = field(default_factory=list)
    broken: Exception | None = None


def _send_or_undo(pairs: list[tuple[TaskRun, TaskRun]]) -> _Came:
    """Send each; what cannot be is as it was."""
    came = _Came()
    for number, (run, fresh) in enumerate(pairs):
        try:
            _send(fresh)
        except (OperationalError, RedisError, OSError) as error:
            _undo(pairs[number:])
            came.broken = error
            break
        except Exception as error:
            log.warning("%s cannot be sent again as it was: %r", run.name, error)
            _undo([(run, fresh)])
            came.refused.append((run, error))
        else:
            came.sent.append(run)
    return came


def _undo(pairs: Iterable[tuple[TaskRun, TaskRun]]) -> None:
    with transaction.atomic():
        for run, fresh in pairs:
            TaskRun.objects.filter(pk=run.pk, again=fresh.task_id).update(again="")
            TaskRun.objects.filter(pk=fresh.pk, state=State.SENT).delete()


def _send(run: TaskRun) -> None:
    if run.name not in current_app.tasks:
        current_app.loader.import_default_modules()
    args, kwargs = run.call
    options: dict[str, Any] = {
        "task_id": run.task_id, "parent_id": run.parent_id, "retry": False,
        "headers": {"mmsite_origin": AGAIN}
    }  # fmt: skip
    if run.queue in queues_in_use():
        options["queue"] = run.queue
    current_app.signature(run.name, args=args, kwargs=kwargs).apply_async(**options)


# -- queues -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """Workers that serve a queue, and those of them that have said already that they do as they were told."""

    serving: int
    answered: int


def pause(queue: str, actor: Any) -> Told:
    """Have workers leave ``queue`` alone until it is resumed.

    Raises:
        RecommenderError: there is no such queue, or Redis does not answer (it is paused all the same).
    """
    _known(queue)
    with transaction.atomic():
        _row, new = PausedQueue.objects.get_or_create(name=queue, defaults={"by": actor})
        if new:
            note(actor, "queue.pause", queue)
    return _tell(queue, leave=True)


def resume(queue: str, actor: Any) -> Told:
    """Have workers serve ``queue`` again.

    Raises:
        RecommenderError: there is no such queue, or Redis does not answer (it is resumed all the same).
    """
    _known(queue)
    with transaction.atomic():
        if PausedQueue.objects.filter(name=queue).delete()[0]:
            note(actor, "queue.resume", queue)
    return _tell(queue, leave=False)


def _known(queue: str) -> None:
    if queue not in queues_in_use():
        raise RecommenderError(_("There is no queue {name}.").format(name=queue))


def _tell(queue: str, *, leave: bool) -> Told:
    try:
        nodes = [one.node for one in serving(queue, time.time())]
        return Told(len(nodes), len(tell(queue, nodes, leave=leave)))
    except (OperationalError, RedisError, OSError) as error:
        raise RecommenderError(
            _("The workers could not be told, because Redis does not answer."),
            _("They are told as soon as it does."),
        ) from error


# -- calling off --------------------------------------------------------------------------------------------


def why_not_revoke(run: TaskRun) -> str:
    """Why this task cannot be called off, in words; "" where it can."""
    if run.state == State.STARTED:
        return _("It is running, and its worker cannot end a task without ending itself.")
    if run.state not in {State.SENT, State.RETRIED}:
        return _("It is over.")
    return ""


def revoke(run: TaskRun, actor: Any) -> bool:
    """Call off a task that waits; True if its message was still in the queue and is gone now.

    Otherwise a worker holds the message, and the workers are told not to begin with it.

    Raises:
        RecommenderError: it cannot be called off any more, or Redis does not answer.
    """
    if reason := why_not_revoke(run):
        raise RecommenderError(reason)
    try:
        removed = remove_message(run.queue, run.task_id)
        if not removed:
            current_app.control.revoke(run.task_id, terminate=False)
    except (OperationalError, RedisError, OSError) as error:
        raise RecommenderError(_("The queue does not answer.")) from error
    with transaction.atomic():
        if removed:
            waiting = TaskRun.objects.filter(pk=run.pk, state__in=[State.SENT, State.RETRIED])
            waiting.update(state=State.REVOKED, finished_at=timezone.now(), message="revoked")
        note(actor, "task.revoke", f"{run.name} {run.task_id}", removed=removed)
    return removed
