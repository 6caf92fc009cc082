"""Metrics: exact sums over processes that come and go, in bounded memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from recommender.telemetry import (
    OTHER,
    Counter,
    Gauge,
    Histogram,
    flush,
    metrics,
    read_totals,
    read_windows,
    transport,
)
from recommender.telemetry import registry as declared
from recommender.telemetry.buffer import Batch
from tests.telemetry.own import own_metrics

#: Records, sends, records what it never sends, and kills itself.
CHILD = """
import os, signal, sys
import django
django.setup()
from recommender.telemetry import counter, flush
clicks = counter("test_clicks_total", "Clicks.", button=3)
for _ in range(int(sys.argv[1])):
    clicks.add(1, "like")
    assert flush()
clicks.add(1000, "like")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def _own_metrics(redis_server: Any) -> Iterator[None]:
    with own_metrics():
        yield


def clicks(most: int = 3) -> Counter:
    return declared.counter("test_clicks_total", "Clicks.", button=most)


def test_counts_of_several_flushes_add_up() -> None:
    metric = clicks()
    for _ in range(3):
        metric.add(2, "like")
        assert flush()
    assert read_totals().counts["test_clicks_total"] == {("like",): 6.0}


def test_a_batch_that_is_sent_twice_is_added_once() -> None:
    clicks()
    batch = Batch(number=1_000_000, counts={("test_clicks_total", "like"): 5.0})
    assert transport.deliver(batch)
    assert transport.deliver(batch)
    assert read_totals().counts["test_clicks_total"] == {("like",): 5.0}


def test_what_redis_did_not_take_is_sent_when_it_answers_again(settings: Any) -> None:
    metric, there = clicks(), settings.REDIS_URL
    metric.add(1, "like")
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert not flush()
    metric.add(1, "like")
    assert not flush()
    settings.REDIS_URL = there
    assert flush()
    assert read_totals().counts["test_clicks_total"] == {("like",): 2.0}


def test_processes_that_are_killed_lose_only_what_they_had_not_sent() -> None:
    clicks()
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "mmsite.settings"}
    tallies = (3, 7, 1)
    running = [
        subprocess.Popen([sys.executable, "-c", CHILD, str(tally)], env=environment) for tally in tallies
    ]
    assert [child.wait(60) for child in running] == [-signal.SIGKILL] * len(tallies)
    assert read_totals().counts["test_clicks_total"] == {("like",): float(sum(tallies))}


def test_values_beyond_the_bound_of_a_label_are_counted_together() -> None:
    metric = clicks(most=2)
    for number in range(1000):
        metric.add(1, f"button {number}")
    flush()
    counted = read_totals().counts["test_clicks_total"]
    assert counted == {("button 0",): 1.0, ("button 1",): 1.0, (OTHER,): 998.0}
    assert len(metric._keys) == 2


def deliver(number: int, counts: dict[str, float]) -> None:
    """As a process of its own would, which saw other values than this one."""
    batch = Batch(number, counts={("test_clicks_total", value): amount for value, amount in counts.items()})
    assert transport.deliver(batch)


def test_processes_that_each_see_other_values_have_no_more_of_them_together() -> None:
    clicks(most=5)
    for process in range(8):
        deliver(process + 1, {f"{process}-{one}": 2.0 for one in range(4)})
    counted = read_totals().counts["test_clicks_total"]
    first = {(f"0-{one}",): 2.0 for one in range(4)}
    assert counted == {**first, ("1-0",): 2.0, (OTHER,): 54.0}
    _, (*_, window) = read_windows()
    assert {labels for _, labels, _ in window.amounts} <= set(counted)


def test_a_value_that_has_a_place_keeps_it_whoever_says_it() -> None:
    clicks(most=2)
    deliver(1, {"a": 1.0, "b": 1.0})
    deliver(2, {"c": 1.0, "b": 1.0})
    deliver(3, {"a": 1.0, OTHER: 1.0})
    assert read_totals().counts["test_clicks_total"] == {("a",): 2.0, ("b",): 2.0, (OTHER,): 2.0}


def test_a_batch_with_values_without_a_place_is_added_once() -> None:
    clicks(most=1)
    deliver(1, {"a": 1.0})
    for _repeat in range(2):
        deliver(2, {"b": 1.0, "c": 1.0})
    assert read_totals().counts["test_clicks_total"] == {("a",): 1.0, (OTHER,): 2.0}


