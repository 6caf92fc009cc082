"""Label values that are gone make room: in a process, in Redis, and in what is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from recommender.telemetry import OTHER, Counter, flush, forget_gone, read_totals, registry, transport
from recommender.telemetry import registry as declared
from recommender.telemetry.buffer import Batch
from recommender.telemetry.transport import PLACES, STALE_SECONDS, SUMS, field_of
from tests.telemetry.own import own_metrics

CLICKS, LEVEL = "test_clicks_total", "test_level"


@pytest.fixture(autouse=True)
def _own_metrics(redis_server: Any) -> Iterator[None]:
    with own_metrics():
        yield


@pytest.fixture
def clicks() -> Counter:
    return declared.counter(CLICKS, "Clicks.", button=2)


def deliver(number: int, *values: str) -> None:
    assert transport.deliver(Batch(number, counts={(CLICKS, value): 1.0 for value in values}))


def age(redis_server: Redis, name: str, **seconds: float) -> None:
    """As if the values had been used last so many seconds ago."""
    redis_server.zadd(f"{PLACES}{name}:0", {value: time.time() - ago for value, ago in seconds.items()})


def told() -> dict[tuple[str, ...], float]:
    return read_totals().counts[CLICKS]


# -- in Redis ------------------------------------------------------------------------------------------------


def test_a_value_that_was_not_used_for_a_day_makes_room_for_a_new_one(
    clicks: Counter, redis_server: Redis
) -> None:
    deliver(1, "old", "older")
    age(redis_server, CLICKS, old=STALE_SECONDS + 10, older=STALE_SECONDS + 20)
    deliver(2, "new")
    assert told() == {("old",): 1.0, ("new",): 1.0}


def test_a_value_that_was_used_today_makes_room_for_none(clicks: Counter, redis_server: Redis) -> None:
    deliver(1, "a", "b")
    age(redis_server, CLICKS, a=STALE_SECONDS - 100)
    deliver(2, "new")
    assert told() == {("a",): 1.0, ("b",): 1.0, (OTHER,): 1.0}


def test_a_value_in_use_is_not_taken_for_an_old_one(clicks: Counter, redis_server: Redis) -> None:
    """Though what it comes with needs room."""
    deliver(1, "a", "b")
    age(redis_server, CLICKS, a=STALE_SECONDS + 10)
    deliver(2, "new", "a")
    assert told() == {("a",): 2.0, ("b",): 1.0, (OTHER,): 1.0}


def test_without_need_old_values_stay(clicks: Counter, redis_server: Redis) -> None:
    """A task that runs once a week does not begin anew."""
    deliver(1, "weekly")
    age(redis_server, CLICKS, weekly=8 * STALE_SECONDS)
    forget_gone()
    deliver(2, "weekly")
    assert told() == {("weekly",): 2.0}


def test_all_parts_of_what_lost_its_place_are_gone(redis_server: Redis) -> None:
    declared.histogram("test_seconds", "Seconds.", buckets=(1.0,), kind=1)
    first = Batch(1, histograms={("test_seconds", "old/er"): [1.0, 2.0, 3.0]})
    assert transport.deliver(first)
    age(redis_server, "test_seconds", **{"old/er": STALE_SECONDS + 10})
    assert transport.deliver(Batch(2, histograms={("test_seconds", "new"): [1.0, 0.0, 0.5]}))
    assert read_totals().histograms["test_seconds"] == {("new",): [1.0, 0.0, 0.5]}


def test_names_that_change_every_day_for_months_are_all_told_of(clicks: Counter, redis_server: Redis) -> None:
    for day in range(60):
        deliver(day + 1, f"day {day}")
        assert (f"day {day}",) in told()
        assert (OTHER,) not in told()
        age(redis_server, CLICKS, **{f"day {day}": (61 - day) * STALE_SECONDS})
    assert len(told()) == 2


# -- what is told --------------------------------------------------------------------------------------------


def test_a_gauge_that_nobody_has_set_for_a_day_is_no_longer_told(redis_server: Redis) -> None:
    level = declared.gauge(LEVEL, "Level.", tank=3)
    level.set(1, "gone")
    level.set(2, "there")
    assert flush()
    age(redis_server, LEVEL, gone=STALE_SECONDS + 10)
    assert forget_gone() == 1
    assert read_totals().gauges[LEVEL] == {("there",): 2.0}
    assert redis_server.zrange(f"{PLACES}{LEVEL}:0", 0, -1) == [b"there"]


def test_a_gauge_without_open_labels_stays(redis_server: Redis) -> None:
    declared.gauge(LEVEL, "Level.", tank=("north",)).set(1, "north")
    declared.gauge("test_bare", "Bare.").set(1)
    assert flush()
    assert forget_gone() == 0


def test_what_an_older_release_left_without_a_place_goes(clicks: Counter, redis_server: Redis) -> None:
    deliver(1, "a")
    redis_server.hset(SUMS, field_of((CLICKS, "without")), "7")
    redis_server.hset(SUMS, field_of(("test_undeclared_total", "unknown")), "7")
    assert forget_gone() == 1
    assert told() == {("a",): 1.0}
    assert redis_server.hexists(SUMS, field_of(("test_undeclared_total", "unknown")))


# -- in a process --------------------------------------------------------------------------------------------


def test_a_process_that_is_full_forgets_once_a_day_what_it_has_seen(
    clicks: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = clicks._began
    for value in ("a", "b"):
        clicks.add(1, value)
    for hours, key in ((23, OTHER), (24.01, "c"), (25, "c"), (47, "c")):
        monkeypatch.setattr(registry.time, "monotonic", lambda hours=hours: began + hours * 3600)
        assert clicks.key(("c",)) == (CLICKS, key)
    assert clicks.key(("a",)) == (CLICKS, "a")
    assert clicks.key(("b",)) == (CLICKS, OTHER)


def test_a_process_that_has_room_remembers(clicks: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    began = clicks._began
    clicks.add(1, "a")
    monkeypatch.setattr(registry.time, "monotonic", lambda: began + 900 * 3600)
    clicks.add(1, "b")
    assert clicks._seen == ({"a", "b"},)
