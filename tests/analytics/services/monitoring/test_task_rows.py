"""Events become rows, in whatever order they arrive and however often."""

from __future__ import annotations

import itertools
import json
import random
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from analytics.models import RequestTrace, StreamPosition, TaskRun
from analytics.services.monitoring import task_rows
from analytics.services.monitoring.event_stream import STREAM
from analytics.services.monitoring.task_rows import apply_events, forget_old_tasks, move_events
from tests.analytics.services.monitoring.tasks import add_run, event, moment

pytestmark = pytest.mark.django_db

SENT = event("sent", 0, queue="default", arguments="(7,)", call=[[7], {}], request="request-1")
STARTED = event("started", 2, worker="default@here", queue="default")
DONE = event("done", 5, worker="default@here", run=3.0, result="12")
FAILED = event(
    "failed", 5, run=3.0, exception="ValueError", message="no", traceback="at line 1", subject="media 4"
)
LIFE = {
    "done": [SENT, STARTED, DONE],
    "failed": [SENT, STARTED, FAILED],
    "retried": [
        SENT, STARTED, event("sent", 3, attempt=1, queue="default"),
        event("retried", 3.1, run=1.0, worker="default@here", exception="OSError",
              message="later", traceback="at line 2"),
        event("started", 8, attempt=1, worker="default@there"),
        event("done", 9, attempt=1, run=1.0, worker="default@there"),
    ],
    "revoked": [SENT, event("revoked", 4, attempt=None, message="expired")],
}  # fmt: skip


def told(run: TaskRun) -> dict[str, Any]:
    return {name: getattr(run, name) for name in task_rows._FIELDS}


@pytest.mark.parametrize("life", LIFE)
def test_any_order_of_the_events_ends_in_the_same_row(life: str) -> None:
    apply_events(LIFE[life])
    expected = told(TaskRun.objects.get())
    orders = list(itertools.permutations(LIFE[life]))
    for order in random.Random(1).sample(orders, min(60, len(orders))):
        TaskRun.objects.all().delete()
        for one in order:
            apply_events([one])
        assert told(TaskRun.objects.get()) == expected


def test_a_task_that_ends_well_is_told_whole() -> None:
    apply_events(LIFE["done"])
    run = TaskRun.objects.get()
    assert (run.state, run.runtime, run.wait, run.result, run.worker) == (
        "done",
        3.0,
        2.0,
        "12",
        "default@here",
    )
    assert (run.arguments, run.call, run.request_id) == ("(7,)", [[7], {}], "request-1")
    assert run.finished_at == moment(5)


def test_a_late_start_never_overwrites_the_end() -> None:
    apply_events([SENT, FAILED])
    apply_events([STARTED])
    run = TaskRun.objects.get()
    assert (run.state, run.started_at, run.traceback) == ("failed", moment(2), "at line 1")


def test_a_task_that_was_retried_keeps_why() -> None:
    apply_events(LIFE["retried"])
    run = TaskRun.objects.get()
    assert (run.state, run.retries, run.exception, run.traceback) == ("done", 1, "OSError", "at line 2")


def test_a_task_whose_worker_died_is_told_by_its_parent() -> None:
    apply_events(
        [SENT, STARTED, event("failed", 6, attempt=None, exception="WorkerLostError", message="killed")]
    )
    run = TaskRun.objects.get()
    assert (run.state, run.exception) == ("failed", "WorkerLostError")


def test_telling_it_again_changes_nothing() -> None:
    apply_events(LIFE["failed"])
    before = told(TaskRun.objects.get())
    apply_events(LIFE["failed"])
    assert told(TaskRun.objects.get()) == before


def test_an_event_that_makes_no_sense_is_left_out() -> None:
    apply_events([event("sung"), {"e": "sent", "t": 1.0, "id": ""}])
    assert not TaskRun.objects.exclude(task_id="task-1").exists()


# -- the stream ---------------------------------------------------------------------------------------------


def put(redis: Any, *events: dict[str, Any]) -> None:
    for one in events:
        redis.xadd(STREAM, {"e": json.dumps(one)})


def test_events_move_from_the_stream_once(redis_server: Any) -> None:
    put(redis_server, *LIFE["done"])
    assert move_events() == 3
    assert move_events() == 0
    assert redis_server.xlen(STREAM) == 0
    assert TaskRun.objects.get().state == "done"


