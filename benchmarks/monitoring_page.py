"""The monitoring page with 90 days of history: storage, server, browser, and how old "live" is.

Rollups of every declared metric are generated as far back as each grain is kept, then the site's own server
answers over loopback: the page and its numbers, 50 requests each, for an hour, a day and 30 days, of the
groups that are open at first and of all. Chromium opens the page anew several times, with the one and with
the other, and says when all numbers are there and all lines in or next to sight are drawn; lines further off
are drawn when they are scrolled to, which is timed too. For the age of what is live, requests for what does
not exist are sent at random moments, and it is timed until the page's line of them rises.

    python -m benchmarks.monitoring_page [--active 400] [--known 1500] [--requests 50] [--seed 5]

Set ``DATABASE_URL`` to an empty PostgreSQL database to measure there instead of on SQLite.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks._browser import Open, chromium

BAR_STORAGE_MB, BAR_SERVER_MS, BAR_DRAWN_MS, BAR_AGE_S = 200.0, 300.0, 1000.0, 2.0
RANGES = ("1h", "1d", "30d")
PAGE, LINES = "/analytics/monitoring/", "/analytics/monitoring/lines.json"
OPENINGS, PROBES = 5, 20
_INSIDE = "MMSITE_BENCHMARK_INSIDE"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--active", type=int, default=400, help="series in 10 seconds")
    parser.add_argument("--known", type=int, default=1500, help="series in all")
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    if _INSIDE not in os.environ:
        sys.exit(_in_own_environment())
    sys.exit(measure(options))


def _in_own_environment() -> int:
    """The same command in a process whose settings are those of this benchmark."""
    from benchmarks.feed_latency import _environment

    with tempfile.TemporaryDirectory(prefix="mmsite-bench-") as folder:
        env = {**_environment(folder), _INSIDE: "1", "OMP_NUM_THREADS": "1"}
        if "DATABASE_URL" in os.environ:
            env["DATABASE_URL"] = os.environ["DATABASE_URL"]
        return subprocess.run(
            [sys.executable, "-m", "benchmarks.monitoring_page", *sys.argv[1:]], env=env, check=False
        ).returncode


def measure(options: argparse.Namespace) -> int:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from benchmarks import _monitoring_world
    from benchmarks._report import ROOT, machine, publish, verdict
    from benchmarks.feed_latency import _free_port, _running, _wait_for_redis, _wait_for_web
    from mmsite import processes

    about = machine()
    with _running(processes.redis()):
        _wait_for_redis()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        empty = storage()
        world = _monitoring_world.fill(active=options.active, known=options.known, seed=options.seed)
        stored = (storage() - empty) / 1e6
        port = _free_port()
        with _running(processes.web(port), processes.watch()):
            _wait_for_web(port)
            cookie = f"{settings.SESSION_COOKIE_NAME}={session()}"
            print(f"{stored:.0f} MB of history")
            rows = server(port, cookie, options.requests)
            groups = groups_open()
            with chromium(port, cookie) as open_page:
                rows += [row for some in groups for name in RANGES for row in drawing(open_page, name, some)]
                ages = live_age(open_page, port, random.Random(options.seed))
    rows.append(_row("live: from an answer to its line", [1000 * age for age in ages], 1000 * BAR_AGE_S))
    os.environ["MMSITE_VAR"] = str(ROOT / "var")
    publish(
        "monitoring_page", rows, about, stored_mb=stored, bar_stored_mb=BAR_STORAGE_MB, database=_vendor(),
        seed=options.seed, **world,
    )  # fmt: skip
    print(f"{stored:.0f} MB are stored, of at most {BAR_STORAGE_MB:.0f}.")
    return verdict({row["what"]: row["met"] for row in rows} | {"storage": stored < BAR_STORAGE_MB})


def _row(what: str, milliseconds: list[float], bar: float) -> dict[str, Any]:
    ordered = sorted(milliseconds)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {
        "what": what,
        "n": len(ordered),
        "p50 ms": statistics.median(ordered),
        "p95 ms": p95,
        "bar ms": bar,
        "met": p95 < bar,
    }


def _vendor() -> str:
    from django.db import connection

    return connection.vendor


def storage() -> int:
    """Bytes of the database, its journal written into it."""
    from django.conf import settings
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(settings.DATABASES["default"]["NAME"]).stat().st_size


def session() -> str:
    """Of an operator who is signed in."""
    from django.conf import settings
    from django.contrib.auth.models import Group, User
    from django.test import Client

    from recommender.models import Role

    user = User.objects.create_user("operator")
    user.groups.add(Group.objects.get(name=Role.OPERATOR))
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def groups_open() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Groups of lines that are open at first, and all of them."""
    from analytics.services.monitoring.drawing import groups
    from analytics.web.monitoring.lines import OPEN

    return OPEN, tuple(group.name for group in groups() if group.kept)


