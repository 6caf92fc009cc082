"""Work handed to the workers by name, because tasks stand above services."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

_WARN_SECONDS = 60.0
_ONCE_SECONDS = 30  # a message that was lost may be sent again after this long


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
    from celery import current_app

    full_name = name if "." in name else f"recommender.tasks.{name}"
    if full_name not in current_app.tasks:
        current_app.loader.import_default_modules()
    try:
        # Celery waits six seconds for a broker that refuses; the cache in the same Redis says so at once.
        cache.delete("called")
        current_app.tasks[full_name].apply_async(arguments, retry=False)
    except (OperationalError, RedisError, ConnectionError) as error:
        _warn(f"{name} could not be queued ({error}); the sweep will find the work.")


_warned = float("-inf")


def _warn(text: str) -> None:
    """Once a minute: an import without a broker would say it with every portion."""
    global _warned
    if time.monotonic() - _warned > _WARN_SECONDS:
        _warned = time.monotonic()
        log.warning(text)
