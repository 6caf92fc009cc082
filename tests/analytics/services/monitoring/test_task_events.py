"""Signals of Celery become small events without secrets, and recording them costs next to nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery, signals
from redis.exceptions import ConnectionError as RedisConnectionError

from analytics.models import TaskRun
from analytics.services.monitoring import event_stream, task_events
from analytics.services.monitoring.event_stream import MOST_HERE, OUTBOX, STREAM, flush_events, unpacked
from analytics.services.monitoring.task_rows import move_events
from recommender.services.tracing import begin_trace, end_trace, working_on

SECRET = "hunter2-and-more"


class Sender(SimpleNamespace):
    """What a signal says it comes from; signals remember their senders."""

    __hash__ = object.__hash__


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    OUTBOX.forget()
    yield
    OUTBOX.forget()


@pytest.fixture
def app() -> Iterator[Celery]:
    """An application of this test's own, whose tasks run where they are called."""
    from celery import _state

    before = _state.default_app, _state.get_current_app()
    made = Celery("test", set_as_current=False)
    made.conf.update(task_always_eager=True, task_eager_propagates=False)
    yield made
    assert (_state.default_app, _state.get_current_app()) == before


def told(redis: Any) -> list[dict[str, Any]]:
    assert flush_events()
    found = [unpacked(fields) for _id, fields in redis.xrange(STREAM)]
    return [one for one in found if one]


def publish(name: str = "shop.tidy", args: Any = (), kwargs: Any = None, **headers: Any) -> dict[str, Any]:
    """What Celery does when a task is sent."""
    headers = {"id": "task-1", "retries": 0} | headers
    body = (args, kwargs or {}, {})
    signals.before_task_publish.send(sender=name, headers=headers, body=body)
    signals.after_task_publish.send(sender=name, headers=headers, body=body, routing_key="default")
    return headers


def test_a_sent_task_is_told_with_its_input_and_queue(redis_server: Any) -> None:
    publish(args=(7, "bag"), kwargs={"deep": True})
    (event,) = told(redis_server)
    assert (event["e"], event["id"], event["name"], event["queue"]) == (
        "sent",
        "task-1",
        "shop.tidy",
        "default",
    )
    assert event["arguments"] == "(7, 'bag') {'deep': True}"
    assert event["call"] == [[7, "bag"], {"deep": True}]


@pytest.mark.parametrize("kwargs", [{"password": SECRET}, {"url": f"https://me:{SECRET}@host/"}])
def test_input_with_a_secret_is_shown_without_it_and_not_kept_for_another_try(
    kwargs: Any, redis_server: Any
) -> None:
    publish(kwargs=kwargs)
    (event,) = told(redis_server)
    assert "call" not in event
    assert SECRET not in json.dumps(event)


def test_long_input_is_cut_and_not_kept_for_another_try(redis_server: Any) -> None:
    publish(args=("x" * 10_000,))
    (event,) = told(redis_server)
    assert len(event["arguments"]) <= task_events.ARGUMENTS
    assert "call" not in event


def test_input_that_is_not_json_is_told_all_the_same(redis_server: Any) -> None:
    publish(args=({1, 2},))
    assert told(redis_server)[0]["arguments"] == "({1, 2},)"


def test_the_request_goes_with_the_message_and_from_task_to_task(redis_server: Any) -> None:
    trace, token = begin_trace("request-1234")
    headers = publish()
    end_trace(token)
    assert trace.sent == 1
    assert headers[task_events.REQUEST_HEADER] == "request-1234"

    request = SimpleNamespace(**headers, hostname="here", delivery_info={"routing_key": "default"})
    task = Sender(name="shop.tidy", request=request)
    signals.task_prerun.send(sender=task, task=task, task_id="task-1")
    follow = publish(id="task-2", parent_id="task-1")
    signals.task_postrun.send(sender=task, task=task, task_id="task-1")
    after = publish(id="task-3")

    assert follow[task_events.REQUEST_HEADER] == "request-1234"
    assert after[task_events.REQUEST_HEADER] == ""
    events = {event["id"] + event["e"]: event for event in told(redis_server)}
    assert events["task-2sent"]["parent"] == "task-1"
    assert events["task-1started"]["request"] == "request-1234"


