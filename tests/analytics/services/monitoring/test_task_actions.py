"""What operators do about tasks and queues, once, and noted."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

import pytest
from django.contrib.auth.models import User
from kombu.exceptions import OperationalError

from analytics.models import AuditEntry, PausedQueue, TaskRun
from analytics.services.monitoring import heartbeat, paused, task_actions
from analytics.services.monitoring.heartbeat import Heartbeat
from analytics.services.monitoring.queue_state import remove_message, state_of_queues
from analytics.services.monitoring.task_actions import again, again_all, look_ahead, pause, resume, revoke
from recommender.errors import RecommenderError
from recommender.models.telling import translated_json
from tests.analytics.services.monitoring.tasks import add_run, moment

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> User:
    return User.objects.create_user("otto")


@pytest.fixture
def sent(monkeypatch: Any) -> list[dict[str, Any]]:
    """What would be sent to the broker, instead of being sent."""
    found: list[dict[str, Any]] = []

    class Signature:
        def __init__(self, name: str, args: Any, kwargs: Any) -> None:
            self.told = {"name": name, "args": args, "kwargs": kwargs}

        def apply_async(self, **options: Any) -> None:
            found.append(self.told | options)

    from celery import current_app

    monkeypatch.setattr(
        type(current_app._get_current_object()), "signature", lambda self, *a, **k: Signature(*a, **k)
    )
    return found


@pytest.fixture
def orders(monkeypatch: Any) -> list[tuple[str, str, list[str]]]:
    """What workers are told; those of ``answers`` agree."""
    found: list[tuple[str, str, list[str]]] = []

    class Control:
        def _order(self, what: str, queue: str, destination: list[str], reply: bool = False, **_: Any) -> Any:
            found.append((what, queue, destination))
            return [{destination[0]: {"ok": "done"}}] if reply else None

        def cancel_consumer(self, queue: str, **options: Any) -> Any:
            return self._order("leave", queue, **options)

        def add_consumer(self, queue: str, **options: Any) -> Any:
            return self._order("serve", queue, **options)

        def revoke(self, task_id: str, terminate: bool) -> None:
            found.append(("revoke", task_id, []))

    from celery import current_app

    monkeypatch.setattr(current_app._get_current_object(), "control", Control())
    return found


def add_worker(redis: Any, node: str = "default@here", **fields: Any) -> None:
    usual = {"pid": 1, "queues": ("default",), "concurrency": 2, "memory": 1, "time": time.time()}
    beat = Heartbeat(node, **usual | fields)
    redis.hset(heartbeat.KEY, node, json.dumps(asdict(beat)))


# -- trying again -------------------------------------------------------------------------------------------


def test_a_failed_task_is_sent_again_with_its_input_as_a_new_task(operator: User, sent: Any) -> None:
    run = add_run(call=[[7], {"deep": True}])
    fresh = again(run, operator)
    (told,) = sent
    assert (told["name"], told["args"], told["kwargs"]) == (run.name, [7], {"deep": True})
    assert (told["task_id"], told["parent_id"], told["queue"]) == (fresh.task_id, run.task_id, "default")
    run.refresh_from_db()
    assert (run.again, run.state, run.traceback) == (fresh.task_id, "failed", "Traceback: broken")
    assert (fresh.state, fresh.origin, fresh.parent_id) == ("sent", "again", run.task_id)
    noted = AuditEntry.objects.get()
    assert (noted.actor, noted.action, noted.details["task"]) == (operator, "task.again", fresh.task_id)
    assert (noted.details["sent"], noted.details["not_sent"]) == (1, 0)


def test_a_task_is_tried_again_once_however_often_the_button_is_pressed(operator: User, sent: Any) -> None:
    run = add_run()
    stale = TaskRun.objects.get()
    again(run, operator)
    with pytest.raises(RecommenderError, match="already"):
        again(stale, operator)
    assert len(sent) == 1
    assert TaskRun.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"state": "done"}, "Only a task that failed"),
        ({"call": None}, "too long or holds a secret"),
        ({"name": "recommender.tasks.encode_query"}, "Somebody waited"),
    ],
)
def test_why_a_task_cannot_be_tried_again_is_said(fields: Any, why: str, operator: User, sent: Any) -> None:
    with pytest.raises(RecommenderError, match=why):
        again(add_run(**fields), operator)
    assert sent == []
    assert not AuditEntry.objects.exists()


def test_without_a_broker_nothing_is_changed(operator: User, monkeypatch: Any) -> None:
    def refuse(run: TaskRun) -> None:
        raise OperationalError

    monkeypatch.setattr(task_actions, "_send", refuse)
    run = add_run()
    with pytest.raises(RecommenderError, match="does not answer"):
        again(run, operator)
    run.refresh_from_db()
    assert run.again == ""
    assert TaskRun.objects.count() == 1


def test_all_that_can_be_are_tried_again_and_the_others_are_counted(operator: User, sent: Any) -> None:
    add_run()
    add_run()
    add_run(name="recommender.tasks.purge")
    add_run(call=None)
    add_run(state="done")
    add_run(again="earlier")
    ahead, chosen = look_ahead(TaskRun.objects.all())
    assert (ahead.count, sum(ahead.left_out.values()), len(chosen)) == (3, 1, 3)
    assert sent == []
    done = again_all(TaskRun.objects.all(), operator, "all")
    assert done.tasks == {"recommender.tasks.sweep": 2, "recommender.tasks.purge": 1}
    assert len(sent) == 3
    assert AuditEntry.objects.get().details["count"] == 3
    assert again_all(TaskRun.objects.all(), operator, "all").count == 0


def test_one_that_the_task_takes_no_more_is_left_as_it_was_and_the_others_are_sent(
    operator: User, redis_server: Any
) -> None:
    """As after an upgrade that changed what a task is given; Celery itself refuses it."""
    old = add_run(call=[[1, 2, 3], {}], sent_at=moment(-5))
    add_run()
    done = again_all(TaskRun.objects.all(), operator, "all")
    assert (done.count, sum(done.left_out.values())) == (1, 1)
    old.refresh_from_db()
    assert old.again == ""
    assert TaskRun.objects.filter(state="sent").count() == 1
    with pytest.raises(RecommenderError, match="cannot be sent again as it was"):
        again(old, operator)


def test_there_is_a_limit_to_what_is_tried_again_at_once(operator: User, sent: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(task_actions, "MOST_AT_ONCE", 2)
    for _ in range(5):
        add_run()
    assert again_all(TaskRun.objects.all(), operator, "all").more == 3
    assert len(sent) == 2


def answers_for(tasks: int, monkeypatch: Any) -> None:
    """A broker that is gone after so many tasks."""
    left = iter(range(tasks))

    def send(run: TaskRun) -> None:
        if next(left, None) is None:
            raise OperationalError

    monkeypatch.setattr(task_actions, "_send", send)


def test_the_audit_says_how_many_were_sent_before_the_broker_was_gone(
    operator: User, monkeypatch: Any
) -> None:
    answers_for(2, monkeypatch)
    for _ in range(5):
        add_run()
    with pytest.raises(RecommenderError, match=r"Sent again: 2\. Not sent: 3\."):
        again_all(TaskRun.objects.all(), operator, "all")
    details = AuditEntry.objects.get().details
    assert (details["sent"], details["not_sent"]) == (2, 3)
    assert details["tasks"] == {"recommender.tasks.sweep": 2}


def test_the_audit_says_that_a_task_was_not_sent(operator: User, monkeypatch: Any) -> None:
    answers_for(0, monkeypatch)
    with pytest.raises(RecommenderError):
        again(add_run(), operator)
    details = AuditEntry.objects.get().details
    assert (details["sent"], details["not_sent"]) == (0, 1)


def test_a_process_that_dies_while_it_sends_leaves_in_the_audit_that_it_was_to(
    operator: User, monkeypatch: Any
) -> None:
    def die(run: TaskRun) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(task_actions, "_send", die)
    add_run()
    with pytest.raises(KeyboardInterrupt):
        again_all(TaskRun.objects.all(), operator, "all")
    told = translated_json(AuditEntry.objects.get().details["said"])
    assert told == "To be sent again: 1. What came of it was not noted."


# -- queues -------------------------------------------------------------------------------------------------


def test_pausing_tells_the_workers_of_the_queue_and_is_noted_once(
    operator: User, redis_server: Any, orders: Any
) -> None:
    add_worker(redis_server)
    add_worker(redis_server, "other@here", queues=("query",))
    add_worker(redis_server, "gone@here", time=time.time() - 60)
    told = pause("default", operator)
    pause("default", operator)
    assert (told.serving, told.answered) == (1, 1)
    assert orders[0] == ("leave", "default", ["default@here"])
    assert PausedQueue.objects.get().by == operator
    assert AuditEntry.objects.filter(action="queue.pause", subject="default").count() == 1


def test_resuming_takes_it_back(operator: User, redis_server: Any, orders: Any) -> None:
    add_worker(redis_server)
    pause("default", operator)
    resume("default", operator)
    assert orders[-1] == ("serve", "default", ["default@here"])
    assert not PausedQueue.objects.exists()
    assert AuditEntry.objects.filter(action="queue.resume").count() == 1


def test_a_queue_that_does_not_exist_cannot_be_paused(operator: User) -> None:
    with pytest.raises(RecommenderError):
        pause("holidays", operator)


def test_a_worker_that_starts_leaves_paused_queues_alone(operator: User, monkeypatch: Any) -> None:
    class Consumer:
        def __init__(self) -> None:
            queues = type("Queues", (), {"consume_from": {"default": 1, "encode": 2}})()
            self.app = type("App", (), {"amqp": type("Amqp", (), {"queues": queues})()})()
            self.left: list[str] = []

        def cancel_task_queue(self, name: str) -> None:
            self.left.append(name)

    monkeypatch.setattr(paused, "close_old_connections", lambda: None)
    PausedQueue.objects.create(name="default")
    PausedQueue.objects.create(name="query")
    consumer = Consumer()
    paused.on_worker_ready(sender=consumer)
    assert consumer.left == ["default"]


def test_workers_that_do_not_do_as_the_rows_say_are_told_again(redis_server: Any, orders: Any) -> None:
    PausedQueue.objects.create(name="default")
    add_worker(redis_server, "deaf@here")
    add_worker(redis_server, "right@here", paused=("default",))
    add_worker(redis_server, "shy@here", queues=("query",), paused=("query",))
    assert paused.reapply(time.time()) == 2
    assert sorted(orders) == [("leave", "default", ["deaf@here"]), ("serve", "query", ["shy@here"])]


def test_queues_say_how_many_wait_and_who_serves_them(redis_server: Any) -> None:
    add_worker(redis_server)
    add_worker(redis_server, "second@here", paused=("default",))
    add_worker(redis_server, "silent@here", time=time.time() - 60)
    PausedQueue.objects.create(name="default")
    redis_server.rpush("default", b"one", b"two")
    workers, queues = state_of_queues()
    found = {queue.name: queue for queue in queues}["default"]
    assert (found.length, found.consumers, found.is_paused) == (2, 1, True)
    assert [one.is_silent for one in workers] == [False, False, True]


# -- calling off --------------------------------------------------------------------------------------------


def message(task_id: str) -> bytes:
    return json.dumps({"headers": {"id": task_id}, "body": ""}).encode()


def test_a_waiting_message_is_taken_out_of_its_queue(operator: User, redis_server: Any, orders: Any) -> None:
    run = add_run(state="sent")
    redis_server.rpush("default", *[message(f"other-{n}") for n in range(700)], message(run.task_id))
    assert revoke(run, operator)
    run.refresh_from_db()
    assert (run.state, run.message) == ("revoked", "revoked")
    assert redis_server.llen("default") == 700
    assert orders == []
    assert AuditEntry.objects.get().details == {"removed": True}


def test_a_message_that_a_worker_holds_is_called_off_there(
    operator: User, redis_server: Any, orders: Any
) -> None:
    run = add_run(state="sent")
    assert not revoke(run, operator)
    assert orders == [("revoke", run.task_id, [])]
    run.refresh_from_db()
    assert run.state == "sent"  # until its worker says so


@pytest.mark.parametrize(
    ("state", "why"), [("started", "is running"), ("done", "is over"), ("failed", "is over")]
)
def test_what_is_running_or_over_cannot_be_called_off(state: str, why: str, operator: User) -> None:
    with pytest.raises(RecommenderError, match=why):
        revoke(add_run(state=state), operator)


def test_a_message_that_mentions_the_id_elsewhere_stays(redis_server: Any) -> None:
    redis_server.rpush("default", json.dumps({"headers": {"id": "a", "parent_id": "task-1"}}))
    assert not remove_message("default", "task-1")
    assert redis_server.llen("default") == 1
