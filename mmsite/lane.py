"""Short requests one at a time: threads of one process that compute take the interpreter from each other."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

#: Seconds that a request waits for those before it; afterwards it runs beside them.
_PATIENCE = 0.05


class Lane:
    """One at a time, whoever has waited longest next.

    A plain lock is mostly taken again by the thread that has just let it go, and the others wait until their
    patience is at its end.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()

    def enter(self, patience: float) -> bool:
        """Whether it was one's turn within ``patience`` seconds; who had it must ``leave``."""
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=patience):
            return True
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
            return True  # it came at the last moment

    def leave(self) -> None:
        """Give the turn to the next."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    @property
    def is_free(self) -> bool:
        return not self._taken


_lane = Lane()


class LaneMiddleware:
    """Lets the threads of a web process answer one after the other, as long as answers are quick.

    A page costs a millisecond or two of computing with some twenty short reads in between. Each read gives up
    the interpreter lock, and with several threads computing, getting it back costs more than the read. A slow
    request holds nobody up for longer than ``_PATIENCE``: who has waited that long goes ahead beside it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        has_lane = _lane.enter(_PATIENCE)
        try:
            return self.get_response(request)
        finally:
            if has_lane:
                _lane.leave()
