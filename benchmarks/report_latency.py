"""The report over 1,000,000 generated scored reviews: every figure of a page under many filters.

Each selection is asked for every figure that the report's page shows: overview with the period before, trend,
six breakdowns, impact, and a page of the reviews; and, as the pages beside it do, a comparison of two periods
and both lists of terms. "page" is the sum of those of the first page. The first time a period is asked for,
its sums are read from the database ("cold", after dropping what the process keeps); then they are kept. The
peer is the same overview, trend and breakdown by category by scanning the scores in SQL. "served" is what the
site's own server takes over HTTP for a page under each selection, "first" when it is asked for first;
"answered" and "drawn" are the times in Chromium, on the same cores, from asking that server for a page until
all of it has arrived, and until its last chart stands still, in a new profile each time.

    python -m benchmarks.report_latency [--reviews 1000000] [--rounds 3] [--world FOLDER]

``--world`` keeps what was generated, so that the next run need not make it again. SQLite; the figures do not
use Redis, the server that is drawn from does.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

BAR_P95_MS, BAR_DRAWN_MS = 300.0, 1000.0
_INSIDE = "MMSITE_BENCHMARK_INSIDE"


def selections() -> Iterator[Any]:
    """Periods of four lengths, each with no filter, each filter alone, and some together."""
    from analytics.services.report import Filters
    from recommender.models import Category, Item

    top = Category.objects.filter(depth=0).order_by("pk").values_list("pk", flat=True)[0]
    leaf = Category.objects.filter(depth=1).order_by("pk").values_list("pk", flat=True)[9]
    often, seldom = Item.objects.order_by("pk").values_list("pk", flat=True)[0:4001:4000]
    fields: list[dict[str, Any]] = [
        {}, {"category": top}, {"category": leaf}, {"item": often}, {"item": seldom}, {"language": "zh"},
        {"channel": "image"}, {"aspect": "quality"}, {"rating": 1}, {"label": "negative"},
        {"abstained": True}, {"language": "en", "rating": 2},
        {"category": top, "language": "zh", "channel": "speech"},
        {"aspect": "price", "label": "negative", "category": leaf}, {"item": often, "aspect": "battery"},
        {"rating": 3, "language": "zh", "channel": "image", "label": "positive", "category": top},
        {"language": "xx"},
    ]  # fmt: skip
    for days in (7, 90, 365, 730):
        yield from (Filters.latest(days, **one) for one in fields)


def figures() -> dict[str, Callable[[Any], Any]]:
    """What the page asks for, by name."""
    from analytics.services import report

    asked: dict[str, Callable[[Any], Any]] = {"overview": report.overview, "trend": report.trend}
    for by in report.BYS:
        asked[f"by {by}"] = lambda filters, by=by: report.breakdown(filters, by).page(0, 20)
    asked["impact"] = report.impact
    asked["reviews"] = report.reviews_page
    return asked


def beside() -> dict[str, Callable[[Any], Any]]:
    from analytics.services import report

    return {
        "comparison": lambda filters: report.compare(filters.previous(), filters),
        "emerging terms": report.emerging,
        "telling terms": report.telling_terms,
        "evidence, page 40": lambda filters: report.reviews_page(filters, 40),
        "evidence, most negative": lambda filters: report.reviews_page(filters, order="negative"),
    }


def scans() -> dict[str, Callable[[Any], Any]]:
    """The same figures from the scores themselves."""
    from django.db.models import Avg, Count
    from django.db.models.functions import TruncDay

    from analytics.services.report import reviews

    def grouped(filters: Any, *by: str, **made: Any) -> list[Any]:
        found = reviews(filters).order_by().values(*by, "label", "abstained", **made)
        return list(found.annotate(n=Count("pk"), d=Avg("disagreement")))

    return {
        "scan: overview": lambda filters: [grouped(filters), grouped(filters.previous())],
        "scan: trend": lambda filters: grouped(filters, day=TruncDay("reviewed_at")),
        "scan: by category": lambda filters: grouped(filters, "category"),
    }


def _timed(ask: Callable[[Any], Any], filters: Any) -> float:
    began = time.perf_counter()
    ask(filters)
    return (time.perf_counter() - began) * 1000


def measure(reviews: int, rounds: int) -> int:
    """Run in a process of its own, whose environment is the benchmark's; its exit code."""
    import django

    django.setup()
    from django.core.management import call_command

    from analytics.models import SentimentScore
    from analytics.services.report import kept
    from benchmarks._report import ROOT, machine, publish, verdict
    from benchmarks._report_drawing import drawn
    from benchmarks._report_world import build

    call_command("migrate", verbosity=0)
    if not SentimentScore.objects.exists():
        build(reviews, say=lambda text: print(text, flush=True))
    about, asked = machine(), list(selections())
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, group in (("page", figures()), ("", beside())):
            for filters in asked:
                took = {what: _timed(ask, filters) for what, ask in group.items()}
                if name:
                    took = {name: sum(took.values()), **took}
                for what, value in took.items():
                    times.setdefault(what, []).append(value)
    for filters in asked:
        kept.forget()
        times.setdefault("page, cold", []).append(sum(_timed(ask, filters) for ask in figures().values()))
    for filters in asked[:: max(1, len(asked) // 8)]:
        for what, ask in scans().items():
            times.setdefault(what, []).append(_timed(ask, filters))
    pages = drawn(asked, rounds)
    rows = [_row(what, values) for what, values in (times | pages).items()]
    os.environ["MMSITE_VAR"] = str(ROOT / "var")
    publish("report_latency", rows, about, reviews=SentimentScore.objects.count(), selections=len(asked))
    p95 = {row["figure"]: row["p95 ms"] for row in rows}
    seen = max(p95[name] for name in pages if name.endswith("drawn"))
    over_http = [name for name in pages if not name.endswith("drawn")]
    answered = max(p95[name] for name in ("page", "page, cold", *over_http))
    return verdict({
        f"p95 of every page under {BAR_P95_MS:.0f} ms ({answered})": answered < BAR_P95_MS,
        f"p95 of charts drawn under {BAR_DRAWN_MS:.0f} ms ({seen})": seen < BAR_DRAWN_MS,
    })  # fmt: skip


def _row(what: str, values: list[float]) -> dict[str, Any]:
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return {
        "figure": what,
        "p50 ms": round(statistics.median(values), 1),
        "p95 ms": round(cuts[18], 1),
        "max ms": round(max(values), 1),
        "asked": len(values),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--world", help="folder to keep the generated world in")
    options = parser.parse_args()
    if os.environ.get(_INSIDE):
        sys.exit(measure(options.reviews, options.rounds))
    with tempfile.TemporaryDirectory(prefix="mmsite-bench-") as folder:
        hidden = {"DATABASE_URL", "REDIS_URL", "PRODUCTION", "DEBUG"}
        env = {name: value for name, value in os.environ.items() if name not in hidden}
        world = str(Path(options.world or folder).resolve())
        env |= {"MMSITE_VAR": world, "DJANGO_SETTINGS_MODULE": "mmsite.settings", _INSIDE: "1"}
        command = [sys.executable, "-m", "benchmarks.report_latency", "--reviews", str(options.reviews)]
        command += ["--rounds", str(options.rounds)]
        sys.exit(subprocess.run(command, env=env, check=False).returncode)


if __name__ == "__main__":
    main()
