"""Every request has an id, which its answer, its tasks and its trace carry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from analytics.models import RequestTrace
from analytics.services.monitoring.event_stream import OUTBOX, flush_events
from analytics.services.monitoring.task_rows import move_events
from mmsite import measure
from mmsite.measure import MeasureMiddleware
from recommender.services import tracing


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    OUTBOX.forget()
    yield
    OUTBOX.forget()


def ask(view: Any, **headers: str) -> HttpResponse:
    answer = MeasureMiddleware(view)(RequestFactory().get("/somewhere/?q=secret", headers=headers))
    assert isinstance(answer, HttpResponse)
    return answer


def seen(request: HttpRequest) -> HttpResponse:
    return HttpResponse(tracing.request_id())


def test_an_answer_carries_the_id_under_which_its_work_was_done() -> None:
    first, second = ask(seen), ask(seen)
    assert first.headers["X-Request-ID"] == first.content.decode()
    assert len(first.content) == 32
    assert first.content != second.content
    assert tracing.request_id() == ""


@pytest.fixture
def trusted(settings: Any) -> None:
    settings.TRUST_REQUEST_ID = True


@pytest.mark.parametrize("given", ["proxy-0123456789", "a_b-c_d-", "x" * 64])
def test_an_id_that_a_trusted_proxy_gave_is_kept(trusted: None, given: str) -> None:
    assert ask(seen, **{"X-Request-ID": given}).headers["X-Request-ID"] == given


def test_an_id_that_anybody_gave_is_not_taken() -> None:
    answer = ask(seen, **{"X-Request-ID": "proxy-0123456789"})
    assert answer.headers["X-Request-ID"] == answer.content.decode() != "proxy-0123456789"
    assert len(answer.content) == 32


@pytest.mark.parametrize(
    "given",
    ["short", "x" * 65, "with spaces in it", "<script>alert(1)</script>", "nine-niné", "a-line-break\n"],
)
def test_an_id_that_is_none_is_replaced(trusted: None, given: str) -> None:
    assert ask(seen, **{"X-Request-ID": given}).headers["X-Request-ID"] != given


def kept() -> list[RequestTrace]:
    assert flush_events()
    move_events()
    return list(RequestTrace.objects.all())


@pytest.mark.django_db
def test_an_ordinary_request_leaves_no_trace() -> None:
    ask(seen)
    assert kept() == []


@pytest.mark.django_db
def test_a_request_that_failed_is_kept_without_its_query(trusted: None) -> None:
    ask(lambda request: HttpResponse(status=500), **{"X-Request-ID": "proxy-0123456789"})
    (row,) = kept()
    assert (row.request_id, row.status, row.path, row.method) == (
        "proxy-0123456789",
        500,
        "/somewhere/",
        "GET",
    )


@pytest.mark.django_db
def test_a_slow_request_is_kept(monkeypatch: Any) -> None:
    monkeypatch.setattr(measure, "SLOW_SECONDS", 0.0)
    ask(seen)
    assert len(kept()) == 1


@pytest.mark.django_db
def test_a_request_that_sent_a_task_is_kept() -> None:
    def sends(request: HttpRequest) -> HttpResponse:
        trace = tracing.current_trace()
        assert trace is not None
        trace.sent += 1
        return HttpResponse()

    ask(sends)
    assert len(kept()) == 1


@pytest.mark.django_db
def test_the_page_of_a_fault_shows_the_id(monkeypatch: Any) -> None:
    from recommender.web import shortcuts  # a page that asks for nothing

    def breaks(*args: Any, **kwargs: Any) -> HttpResponse:
        raise ZeroDivisionError

    monkeypatch.setattr(shortcuts, "render", breaks)
    answer = Client(raise_request_exception=False).get("/shortcuts/")
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in answer.content.decode()
