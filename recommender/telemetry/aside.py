"""A thread of a process that sends what the process has recorded, every so often, until the process ends."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Aside:
    """Calls ``send`` every ``seconds`` from the first ``wake`` on, and once more at the end.

    The first record of a process wakes it, because no thread survives a fork. Without ``WORK_ASIDE`` there is
    none.
    """

    def __init__(self, name: str, seconds: float, send: Callable[[], object]) -> None:
        self._name, self._seconds, self._send = name, seconds, send
        self.forget()

    def forget(self) -> None:
        """A fork has no thread yet."""
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def wake(self) -> None:
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        from django.conf import settings

        with self._starting:
            if self._thread is None and settings.WORK_ASIDE:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
                atexit.register(self._send)

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(self._seconds):
            try:
                self._send()
            except Exception:  # the thread has to outlive whatever one portion holds
                log.exception("The thread %s could not send", self._name)