@pytest.mark.django_db
def test_a_failing_task_is_told_with_traceback_and_what_it_was_at(app: Celery, redis_server: Any) -> None:
    @app.task(name="shop.break")
    def breaks(number: int) -> None:
        working_on("media", 12)
        raise ValueError(f"password={SECRET}")

    breaks.delay(3)
    told(redis_server)
    move_events()
    run = TaskRun.objects.get()
    assert (run.state, run.exception, run.subject, run.arguments) == (
        "failed",
        "ValueError",
        "media 12",
        "(3,)",
    )
    assert "test_task_events.py" in run.traceback
    assert run.runtime is not None
    assert SECRET not in run.traceback + run.message


@pytest.mark.django_db
def test_a_task_that_ends_well_is_told_with_its_result(app: Celery, redis_server: Any) -> None:
    @app.task(name="shop.count")
    def count() -> int:
        return 12

    count.delay()
    told(redis_server)
    move_events()
    run = TaskRun.objects.get()
    assert (run.state, run.result, run.exception) == ("done", "12", "")


def test_what_a_task_was_at_is_forgotten_by_the_next(app: Celery, redis_server: Any) -> None:
    @app.task(name="shop.break")
    def breaks(say: bool) -> None:
        if say:
            working_on("media", 12)
        raise ValueError

    breaks.delay(True)
    breaks.delay(False)
    failed = [event for event in told(redis_server) if event["e"] == "failed"]
    assert [event.get("subject") for event in failed] == ["media 12", None]


def test_a_long_traceback_keeps_its_end(redis_server: Any) -> None:
    task = Sender(
        name="shop.tidy", request=SimpleNamespace(id="task-1", retries=0, hostname="here", delivery_info={})
    )
    info = SimpleNamespace(traceback="line\n" * 20_000 + "ValueError: the end")
    signals.task_failure.send(sender=task, task_id="task-1", exception=ValueError("no"), einfo=info)
    (event,) = told(redis_server)
    assert len(event["traceback"]) <= task_events.TRACEBACK
    assert event["traceback"].endswith("the end")


def test_an_expired_task_is_told_as_called_off(redis_server: Any) -> None:
    task = Sender(name="shop.tidy")
    signals.task_revoked.send(
        sender=task, request=SimpleNamespace(id="task-1"), terminated=False, signum=None, expired=True
    )
    (event,) = told(redis_server)
    assert (event["e"], event["message"]) == ("revoked", "expired")


# -- bounds -------------------------------------------------------------------------------------------------


def test_of_a_million_events_without_redis_the_newest_few_are_kept() -> None:
    for number in range(1_000_000):
        OUTBOX.put(dict, {"id": number})
    assert len(OUTBOX) == MOST_HERE
    assert OUTBOX._waiting[-1][1] == {"id": 999_999}


def test_the_stream_is_bounded(redis_server: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(event_stream, "MOST_IN_REDIS", 500)
    for _ in range(4):
        for number in range(1_000):
            OUTBOX.put(dict, {"id": str(number)})
        assert flush_events()
    assert redis_server.xlen(STREAM) < 1_000


def test_events_wait_for_redis_in_their_order(redis_server: Any, monkeypatch: Any) -> None:
    def refuse() -> Any:
        raise RedisConnectionError("no")

    with monkeypatch.context() as patch:
        patch.setattr(event_stream, "shared_redis", refuse)
        publish(id="task-1")
        publish(id="task-2")
        assert not flush_events()
    assert [event["id"] for event in told(redis_server)] == ["task-1", "task-2"]


def test_input_that_cannot_be_told_costs_only_its_event(redis_server: Any) -> None:
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError

    def odd(event: dict[str, Any]) -> dict[str, Any]:
        return {"bad": Odd()}

    OUTBOX.put(odd, {"id": "task-1"})
    publish(id="task-2")
    assert [event["id"] for event in told(redis_server)] == ["task-2"]


def test_recording_costs_little(redis_server: Any) -> None:
    """A tenth of a millisecond is the bar; a shared machine may be ten times slower than it is alone."""
    times = []
    for number in range(2_000):
        began = time.perf_counter()
        publish(id=str(number), args=(number,))
        times.append(time.perf_counter() - began)
    assert sorted(times)[1_000] < 100e-6
