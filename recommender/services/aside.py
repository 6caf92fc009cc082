"""Work that an answer needs, done by another thread while the answer's own does something else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from django.conf import settings

_Result = TypeVar("_Result")
_lock = threading.Lock()
_threads: ThreadPoolExecutor | None = None


def aside(function: Callable[..., _Result], *args: Any) -> Future[_Result]:
    """Call ``function`` in another thread as soon as one is free; its result or error comes by the future.

    Only for what asks no database, whose connections belong to threads, and mostly lets other threads run.
    """
    try:
        return _pool().submit(function, *args)
    except RuntimeError:  # the process is on its way out and starts no work, but has this answer to finish
        return _done(function, *args)


def _done(function: Callable[..., _Result], *args: Any) -> Future[_Result]:
    done: Future[_Result] = Future()
    try:
        done.set_result(function(*args))
    except Exception as error:
        done.set_exception(error)
    return done


def _pool() -> ThreadPoolExecutor:
    global _threads
    with _lock:
        if _threads is None:  # made at first use: threads do not survive the fork of a worker
            _threads = ThreadPoolExecutor(max(1, settings.WEB_THREADS), "aside")
        return _threads
