"""Work handed to the workers by name, because tasks stand above services."""

from __future__ import annotations

import json
import logging
import math
import time
import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

_WARN_SECONDS = 60.0
_ONCE_SECONDS = 30  # a message that was lost may be sent again after this long
_ANSWER_SECONDS = 30  # an answer that nobody took is kept for so long


def call_task(name: str, *arguments: Any) -> None:
    """Queue a task once the transaction is through: ``recommender.tasks.<name>``, or one by its full name.

    A broker that does not answer is no error: the rows say what is to be done, and the sweep finds them.
    """
    transaction.on_commit(lambda: _send(name, arguments))


def call_once(name: str, *arguments: Any) -> None:
    """``call_task``, unless the same message waits already: it will find this work as well."""
    transaction.on_commit(lambda: _send(name, arguments) if _first(name, arguments) else None)


def taken_up(name: str) -> None:
    """A worker has begun with ``name``: what is called from now on needs a message of its own."""
    try:
        cache.delete(_flag(name))
    except RedisError:
        _warn("Redis does not answer; the sweep will find the work.")


def _flag(name: str, arguments: tuple[Any, ...] = ()) -> str:
    return ":".join(["called", name, *map(str, arguments)])


def _first(name: str, arguments: tuple[Any, ...]) -> bool:
    try:
        return bool(cache.add(_flag(name, arguments), 1, _ONCE_SECONDS))
    except RedisError:
        _warn(f"Redis does not answer; {name} waits for the sweep.")
        return False


def _send(name: str, arguments: tuple[Any, ...]) -> None:
    try:
        # Celery waits six seconds for a broker that refuses; the cache in the same Redis says so at once.
        cache.delete("called")
        _task(name).apply_async(arguments, retry=False)
    except (OperationalError, RedisError, ConnectionError) as error:
        _warn(f"{name} could not be queued ({error}); the sweep will find the work.")


def _task(name: str) -> Any:
    from celery import current_app

    full_name = name if "." in name else f"recommender.tasks.{name}"
    if full_name not in current_app.tasks:
        current_app.loader.import_default_modules()
    return current_app.tasks[full_name]


# -- questions ----------------------------------------------------------------------------------------------


def ask(name: str, question: Mapping[str, Any], seconds: float) -> dict[str, Any] | None:
    """What the task ``name`` answers to ``question`` (see ``answer``); None where no worker did in time.

    Raises:
        OperationalError, RedisError or OSError: the broker does not answer.
    """
    reply = f"reply:{uuid.uuid4().hex}"
    # A late answer is of no use, so the message expires.
    _task(name).apply_async(({**question, "reply": reply},), retry=False, expires=max(1.0, seconds))
    told = _waiting_redis(seconds).blpop([reply], timeout=seconds)
    return None if told is None else json.loads(told[1])


def answer(question: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    """Put ``told`` on the Redis list that ``question`` names under ``reply``; there the asker waits."""
    if reply := question.get("reply"):
        with Redis.from_url(settings.REDIS_URL) as client, client.pipeline() as pipe:
            pipe.lpush(reply, json.dumps(told))
            pipe.expire(reply, _ANSWER_SECONDS)
            pipe.execute()


_redis: dict[tuple[str, int], Redis] = {}


def _waiting_redis(seconds: float) -> Redis:
    """A client whose connections wait longer than any answer takes, unlike those of the cache."""
    patience = math.ceil(seconds) + 2
    known = (settings.REDIS_URL, patience)
    if known not in _redis:
        _redis[known] = Redis.from_url(known[0], socket_timeout=patience, socket_connect_timeout=0.5)
    return _redis[known]


_warned = float("-inf")


def _warn(text: str) -> None:
    """Once a minute: an import without a broker would say it with every portion."""
    global _warned
    if time.monotonic() - _warned > _WARN_SECONDS:
        _warned = time.monotonic()
        log.warning(text)
