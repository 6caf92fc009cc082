"""Beat ends at the first signal, however many there are."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest
from celery.signals import beat_init

from analytics.services.monitoring import task_events
from mmsite.ending import end_once


@pytest.fixture
def own_handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_while_one_is_handled_is_not_handled_again(own_handlers: None) -> None:
    """The lock is what Celery's handler takes: taken twice by one thread, it would never be free again."""
    lock, ended = threading.Lock(), []

    def handler(number: int, frame: object) -> None:
        with lock:
            for _ in range(3):
                os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGINT)
            ended.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)
    end_once()
    os.kill(os.getpid(), signal.SIGTERM)
    assert ended == [signal.SIGTERM]


def test_beat_is_started_so(own_handlers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_events, "_origin", "")  # which beat's start changes, too
    ended = []
    signal.signal(signal.SIGTERM, lambda number, frame: ended.append(number))
    beat_init.send(sender=None)
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGTERM)
    assert ended == [signal.SIGTERM]
