"""Setting a level, and no longer telling of what is gone."""

from __future__ import annotations

import time
from itertools import product

import pytest
from redis import Redis

from analytics.services.monitoring import levels, levels_queues
from analytics.services.monitoring.prometheus import exposition
from recommender.telemetry import OTHER, Gauge, Histogram, flush, metrics, read_totals
from recommender.telemetry import registry as declared
from recommender.telemetry.transport import PLACES
from tests.analytics.services.monitoring.levels.conftest import Said

pytestmark = pytest.mark.django_db


def test_a_level_is_told(level: Gauge, said: Said) -> None:
    levels.put(level, {("a",): 1.0, ("b",): 2.0})
    assert said("test_level") == {("a",): 1.0, ("b",): 2.0}


def test_what_is_gone_is_no_longer_told(level: Gauge, said: Said) -> None:
    levels.put(level, {("a",): 1.0, ("b",): 2.0})
    said("test_level")
    levels.put(level, {("b",): 3.0})
    assert said("test_level") == {("b",): 3.0}


def test_what_a_watch_before_this_one_told_of_and_is_gone_is_not_told(level: Gauge, said: Said) -> None:
    levels.put(level, {("a",): 1.0})
    said("test_level")
    levels.forget()  # another process
    levels.put(level, {("b",): 3.0})
    assert said("test_level") == {("b",): 3.0}


def test_workers_that_get_new_names_for_months_are_all_told_of(level: Gauge, said: Said) -> None:
    """``tank`` may have five values."""
    for day in range(40):
        levels.put(level, {(f"worker {day}",): 1.0, ("steady",): 1.0})
        assert said("test_level") == {(f"worker {day}",): 1.0, ("steady",): 1.0}


def test_all_workers_may_get_new_names_at_once(level: Gauge, said: Said) -> None:
    for release in range(3):
        names = [(f"{release} {one}",) for one in range(5)]
        levels.put(level, dict.fromkeys(names, 1.0))
        assert sorted(said("test_level")) == names


def test_what_was_too_many_is_no_longer_told_once_there_is_room(level: Gauge, said: Said) -> None:
    levels.put(level, {(f"{one}",): 1.0 for one in range(7)})
    assert (OTHER,) in said("test_level")
    levels.put(level, {("0",): 1.0})
    assert said("test_level") == {("0",): 1.0}


def test_a_part_that_is_left_keeps_its_place(said: Said, redis_server: Redis) -> None:
    devices = declared.gauge("test_device", "Devices.", hostname=2, device=2)
    levels.put(devices, {("w", "cpu"): 1.0, ("w", "cuda"): 1.0})
    said("test_device")
    levels.put(devices, {("w", "cpu"): 1.0})
    assert redis_server.zrange(f"{PLACES}test_device:0", 0, -1) == [b"w"]
    assert redis_server.zrange(f"{PLACES}test_device:1", 0, -1) == [b"cpu"]
    levels.put(devices, {("w", "cpu"): 1.0, ("w", "tpu"): 1.0})
    assert said("test_device") == {("w", "cpu"): 1.0, ("w", "tpu"): 1.0}


def test_a_level_that_is_not_known_is_not_told(said: Said) -> None:
    levels.put_one(levels.WATCHED, 5.0)
    said("mmsite_watch_timestamp_seconds")
    levels.put_one(levels.WATCHED, None)
    assert said("mmsite_watch_timestamp_seconds") == {}


def test_an_observer_records_as_its_histogram_does(seconds: Histogram) -> None:
    observe = seconds.observer("a")
    for value in (0.05, 0.1, 0.5, 70.0):
        seconds.observe(value, "b")
        observe(value)
    assert flush()
    found = read_totals().histograms["test_seconds"]
    assert found["a",] == found["b",]


def test_prometheus_is_told_of_levels(said: Said) -> None:
    levels.watched(0.0)
    assert "mmsite_watch_timestamp_seconds" in exposition().decode()


def test_prometheus_is_told_how_long_the_queues_are_now_and_once(redis_server: Redis) -> None:
    """Whatever the watch process said last."""
    levels_queues.take_queues(0.0)
    redis_server.lpush("query", "{}", "{}")
    lines = [line for line in exposition().decode().splitlines() if line.startswith("celery_queue_length{")]
    assert lines.count('celery_queue_length{queue_name="query"} 2.0') == 1
    assert len(lines) == len(levels_queues.lengths())


def test_what_the_levels_cost_a_scrape_stays_small() -> None:
    """Every level with every label value that is listed, and twenty of those that are not."""
    for metric in metrics():
        if isinstance(metric, Gauge):
            _fill(metric)
    assert flush()
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        text = exposition().decode()
        seconds.append(time.perf_counter() - began)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert 300 < len(lines) < 2_500
    assert min(seconds) < 0.05


def _fill(metric: Gauge) -> None:
    choices = [sorted(one.values or [f"v{n}" for n in range(min(20, one.most))]) for one in metric.labels]
    for labels in list(product(*choices))[:200]:
        metric.set(1.0, *labels)
