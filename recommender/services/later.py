"""Work that nobody waits for: done by one thread of the process, after the answer it belongs to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.db import close_old_connections

log = logging.getLogger(__name__)

#: Calls that may wait; what comes beyond that is done at once, by whoever asks for it.
_MOST_WAITING = 200
_waiting = threading.BoundedSemaphore(_MOST_WAITING)
_lock = threading.Lock()
_thread: ThreadPoolExecutor | None = None


def later(function: Callable[..., object], *args: Any) -> None:
    """Call ``function`` soon, in the order of asking; what it raises is logged.

    Only for what may be lost with the process. With ``WORK_ASIDE`` off it is called here and now.
    """
    if not settings.WORK_ASIDE or not _waiting.acquire(blocking=False):
        function(*args)
        return
    try:
        _worker().submit(_run, function, args)
    except RuntimeError:  # the process is on its way out and starts no work, but has this answer to finish
        _waiting.release()
        function(*args)


def _worker() -> ThreadPoolExecutor:
    global _thread
    with _lock:
        if _thread is None:  # made at first use: a thread does not survive the fork of a web worker
            _thread = ThreadPoolExecutor(1, "later")
        return _thread


def _run(function: Callable[..., object], args: tuple[Any, ...]) -> None:
    try:
        function(*args)
    except Exception:
        log.exception("%s failed aside of its answer.", getattr(function, "__qualname__", function))
    finally:
        _waiting.release()
        close_old_connections()
