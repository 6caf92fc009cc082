"""Queues that workers leave alone until they are resumed, as a row says; workers are told over and over.

A worker that is busy hears of it after its task, and one that starts reads the rows; so a queue stays paused
through restarts, and a broadcast that got lost is repeated by the watch process.
"""

from __future__ import annotations

import logging
from typing import Any

from celery import current_app
from django.db import Error as DatabaseError
from django.db import close_old_connections

from analytics.models import PausedQueue
from analytics.services.monitoring.heartbeat import Heartbeat, heard_from

log = logging.getLogger(__name__)
_ANSWER_SECONDS = 1.0
#: The name of a light's button that resumes a queue begins so.
RESUME = "resume:"


def resume_button(queue: str) -> str:
    return f"{RESUME}{queue}"


def paused_queues() -> set[str]:
    return set(PausedQueue.objects.values_list("name", flat=True))


def on_worker_ready(sender: Any = None, **_: Any) -> None:
    """Celery's ``worker_ready``; ``sender`` is the consumer."""
    try:
        mine = paused_queues() & set(sender.app.amqp.queues.consume_from)
    except DatabaseError as error:
        log.warning("Which queues are paused is not known yet: %s", error)
        return
    finally:
        close_old_connections()
    for name in mine:
        sender.cancel_task_queue(name)


def serving(queue: str, now: float) -> list[Heartbeat]:
    """Workers heard from that were started for ``queue``, whether it is paused or not.

    Raises:
        RedisError: Redis does not answer.
    """
    return [one for one in heard_from(now) if queue in one.queues and not one.is_silent(now)]


def tell(queue: str, nodes: list[str], *, leave: bool) -> list[str]:
    """Tell workers to leave a queue alone, or to serve it again; those that said yes within a second."""
    if not nodes:
        return []
    answers = _order(leave=leave)(queue, destination=nodes, reply=True, timeout=_ANSWER_SECONDS) or []
    return sorted(node for answer in answers for node, said in answer.items() if "ok" in said)


def _order(*, leave: bool) -> Any:
    control = current_app.control
    return control.cancel_consumer if leave else control.add_consumer


def reapply(now: float) -> int:
    """Tell workers that do not do as the rows say; says how many were told.

    Raises:
        RedisError: Redis does not answer.
    """
    wanted = paused_queues()
    told = 0
    for one in heard_from(now):
        if one.is_silent(now):
            continue
        for queue in one.queues:
            if (queue in wanted) != (queue in one.paused):
                _order(leave=queue in wanted)(queue, destination=[one.node])
                told += 1
    return told
