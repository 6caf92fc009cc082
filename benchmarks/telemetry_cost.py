"""What counting and timing adds to a web request, beside django-prometheus in its mode for several processes.

One view that does nothing is answered through each middleware in turn, in many interleaved rounds; the figure
is the median over rounds of what a request costs more than without. The thread that sends to Redis runs
meanwhile, so its share is in the figure. So is the smallest statement of SQLite, timed and not.
A scrape is timed with 100 routes, 25 tasks and every level recorded.

    python -m benchmarks.telemetry_cost [--rounds 30] [--requests 2000]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import product
from typing import Any

BAR_MICROSECONDS, BAR_STATEMENT, BAR_SCRAPE_MS, BAR_SERIES = 50.0, 2.0, 50.0, 5_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--requests", type=int, default=2_000, help="of each middleware in a round")
    options = parser.parse_args()
    folder = tempfile.TemporaryDirectory(prefix="mmsite-bench-")
    os.environ |= {
        "MMSITE_VAR": folder.name,
        "PROMETHEUS_MULTIPROC_DIR": folder.name,
        "DJANGO_SETTINGS_MODULE": "benchmarks._site_settings",
        "SECRET_KEY": "for-this-benchmark-only-" + "x" * 40,
    }
    with folder:
        sys.exit(measure(options.rounds, options.requests))


def measure(rounds: int, requests: int) -> int:
    import django

    django.setup()
    from benchmarks._report import ROOT, machine, publish, verdict
    from benchmarks.feed_latency import _running, _wait_for_redis
    from mmsite import processes

    about = machine()
    with _running(processes.redis()):
        _wait_for_redis()
        rows = costs(rounds, requests)
        statement_us = statement_cost(rounds, requests)
        scrape_ms, series = scrape()
    os.environ["MMSITE_VAR"] = str(ROOT / "var")  # the figures outlive the folder of this run
    publish(
        "telemetry_cost", rows, about, bar_microseconds=BAR_MICROSECONDS, statement_us=statement_us,
        bar_statement_us=BAR_STATEMENT, scrape_p95_ms=scrape_ms,
        bar_scrape_ms=BAR_SCRAPE_MS, series=series, bar_series=BAR_SERIES,
    )  # fmt: skip
    return verdict({
        f"a request under {BAR_MICROSECONDS:g} us": rows[1]["p50 us"] < BAR_MICROSECONDS,
        f"a statement under {BAR_STATEMENT:g} us": statement_us < BAR_STATEMENT,
        f"a scrape under {BAR_SCRAPE_MS:g} ms": scrape_ms < BAR_SCRAPE_MS,
        f"under {BAR_SERIES} series": series < BAR_SERIES,
    })  # fmt: skip


# -- a request ----------------------------------------------------------------------------------------------


def costs(rounds: int, requests: int) -> list[dict[str, Any]]:
    """Microseconds a request, and more than without."""
    ways = {"without": answer, "mmsite": ours(answer), "django-prometheus": theirs(answer)}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            seconds[name].append(one_round(way, requests) / requests * 1e6)
    added = {
        name: [with_it - bare for with_it, bare in zip(taken, seconds["without"], strict=True)]
        for name, taken in seconds.items()
    }
    return [
        {
            "by": name,
            "request us": statistics.median(seconds[name]),
            "p50 us": statistics.median(added[name]),
            "p95 us": statistics.quantiles(added[name], n=20)[-1],
        }
        for name in ways
    ]


def one_round(way: Callable[[Any], Any], requests: int) -> float:
    asked = [request() for _ in range(requests)]
    began = time.perf_counter()
    for one in asked:
        way(one)
    return time.perf_counter() - began


def request() -> Any:
    from django.test import RequestFactory
    from django.urls import resolve

    made = RequestFactory().get("/accounts/login/")
    made.resolver_match = resolve("/accounts/login/")
    return made


def answer(request: Any) -> Any:
    from django.http import HttpResponse

    return HttpResponse("Nothing.")


def ours(view: Callable[[Any], Any]) -> Callable[[Any], Any]:
    from mmsite.measure import MeasureMiddleware

    return MeasureMiddleware(view)


def theirs(view: Callable[[Any], Any]) -> Callable[[Any], Any]:
    from django_prometheus.middleware import PrometheusAfterMiddleware, PrometheusBeforeMiddleware

    return PrometheusBeforeMiddleware(PrometheusAfterMiddleware(view))


# -- a statement --------------------------------------------------------------------------------------------


def statement_cost(rounds: int, statements: int) -> float:
    """Median microseconds that timing adds to a statement of the database."""
    from django.db import connection

    from analytics.services.monitoring.database_seen import watch_database

    added = []
    with connection.cursor() as cursor:
        for _ in range(rounds):
            connection.execute_wrappers.clear()
            bare = one_statement_round(cursor, statements)
            watch_database()
            added.append((one_statement_round(cursor, statements) - bare) / statements * 1e6)
    return statistics.median(added)


def one_statement_round(cursor: Any, statements: int) -> float:
    began = time.perf_counter()
    for _ in range(statements):
        cursor.execute("SELECT 1")
    return time.perf_counter() - began


# -- a scrape -----------------------------------------------------------------------------------------------


def scrape(times: int = 40) -> tuple[float, int]:
    """95th percentile of the milliseconds of a scrape, and the number of its samples."""
    from analytics.services.monitoring import published, tasks_seen
    from analytics.services.monitoring.prometheus import exposition
    from mmsite.measure import ANSWERS, LATENCY

    for number in range(100):
        for method, status in (("GET", "200"), ("GET", "404"), ("POST", "302")):
            ANSWERS.add(1, status, f"route {number}", method)
        LATENCY.observe(number / 100, f"route {number}", "GET")
    for number in range(10_000):
        task = f"task {number % 25}"
        tasks_seen.STARTED.add(1, task)
        tasks_seen.SUCCEEDED.add(1, task)
        tasks_seen.RUNTIME.observe(number / 1000, task)
        published.WAIT.observe(number / 1000, task)
    set_every_level()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        text = exposition()
        taken.append((time.perf_counter() - began) * 1000)
    lines = text.decode().splitlines()
    return statistics.quantiles(taken, n=20)[-1], sum(not line.startswith("#") for line in lines)


def set_every_level(each: int = 4) -> None:
    """Each gauge with every value that its labels list, and a few of those that are open."""
    from recommender.telemetry import Gauge, metrics

    for metric in metrics():
        if isinstance(metric, Gauge):
            choices = [sorted(one.values or map(str, range(each))) for one in metric.labels]
            for labels in product(*choices):
                metric.set(1.0, *labels)


if __name__ == "__main__":
    main()
