"""Levels of queues and workers, with planted messages and signs of life, and one real worker."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, current_app
from celery.contrib.testing.worker import start_worker
from redis import Redis

from analytics.services.monitoring import heartbeat, levels_queues, published
from analytics.services.monitoring.heartbeat import Heartbeat, Pulse
from analytics.services.monitoring.published import published_at
from recommender.telemetry import flush, read_totals
from tests.analytics.services.monitoring.levels.conftest import Said

NOW = 1_700_000_000.0


def message(at: float | None) -> str:
    headers = {"task": "t"} if at is None else {"task": "t", published.PUBLISHED_AT: at}
    return json.dumps({"body": "W10=", "headers": headers, "properties": {}})


def plant(redis: Redis, node: str, at: float, **said: Any) -> None:
    fields = {"node": node, "pid": 1, "queues": ["default"], "concurrency": 2, "memory": 1000, "time": at}
    redis.hset(heartbeat.KEY, node, json.dumps(fields | said))


@pytest.fixture
def real_queues() -> Iterator[Celery]:
    """Tasks go to Redis, as in service."""
    app = current_app._get_current_object()
    app.conf.task_always_eager = False
    yield app
    app.conf.task_always_eager = True


# -- queues -------------------------------------------------------------------------------------------------


def test_the_length_of_each_queue_is_told(redis_server: Redis, said: Said) -> None:
    redis_server.lpush("encode", *[message(NOW)] * 3)
    levels_queues.take_queues(NOW)
    assert said("celery_queue_length") == {
        ("default",): 0.0, ("encode",): 3.0, ("imports",): 0.0, ("query",): 0.0,
    }  # fmt: skip


def test_the_age_is_that_of_the_message_that_a_worker_takes_next(redis_server: Redis, said: Said) -> None:
    """Celery puts messages in at the left."""
    for age in (70, 20, 5):
        redis_server.lpush("encode", message(NOW - age))
    levels_queues.take_queues(NOW)
    assert said("mmsite_queue_oldest_seconds")["encode",] == 70.0
    assert said("mmsite_queue_oldest_seconds")["query",] == 0.0


def test_a_message_that_does_not_say_when_it_was_sent_has_no_age(redis_server: Redis, said: Said) -> None:
    redis_server.lpush("encode", message(None))
    redis_server.lpush("query", "not a message")
    levels_queues.take_queues(NOW)
    assert said("mmsite_queue_oldest_seconds").keys() == {("default",), ("imports",)}


def test_messages_that_workers_hold_are_counted(redis_server: Redis, said: Said) -> None:
    redis_server.hset("unacked", mapping={"1": "a", "2": "b"})
    levels_queues.take_queues(NOW)
    assert said("mmsite_tasks_unacked") == {(): 2.0}


def test_a_message_says_when_it_was_sent(real_queues: Celery, redis_server: Redis) -> None:
    before = time.time()
    real_queues.send_task("recommender.tasks.sweep", queue="imports")
    real_queues.send_task("recommender.tasks.purge", queue="imports")
    oldest = redis_server.lindex("imports", -1)
    assert json.loads(oldest)["headers"]["task"] == "recommender.tasks.sweep"
    assert before <= (published_at(oldest) or 0.0) <= time.time()


# -- workers ------------------------------------------------------------------------------------------------


def test_a_worker_that_is_heard_from_is_up_with_what_it_says(redis_server: Redis, said: Said) -> None:
    plant(redis_server, "default@here", NOW - 3, active=1, prefetched=4)
    levels_queues.take_workers(NOW)
    node = ("default@here",)
    assert said("celery_worker_up") == {node: 1.0}
    assert said("celery_worker_tasks_active") == {node: 1.0}
    assert said("mmsite_worker_busy_ratio") == {node: 0.5}
    assert said("mmsite_worker_prefetched") == {node: 4.0}
    assert said("mmsite_worker_memory_bytes") == {node: 1000.0}
    assert said("mmsite_worker_heartbeat_seconds") == {node: 3.0}


def test_a_silent_worker_is_down_and_says_nothing_else(redis_server: Redis, said: Said) -> None:
    plant(redis_server, "default@here", NOW - 3, active=2)
    levels_queues.take_workers(NOW)
    levels_queues.take_workers(NOW + 60)
    assert said("celery_worker_up") == {("default@here",): 0.0}
    assert said("mmsite_worker_heartbeat_seconds") == {("default@here",): 63.0}
    assert said("celery_worker_tasks_active") == {}


def test_a_worker_that_ended_in_good_order_is_forgotten(redis_server: Redis, said: Said) -> None:
    plant(redis_server, "default@here", NOW)
    levels_queues.take_workers(NOW)
    redis_server.delete(heartbeat.KEY)
    levels_queues.take_workers(NOW + 10)
    assert said("celery_worker_up") == {}


def test_each_queue_says_who_serves_it_also_when_nobody_does(redis_server: Redis, said: Said) -> None:
    plant(redis_server, "one@here", NOW, queues=["default", "imports"], concurrency=2)
    plant(redis_server, "two@here", NOW, queues=["default"], concurrency=3)
    levels_queues.take_workers(NOW)
    assert said("celery_active_worker_count") == {
        ("default",): 2.0, ("encode",): 0.0, ("imports",): 1.0, ("query",): 0.0,
    }  # fmt: skip
    assert said("celery_active_process_count")["default",] == 5.0


def test_a_worker_does_not_serve_the_queues_it_leaves_alone(redis_server: Redis, said: Said) -> None:
    plant(redis_server, "one@here", NOW, queues=["default", "imports"], paused=["imports"])
    levels_queues.take_workers(NOW)
    assert said("celery_active_worker_count")["imports",] == 0.0
    assert said("celery_active_worker_count")["default",] == 1.0


def test_a_sign_of_life_of_the_release_before_is_understood(redis_server: Redis) -> None:
    plant(redis_server, "default@here", NOW)
    (one,) = heartbeat.heard_from(NOW)
    assert (one.active, one.prefetched, one.devices) == (0, 0, ())


def test_a_file_that_is_mapped_is_no_memory_of_a_worker(tmp_path: Path) -> None:
    import mmap

    file = tmp_path / "large"
    file.write_bytes(bytes(64 << 20))
    before = heartbeat.own_bytes()
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert sum(mapped[:: mmap.PAGESIZE]) == 0
        assert 0 < heartbeat.own_bytes() < before + (16 << 20)


def test_memory_of_a_worker_includes_its_children() -> None:
    import subprocess
    import sys

    child = subprocess.Popen([sys.executable, "-c", "print('up', flush=True); input()"], stdin=-1, stdout=-1)
    try:
        assert child.stdout is not None
        child.stdout.readline()
        alone = heartbeat.own_bytes()
        assert heartbeat.own_bytes(child.pid) > 1_000_000
        assert heartbeat.family_bytes() > alone + 1_000_000
    finally:
        child.communicate(b"\n")


def test_a_real_worker_tells_what_it_runs_and_how_long_tasks_waited(
    real_queues: Celery, redis_server: Redis, said: Said
) -> None:
    """Three messages wait while the first of them runs; the first had waited before there was a worker."""
    seen: list[Heartbeat] = []
    over = threading.Event()

    @real_queues.task(name="tests.look")
    def look() -> None:
        seen.append(Pulse("here", ("imports",), 1)._now())
        if len(seen) == 3:
            over.set()

    for _ in range(3):
        real_queues.send_task("tests.look", queue="imports")
    with start_worker(
        real_queues, pool="solo", queues=["imports"], perform_ping_check=False, loglevel="ERROR"
    ):
        assert over.wait(30)
    del real_queues.tasks["tests.look"]
    assert [one.active for one in seen] == [1, 1, 1]
    assert max(one.prefetched for one in seen) <= 1  # as the settings say
    assert flush()
    waits = read_totals().histograms["mmsite_task_wait_seconds"]["tests.look",]
    assert sum(waits[:-1]) == 3
    assert 0.0 < waits[-1] < 90.0


# -- waiting ------------------------------------------------------------------------------------------------


class _Task:
    name = "tests.waits"

    def __init__(self, **request: Any) -> None:
        self.request = type("Request", (), request)()


def waited(**request: Any) -> list[float] | None:
    published._began(sender=_Task(**request))
    flush()
    return read_totals().histograms.get("mmsite_task_wait_seconds", {}).get(("tests.waits",))


def test_the_wait_is_from_publishing_to_beginning() -> None:
    found = waited(published_at=time.time() - 40)
    assert found is not None
    assert found[-1] == pytest.approx(40, abs=1)


def test_a_task_that_was_asked_for_later_waits_from_then_on() -> None:
    from datetime import UTC, datetime

    due = datetime.fromtimestamp(time.time() - 2, UTC).isoformat()
    found = waited(published_at=time.time() - 600, eta=due)
    assert found is not None
    assert found[-1] == pytest.approx(2, abs=1)


def test_a_clock_that_is_ahead_makes_no_negative_wait() -> None:
    found = waited(published_at=time.time() + 30)
    assert found is not None
    assert found[-1] == 0.0


def test_a_task_that_was_called_in_place_did_not_wait() -> None:
    assert waited() is None
