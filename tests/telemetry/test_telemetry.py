"""Metrics: exact sums over processes that come and go, in bounded memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from recommender.telemetry import OTHER, Counter, Gauge, Histogram, flush, metrics, read_totals, transport
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