# -- the server ----------------------------------------------------------------------------------------------


def server(port: int, cookie: str, requests: int) -> list[dict[str, Any]]:
    """Milliseconds of the page and of its numbers by range, by turns on one connection."""
    asked = {f"page, {name}": f"{PAGE}?range={name}" for name in RANGES}
    usual = "".join(f"&group={one}" for one in groups_open()[0])
    asked |= {f"numbers, {name}": f"{LINES}?range={name}{usual}" for name in RANGES}
    asked["numbers, 1d beside a day before"] = f"{LINES}?range=1d&compare=day{usual}"
    asked |= {f"numbers of all groups, {name}": f"{LINES}?range={name}" for name in RANGES}
    taken: dict[str, list[float]] = {what: [] for what in asked}
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for number in range(requests + 3):
        for what, path in asked.items():
            began = time.perf_counter()
            link.request("GET", path, headers={"Cookie": cookie, "Host": f"localhost:{port}"})
            answer = link.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise SystemExit(f"{path}: {answer.status} {body[:200]!r}")
            if number >= 3:  # each process of the server has its first time
                taken[what].append(1000 * (time.perf_counter() - began))
    return [_row(what, some, BAR_SERVER_MS) for what, some in taken.items()]


# -- the browser ---------------------------------------------------------------------------------------------


def opened(open_page: Open, range_name: str, groups: Sequence[str] = ()) -> Any:
    """The page, once all its lines are drawn."""
    page = open_page(f"{PAGE}?range={range_name}" + (f"&open={','.join(groups)}" if groups else ""))
    page.wait_for_selector("#lines[data-drawn]", timeout=60_000)
    return page


def drawing(open_page: Open, name: str, groups: Sequence[str]) -> list[dict[str, Any]]:
    """Milliseconds from asking for the page until all lines of the open ``groups`` are told and those in and
    next to sight are drawn; and from jumping to the last chart until that is drawn."""
    taken, jumped = [], []
    for number in range(OPENINGS + 1):
        page = opened(open_page, name, groups)
        lines = page.locator("[data-group][open] .line-figure").count()
        if number:  # the first starts the browser
            taken.append(float(page.get_attribute("#lines", "data-drawn")))
            jumped.append(page.evaluate(_JUMP))
        page.context.close()
    return [
        _row(f"{lines} charts told and drawn where seen, {name}", taken, BAR_DRAWN_MS),
        _row(f"the last of {lines} charts drawn after a jump to it, {name}", jumped, BAR_DRAWN_MS),
    ]


_JUMP = """() => new Promise((drawn) => {
  const last = [...document.querySelectorAll("[data-group][open] .line-figure")].pop();
  const began = performance.now();
  last.scrollIntoView({ behavior: "instant" });
  const look = () => (
    last.querySelector("canvas") ? drawn(performance.now() - began) : requestAnimationFrame(look)
  );
  requestAnimationFrame(look);
})"""

_WATCH = """(status) => {
  window.rises = [];
  let before = 0;
  const entry = () => [...document.querySelectorAll('[data-measure="web.answers_by_status"] .line-legend li')]
    .find((one) => one.querySelector('.line-name').textContent === status);
  setInterval(() => {
    const value = parseFloat(entry()?.querySelector('.line-value').textContent) || 0;
    if (value > before) window.rises.push(Date.now() / 1000);
    before = value;
  }, 20);
}"""


def live_age(open_page: Open, port: int, rng: random.Random) -> list[float]:
    """Seconds from answers with status 404 until the page's line of them rises."""
    page = opened(open_page, "15m")
    page.evaluate(_WATCH, "404")
    ages = []
    for _ in range(PROBES):
        page.wait_for_timeout(2500 + 1000 * rng.random())
        # A line falls as its step goes on, and begins anew with each; only what rises was just recorded.
        sent = time.time()
        for _ in range(20):
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            link.request("GET", "/benchmark/nothing/", headers={"Host": f"localhost:{port}"})
            if link.getresponse().status != 404:
                raise SystemExit("The probe of the live lines is answered otherwise.")
            link.close()
        page.wait_for_timeout(4000)
        rises = [moment for moment in page.evaluate("window.rises") if moment >= sent]
        if not rises:
            raise SystemExit("A line that should have risen did not.")
        ages.append(rises[0] - sent)
    return ages


if __name__ == "__main__":
    main()
