"""Levels of the queues and of the workers that serve them.

Where celery-exporter has a name for one it is used, so that dashboards made for it fit. Its ``hostname`` is
here the name of the worker, "encode@machine", because one machine runs several.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from analytics.services.monitoring.heartbeat import Heartbeat, heard_from
from analytics.services.monitoring.levels import put, put_one
from analytics.services.monitoring.published import published_at
from analytics.services.monitoring.readiness import queues_in_use
from analytics.services.monitoring.watch import duty
from recommender.services.redis_link import shared_redis
from recommender.telemetry import gauge

#: Queues are in the settings; workers are what somebody started.
_QUEUES, _WORKERS = 30, 100
#: Where Celery keeps the messages that a worker has taken and not acknowledged.
UNACKED = "unacked"

LENGTH = gauge("celery_queue_length", "Messages that wait.", queue_name=_QUEUES)
OLDEST = gauge(
    "mmsite_queue_oldest_seconds",
    "Seconds that the message which is next has waited; 0 in an empty queue.",
    unit="seconds",
    queue_name=_QUEUES,
)
TAKEN = gauge("mmsite_tasks_unacked", "Messages that workers have taken and not finished.")
SERVING = gauge("celery_active_worker_count", "Workers that take messages from a queue.", queue_name=_QUEUES)
PLACES = gauge(
    "celery_active_process_count", "Tasks that a queue's workers can run at a time.", queue_name=_QUEUES
)
UP = gauge("celery_worker_up", "1 while a worker gives signs of life.", hostname=_WORKERS)
ACTIVE = gauge("celery_worker_tasks_active", "Tasks that a worker runs.", hostname=_WORKERS)
BUSY = gauge(
    "mmsite_worker_busy_ratio", "Share of a worker's places that run a task.", unit="ratio", hostname=_WORKERS
)
PREFETCHED = gauge(
    "mmsite_worker_prefetched", "Tasks that a worker has fetched and not begun.", hostname=_WORKERS
)
MEMORY = gauge(
    "mmsite_worker_memory_bytes",
    "Memory of a worker and its processes, without files that they map.",
    unit="bytes",
    hostname=_WORKERS,
)
HEARD = gauge(
    "mmsite_worker_heartbeat_seconds",
    "Seconds since a worker's last sign of life.",
    unit="seconds",
    hostname=_WORKERS,
)


def lengths() -> dict[str, int]:
    """Messages that wait in each queue, now; Celery keeps a queue as a list of that name.

    Raises:
        RedisError: Redis does not answer.
    """
    names = queues_in_use()
    with shared_redis().pipeline(transaction=False) as pipe:
        for name in names:
            pipe.llen(name)
        return dict(zip(names, pipe.execute(), strict=True))


def oldest(now: float) -> dict[str, float]:
    """Seconds that the next message of each queue has waited; without one that does not say.

    Workers take from the right end of the list. One that was given back is put there too, with its old time.

    Raises:
        RedisError: Redis does not answer.
    """
    names = queues_in_use()
    with shared_redis().pipeline(transaction=False) as pipe:
        for name in names:
            pipe.lindex(name, -1)
        heads = dict(zip(names, pipe.execute(), strict=True))
    found = {}
    for name, message in heads.items():
        since = now if message is None else published_at(message)
        if since is not None:
            found[name] = max(0.0, now - since)
    return found


@duty("levels of queues", 10.0)
def take_queues(now: float) -> None:
    put(LENGTH, {(name,): float(length) for name, length in lengths().items()})
    put(OLDEST, {(name,): age for name, age in oldest(now).items()})
    put_one(TAKEN, float(shared_redis().hlen(UNACKED)))


@duty("levels of workers", 10.0)
def take_workers(now: float) -> None:
    heard = heard_from(now)
    there = [one for one in heard if not one.is_silent(now)]
    put(UP, {(one.node,): float(one in there) for one in heard})
    put(HEARD, {(one.node,): max(0.0, now - one.time) for one in heard})
    put(ACTIVE, {(one.node,): float(one.active) for one in there})
    put(BUSY, {(one.node,): min(1.0, one.active / max(1, one.concurrency)) for one in there})
    put(PREFETCHED, {(one.node,): float(one.prefetched) for one in there})
    put(MEMORY, {(one.node,): float(one.memory) for one in there})
    _put_by_queue(there)


def _put_by_queue(workers: Iterable[Heartbeat]) -> None:
    serving, places = Counter[str](), Counter[str]()
    for one in workers:
        consumed = [name for name in one.queues if one.consumes(name)]
        serving.update(consumed)
        places.update(dict.fromkeys(consumed, one.concurrency))
    # A queue that nobody serves is told with 0, so that a rule can see it.
    names = {*queues_in_use(), *serving}
    put(SERVING, {(name,): float(serving[name]) for name in names})
    put(PLACES, {(name,): float(places[name]) for name in names})
