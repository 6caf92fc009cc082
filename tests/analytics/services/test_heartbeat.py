"""Signs of life of the workers."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from analytics.services.monitoring import heartbeat
from analytics.services.monitoring.heartbeat import KEY, Pulse, heard_from

NOW = 1_800_000_000.0


def said(redis_server: Any, node: str, when: float) -> None:
    fields = {"node": node, "pid": 7, "queues": ["query"], "concurrency": 1, "memory": 1, "time": when}
    redis_server.hset(KEY, node, json.dumps(fields))


def test_a_beat_tells_who_it_is_and_how_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: NOW)
    Pulse("query@here", ("query",), 3).beat()
    (one,) = heard_from(NOW)
    assert (one.node, one.queues, one.concurrency, one.time) == ("query@here", ("query",), 3, NOW)
    assert one.memory > 1_000_000


def test_a_worker_is_silent_after_fifteen_seconds(redis_server: Any) -> None:
    said(redis_server, "a", NOW)
    (one,) = heard_from(NOW)
    assert not one.is_silent(NOW + 15)
    assert one.is_silent(NOW + 16)


def test_a_worker_that_is_silent_for_an_hour_is_forgotten(redis_server: Any) -> None:
    said(redis_server, "old", NOW - 3601)
    said(redis_server, "new", NOW - 3599)
    assert [one.node for one in heard_from(NOW)] == ["new"]
    assert redis_server.hkeys(KEY) == [b"new"]


def test_what_cannot_be_read_is_passed_over(redis_server: Any) -> None:
    redis_server.hset(KEY, "a", "no json")
    redis_server.hset(KEY, "b", '{"node": "b"}')
    assert heard_from(NOW) == []


def test_a_broken_redis_harms_no_worker(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    Pulse("query@here", ("query",), 1).beat()


def test_a_worker_beats_from_when_it_is_ready_until_it_ends(redis_server: Any) -> None:
    queues = SimpleNamespace(consume_from={"query": None, "encode": None})
    app = SimpleNamespace(amqp=SimpleNamespace(queues=queues))
    consumer = SimpleNamespace(
        hostname="w@here", app=app, controller=SimpleNamespace(concurrency=2), pool=SimpleNamespace()
    )
    heartbeat.on_worker_ready(sender=consumer)
    pulse = heartbeat._pulse
    assert pulse is not None
    pulse.beat()
    assert json.loads(redis_server.hget(KEY, "w@here"))["queues"] == ["encode", "query"]
    heartbeat.on_worker_shutdown()
    assert redis_server.hgetall(KEY) == {}
    assert heartbeat._pulse is None
