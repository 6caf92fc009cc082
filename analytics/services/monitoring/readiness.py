"""Whether the site can serve: each part, asked on its own."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from redis.exceptions import RedisError

from analytics.services.monitoring.heartbeat import heard_from
from recommender.models import Embedding, EncoderSpace, IndexSnapshot
from recommender.services.redis_link import shared_redis
from recommender.services.snapshots import is_kept, snapshot_store

OK = "ok"


def queues_in_use() -> tuple[str, ...]:
    """Every queue that some task is sent to, the default one first."""
    routed = {str(route["queue"]) for route in settings.CELERY_TASK_ROUTES.values()}
    default = settings.CELERY_TASK_DEFAULT_QUEUE
    return (default, *sorted(routed - {default}))


def readiness() -> dict[str, str]:
    """``ok`` or the reason for each part: database, redis, index, and ``queue:<name>`` of each queue.

    The reasons are for machines and their keepers: in English, without addresses or paths.
    """
    parts = {
        "database": _told(_database, "the database does not answer"),
        "redis": _told(_redis, "Redis does not answer"),
        "index": _told(_index, "the database does not answer"),
    }
    return parts | _queues()


def _told(look: Callable[[], str], failure: str) -> str:
    try:
        return look()
    except (DatabaseError, RedisError):
        return failure


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return OK


def _redis() -> str:
    shared_redis().ping()
    return OK


def _index() -> str:
    """A snapshot serves, or there is nothing yet that could be in one."""
    space = EncoderSpace.objects.active()
    if space is None:
        return OK
    snapshot = IndexSnapshot.objects.serving(space)
    if snapshot is None:
        waiting = Embedding.objects.ready().filter(space=space).exists()
        return "vectors wait for the first index" if waiting else OK
    store = snapshot_store()
    if store.trouble():
        return "what keeps the index does not answer"
    return OK if is_kept(snapshot) else "the snapshot of the index is gone"


def _queues() -> dict[str, str]:
    names = queues_in_use()
    now = time.time()
    try:
        heard = heard_from(now)
    except RedisError:
        return {f"queue:{name}": "Redis does not answer" for name in names}
    served = {name for one in heard if not one.is_silent(now) for name in one.queues}
    return {f"queue:{name}": OK if name in served else "no worker has been heard from" for name in names}