def test_only_the_label_without_a_place_is_counted_as_other() -> None:
    declared.counter("test_wide_total", "Wide.", one=1, two=("x", "y"))
    for number, value in enumerate("abc", 1):
        keys = {("test_wide_total", value, "x"): 1.0, ("test_wide_total", value, "y"): 2.0}
        assert transport.deliver(Batch(number, counts=keys))
    counted = read_totals().counts["test_wide_total"]
    assert counted == {("a", "x"): 1.0, ("a", "y"): 2.0, (OTHER, "x"): 2.0, (OTHER, "y"): 4.0}


def test_times_and_levels_without_a_place_are_put_together() -> None:
    declared.histogram("test_seconds", "Seconds.", buckets=(1.0,), kind=1)
    declared.gauge("test_level", "Level.", tank=1)
    for number, value in enumerate("ab", 1):
        seen = {("test_seconds", value + more): [1.0, 2.0, 9.0] for more in "xy"}
        levels = {("test_level", value + more): float(number) for more in "xy"}
        assert transport.deliver(Batch(number, histograms=seen, gauges=levels))
    totals = read_totals()
    assert totals.histograms["test_seconds"] == {("ax",): [1.0, 2.0, 9.0], (OTHER,): [3.0, 6.0, 27.0]}
    assert totals.gauges["test_level"] == {("ax",): 1.0, (OTHER,): 2.0}


#: Counts values that no other process sees.
STRANGER = """
import sys
import django
django.setup()
from recommender.telemetry import counter, flush
clicks = counter("test_clicks_total", "Clicks.", button=3)
for one in range(3):
    clicks.add(1, f"of {sys.argv[1]}: {one}")
assert flush()
"""


def test_real_processes_with_values_of_their_own_stay_within_the_bound() -> None:
    clicks(most=3)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "mmsite.settings"}
    running = [
        subprocess.Popen([sys.executable, "-c", STRANGER, str(number)], env=environment)
        for number in range(3)
    ]
    assert [child.wait(60) for child in running] == [0, 0, 0]
    counted = read_totals().counts["test_clicks_total"]
    assert len(counted) == 4
    assert counted[OTHER,] == 6.0


def test_a_value_that_is_not_listed_is_counted_as_other() -> None:
    metric = declared.counter("test_kinds_total", "Kinds.", kind=("words", "picture"))
    metric.add(1, "words")
    metric.add(1, "<script>")
    flush()
    assert read_totals().counts["test_kinds_total"] == {("words",): 1.0, (OTHER,): 1.0}


def test_a_histogram_counts_by_bound_and_sums() -> None:
    metric: Histogram = declared.histogram("test_seconds", "Seconds.", buckets=(0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7.0):
        metric.observe(value)
    flush()
    assert read_totals().histograms["test_seconds"][()] == pytest.approx([2, 1, 1, 7.65])


def test_the_last_word_of_a_gauge_counts() -> None:
    metric: Gauge = declared.gauge("test_level", "Level.")
    metric.set(4)
    metric.set(3)
    flush()
    assert read_totals().gauges["test_level"] == {(): 3.0}


def test_what_is_no_number_keeps_nothing_else_from_being_sent() -> None:
    """Redis refuses it, and with it whatever comes in one batch."""
    metric: Gauge = declared.gauge("test_level", "Level.", tank=3)
    seen: Histogram = declared.histogram("test_seconds", "Seconds.", buckets=(1.0,))
    metric.set(float("nan"), "north")
    metric.set(2, "south")
    seen.observe(float("inf"))
    clicks().add(1, "like")
    assert flush()
    totals = read_totals()
    assert totals.gauges["test_level"] == {("south",): 2.0}
    assert totals.counts["test_clicks_total"] == {("like",): 1.0}
    assert totals.histograms["test_seconds"][()] == [0.0, 1.0, 0.0]


def test_a_fork_and_its_parent_each_send_what_they_recorded() -> None:
    """As two processes: what one sent is no repeat of what the other sends."""
    metric = clicks()
    metric.add(5, "like")
    child = os.fork()
    if child == 0:
        metric.add(1, "like")
        os._exit(0 if flush() else 1)
    assert os.waitpid(child, 0)[1] == 0
    metric.add(2, "like")
    assert flush()
    assert read_totals().counts["test_clicks_total"] == {("like",): 8.0}


def test_a_name_cannot_be_declared_twice() -> None:
    clicks()
    with pytest.raises(ValueError, match="declared twice"):
        clicks()


def test_no_metric_of_the_site_has_an_unbounded_label() -> None:
    for metric in metrics():
        for label in metric.labels:
            assert label.values is not None or label.most <= 300, f"{metric.name}: {label.name}"
