"""Queues and workers as they are at this moment."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from analytics.services.monitoring.heartbeat import Heartbeat, heard_from
from analytics.services.monitoring.paused import paused_queues
from analytics.services.monitoring.readiness import queues_in_use
from recommender.services.redis_link import shared_redis

__all__ = ["Queue", "Worker", "queues_in_use", "remove_message", "state_of_queues"]

_PORTION = 500
#: Messages that are looked through for one of them.
_MOST_READ = 50_000


@dataclass(frozen=True)
class Queue:
    """``length`` messages wait in it; ``consumers`` workers take messages from it."""

    name: str
    length: int
    consumers: int
    is_paused: bool


@dataclass(frozen=True)
class Worker:
    """A worker's last sign of life, ``age`` seconds ago."""

    beat: Heartbeat
    age: float
    is_silent: bool


def state_of_queues() -> tuple[list[Worker], list[Queue]]:
    """Every worker of the past hour and every queue.

    Raises:
        RedisError: Redis does not answer.
    """
    now = time.time()
    workers = [Worker(beat, max(0.0, now - beat.time), beat.is_silent(now)) for beat in heard_from(now)]
    heard = [one.beat for one in workers if not one.is_silent]
    extra = {name for one in heard for name in one.queues} - set(queues_in_use())
    names, paused = (*queues_in_use(), *sorted(extra)), paused_queues()
    with shared_redis().pipeline(transaction=False) as pipe:
        for name in names:
            pipe.llen(name)
        lengths = pipe.execute()
    return workers, [
        Queue(name, length, sum(one.consumes(name) for one in heard), name in paused)
        for name, length in zip(names, lengths, strict=True)
    ]


def remove_message(queue: str, task_id: str) -> bool:
    """Take the message of one task out of its queue; False where it is not in it.

    Raises:
        RedisError: Redis does not answer.
    """
    link, start = shared_redis(), 0
    while queue and start < _MOST_READ:
        portion = link.lrange(queue, start, start + _PORTION - 1)
        for raw in portion:
            if task_id.encode() in raw and _id_of(raw) == task_id:
                return bool(link.lrem(queue, 1, raw))
        if len(portion) < _PORTION:
            return False
        start += _PORTION
    return False


def _id_of(raw: bytes) -> str:
    try:
        return str(json.loads(raw)["headers"]["id"])
    except (ValueError, KeyError, TypeError):
        return ""