def test_what_was_moved_is_not_moved_again_though_it_still_lies_there(redis_server: Any) -> None:
    put(redis_server, SENT)
    entry = redis_server.xrange(STREAM)[-1][0].decode()
    StreamPosition.objects.create(stream=STREAM, last=entry)
    assert move_events() == 0
    assert not TaskRun.objects.exists()


def test_position_and_rows_are_written_together_or_not_at_all(redis_server: Any, monkeypatch: Any) -> None:
    put(redis_server, SENT)

    def fail(events: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(task_rows, "_apply_requests", fail)
    with pytest.raises(ZeroDivisionError):
        move_events()
    assert not TaskRun.objects.exists()
    monkeypatch.undo()
    assert move_events() == 1


def test_rubbish_in_the_stream_is_passed_over(redis_server: Any) -> None:
    redis_server.xadd(STREAM, {"e": "{"})
    redis_server.xadd(STREAM, {"z": b"not compressed"})
    redis_server.xadd(STREAM, {"other": "x"})
    put(redis_server, SENT)
    assert move_events() == 4
    assert TaskRun.objects.count() == 1


def test_an_event_that_no_row_can_hold_keeps_no_other_out(redis_server: Any) -> None:
    """Its time is no time, so that it fails wherever it lies among the others."""
    put(redis_server, SENT, event("sent", task="task-2") | {"t": "soon"}, event("sent", task="task-3"))
    assert move_events() == 3
    assert set(TaskRun.objects.values_list("task_id", flat=True)) == {"task-1", "task-3"}
    assert move_events() == 0


def test_a_thousand_events_take_few_statements(django_assert_max_num_queries: Any) -> None:
    events = [event(what, n, f"task-{n}") for n in range(300) for what in ("sent", "started", "done")]
    with django_assert_max_num_queries(10):
        apply_events(events)
    assert TaskRun.objects.filter(state="done").count() == 300


# -- requests -----------------------------------------------------------------------------------------------


def asked(request_id: str, **more: Any) -> dict[str, Any]:
    return {
        "e": "request", "t": moment(3).timestamp(), "id": request_id, "method": "POST",
        "path": "/manage/upload/", "view": "upload", "status": 302, "seconds": 2.0, "user": None, **more,
    }  # fmt: skip


def test_a_request_becomes_a_row_that_begins_when_it_was_asked() -> None:
    user = User.objects.create_user("olga")
    apply_events([asked("request-1", user=user.pk)])
    row = RequestTrace.objects.get()
    assert (row.view, row.status, row.user, row.at) == ("upload", 302, user, moment(1))


def test_a_request_of_somebody_who_is_gone_has_nobody() -> None:
    apply_events([asked("request-1", user=987_654), asked("request-1")])
    assert RequestTrace.objects.get().user is None
    connection.check_constraints()


# -- forgetting ---------------------------------------------------------------------------------------------


def test_failures_go_after_two_weeks() -> None:
    add_run(sent_at=moment(0))
    kept = add_run(sent_at=moment(0) + timedelta(days=2))
    forget_old_tasks(moment(0) + timedelta(days=15))
    assert list(TaskRun.objects.all()) == [kept]


def test_of_a_task_that_ends_well_the_newest_are_kept_and_failures_among_them(monkeypatch: Any) -> None:
    monkeypatch.setattr(task_rows, "MOST_DONE_OF_ONE", 3)
    failed = add_run(name="often", sent_at=moment(0))
    rare = add_run(name="rare", state="done", sent_at=moment(0))
    often = [add_run(name="often", state="done", sent_at=moment(n)) for n in range(10)]
    assert forget_old_tasks(moment(60)) == 7
    assert set(TaskRun.objects.all()) == {failed, rare, *often[-3:]}


def test_there_are_never_more_rows_than_so_many(monkeypatch: Any) -> None:
    monkeypatch.setattr(task_rows, "MOST_ROWS", 4)
    runs = [add_run(sent_at=moment(n)) for n in range(9)]
    forget_old_tasks(moment(60))
    assert set(TaskRun.objects.all()) == set(runs[-4:])
