"""Work that an answer needs, done beside it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from recommender.services import aside as module
from recommender.services.aside import aside


def test_work_is_begun_at_once_in_another_thread() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(number: int) -> tuple[int, int]:
        begun.set()
        assert go_on.wait(30)
        return number, threading.get_ident()

    asked = aside(work, 5)
    assert begun.wait(30)
    go_on.set()
    number, thread = asked.result(30)
    assert number == 5
    assert thread != threading.get_ident()


def test_what_fails_fails_where_it_is_waited_for() -> None:
    with pytest.raises(ZeroDivisionError):
        aside(lambda: 1 // 0).result(30)


def test_a_process_on_its_way_out_does_the_work_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = ThreadPoolExecutor(1)
    ended.shutdown()
    monkeypatch.setattr(module, "_threads", ended)
    assert aside(threading.get_ident).result(0) == threading.get_ident()
