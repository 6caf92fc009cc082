"""Short requests one at a time, slow ones never in the way for long."""

from __future__ import annotations

import threading

import pytest
from django.http import HttpRequest, HttpResponse

from mmsite import lane
from mmsite.lane import LaneMiddleware


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
    assert not lane._lane.locked()


def ask(answer: object, path: str) -> HttpResponse:
    request = HttpRequest()
    request.path = path
    return LaneMiddleware(answer)(request)  # type: ignore[arg-type]
