"""Short requests one at a time: threads of one process that compute take the interpreter from each other."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

#: Seconds that a request waits for the one before it; afterwards it runs beside it.
_PATIENCE = 0.05
_lane = threading.Lock()


class LaneMiddleware:
    """Lets the threads of a web process answer one after the other, as long as answers are quick.

    A page costs a millisecond or two of computing with some twenty short reads in between. Each read gives up
    the interpreter lock, and with several threads computing, getting it back costs more than the read. A slow
    request holds nobody up for longer than ``_PATIENCE``: who has waited that long goes ahead beside it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        has_lane = _lane.acquire(timeout=_PATIENCE)
        try:
            return self.get_response(request)
        finally:
            if has_lane:
                _lane.release()
