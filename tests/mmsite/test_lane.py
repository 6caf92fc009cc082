"""Short requests one at a time, slow ones never in the way for long."""

from __future__ import annotations

import threading
import time

import pytest
from django.http import HttpRequest, HttpResponse

from mmsite import lane
from mmsite.lane import Lane, LaneMiddleware


def test_a_second_request_waits_for_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "_PATIENCE", 60.0)
    begun, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path == "first":
            begun.set()
            go_on.wait(30)
        order.append(request.path)
        return HttpResponse()

    threads = [threading.Thread(target=ask, args=(answer, name)) for name in ("first", "second")]
    threads[0].start()
    assert begun.wait(30)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert order == ["first", "second"]


def test_a_slow_request_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "_PATIENCE", 0.01)
    begun, go_on = threading.Event(), threading.Event()

    def slow(_request: HttpRequest) -> HttpResponse:
        begun.set()
        go_on.wait(30)
        return HttpResponse()

    first = threading.Thread(target=ask, args=(slow, "slow"))
    first.start()
    assert begun.wait(30)
    assert ask(lambda _request: HttpResponse("quick"), "quick").content == b"quick"
    go_on.set()
    first.join(30)


def test_the_lane_is_free_again_after_an_error() -> None:
    def fail(_request: HttpRequest) -> HttpResponse:
        raise ValueError

    with pytest.raises(ValueError):
        ask(fail, "broken")
    assert lane._lane.is_free


def test_whoever_has_waited_longest_is_next() -> None:
    one = Lane()
    assert one.enter(0.0)
    order: list[int] = []

    def wait_and_go(number: int) -> None:
        assert one.enter(60.0)
        order.append(number)
        one.leave()

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=wait_and_go, args=(number,)))
        threads[-1].start()
        until = time.monotonic() + 30
        while len(one._waiting) <= number:  # until it stands in line
            assert time.monotonic() < until
    one.leave()
    for thread in threads:
        thread.join(30)
    assert order == list(range(5))
    assert one.is_free


def test_who_runs_out_of_patience_leaves_the_line_to_the_others() -> None:
    one = Lane()
    assert one.enter(0.0)
    assert not one.enter(0.001)
    assert not one._waiting
    one.leave()
    assert one.enter(0.0)


def test_only_one_is_ever_in_the_lane() -> None:
    one, inside, most, turns = Lane(), [0], [0], [0]

    def come_and_go() -> None:
        for _ in range(300):
            if one.enter(60.0):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                turns[0] += 1
                inside[0] -= 1
                one.leave()

    threads = [threading.Thread(target=come_and_go) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (most[0], turns[0]) == (1, 1800)
    assert one.is_free


def ask(answer: object, path: str) -> HttpResponse:
    request = HttpRequest()
    request.path = path
    return LaneMiddleware(answer)(request)  # type: ignore[arg-type]
