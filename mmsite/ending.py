"""Programs that end at the first signal that asks them to, and take no notice of further ones."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

_ENDING = (signal.SIGTERM, signal.SIGINT)


def end_once(**_: Any) -> None:
    """Celery's ``beat_init``: let what beat does at a signal be done once.

    Its handler takes locks that cannot be taken twice, in the thread that it interrupts. A second signal
    while the first is being handled, as when a supervisor and the system both ask, would stop it for good.
    """
    ending = False
    handlers = {number: signal.getsignal(number) for number in _ENDING}

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal ending
        handler = handlers[signal.Signals(number)]
        if not ending and callable(handler):
            ending = True
            handler(number, frame)

    for number in _ENDING:
        signal.signal(number, handle)
