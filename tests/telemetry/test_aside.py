"""The thread that sends: started by the first record, and not ended by what cannot be sent."""

from __future__ import annotations

import threading
from typing import Any

from recommender.telemetry.aside import Aside


def test_what_one_portion_holds_does_not_end_the_thread(settings: Any) -> None:
    settings.WORK_ASIDE = True
    tries, twice = [], threading.Event()

    def send() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "a surrogate")
        twice.set()
        if len(tries) == 2:  # the thread has shown that it lives, and is to be quiet from now on
            threading.Event().wait()

    Aside("test", 0.001, send).wake()
    assert twice.wait(10)


def test_without_work_aside_there_is_no_thread(settings: Any) -> None:
    settings.WORK_ASIDE = False
    before = threading.active_count()
    Aside("test", 0.001, lambda: None).wake()
    assert threading.active_count() == before
