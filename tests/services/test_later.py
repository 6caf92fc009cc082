"""Work that nobody waits for."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from recommender.services import later as module
from recommender.services.later import later


@pytest.fixture
def aside(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WORK_ASIDE = True
    monkeypatch.setattr(module, "close_old_connections", lambda: None)


def test_work_is_done_by_another_thread_in_the_order_of_asking(aside: None) -> None:
    done: list[tuple[int, int]] = []
    over = threading.Event()
    for number in range(5):
        later(lambda number=number: done.append((number, threading.get_ident())))
    later(over.set)
    assert over.wait(30)
    assert [number for number, _ in done] == [0, 1, 2, 3, 4]
    assert {thread for _, thread in done} != {threading.get_ident()}


def test_what_fails_is_logged_and_the_rest_goes_on(aside: None, caplog: pytest.LogCaptureFixture) -> None:
    over = threading.Event()

    def fail() -> None:
        raise ValueError("no such thing")

    with caplog.at_level(logging.ERROR):
        later(fail)
        later(over.set)
        assert over.wait(30)
    assert "no such thing" in caplog.text


def test_beyond_what_may_wait_work_is_done_at_once(aside: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_waiting", threading.BoundedSemaphore(1))
    begun, go_on = threading.Event(), threading.Event()
    later(lambda: (begun.set(), go_on.wait(30)))
    assert begun.wait(30)
    threads: list[int] = []
    later(lambda: threads.append(threading.get_ident()))
    go_on.set()
    assert threads == [threading.get_ident()]


def test_an_answer_that_is_finished_while_the_process_ends_does_its_work_at_once(
    aside: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = ThreadPoolExecutor(1)
    ended.shutdown()
    monkeypatch.setattr(module, "_thread", ended)
    free = threading.BoundedSemaphore(1)
    monkeypatch.setattr(module, "_waiting", free)
    threads: list[int] = []
    later(lambda: threads.append(threading.get_ident()))
    assert threads == [threading.get_ident()]
    assert free.acquire(blocking=False)


def test_without_the_setting_work_is_done_here_and_now(settings: Any) -> None:
    settings.WORK_ASIDE = False
    threads: list[int] = []
    later(lambda: threads.append(threading.get_ident()))
    assert threads == [threading.get_ident()]
