"""The feed over HTTP: 100,000 items with generated vectors, signed-in readers, 16 connections on loopback.

The server is the one that ``manage.py serve`` starts (two web workers, Redis, the worker of the periodic
tasks) with one address more: an empty view behind the same middleware, the peer. Everybody reads in turn, so
each connection alternates between readers. Four ways of reading: nobody does anything between two pages,
which are then shown as they were put together; every tenth page comes after its reader liked an item, so it
has to be ranked anew; every page does; or each page is the first that its reader asks for, ranked from a
history that no process has read: from 16 connections at once, where it waits for fifteen others, and from
one. Only pages are timed; the likes take their share of the machine. Each way but the first pages is measured
by turns with the peer. The bars are meant for reading alone; the other ways show how far a busier site is
from them.

    python -m benchmarks.feed_latency [--items 100000] [--seconds 10] [--rounds 3] [--world FOLDER]

``--world`` keeps what was generated, so that the next run need not make it again.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks._load import Exchange, Measured, drive, request

CONNECTIONS = 16
BAR_P95_MS, BAR_SHARE = 40.0, 0.20
PEER = "empty view"
#: way of reading to how many pages come to one like; 0 for no likes
WAYS = {"feed, nothing done": 0, "feed, a like before every 10th": 10, "feed, a like before each": 1}
FIRST, ALONE = "feed, first page of each reader", "feed, first page, one connection"
#: Pages of a round that are somebody's first, from all connections and from one.
FIRST_PAGES, ALONE_PAGES = 400, 100
_CSRF = "b" * 32
_ITEM = re.compile(rb'data-item="(\d+)" data-impression="([0-9a-f-]*)"')


# -- the site ----------------------------------------------------------------------------------------------


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _environment(var: str) -> dict[str, str]:
    hidden = {"DATABASE_URL", "REDIS_URL", "MEDIA_STORAGE", "PRODUCTION", "DEBUG"}
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {
        **kept,
        "MMSITE_VAR": var,
        "DJANGO_SETTINGS_MODULE": "benchmarks._site_settings",
        "SECRET_KEY": "for-this-benchmark-only-" + "x" * 40,
        "WEB_WORKERS": "2",
    }


@contextlib.contextmanager
def _running(*children: Any) -> Iterator[None]:
    """Children of the supervisor's list, as processes of their own, stopped at the end."""
    from mmsite import processes

    started = []
    try:
        for child in children:
            # With the supervisor's own wrapper: workers yield to the web as they do on a site.
            wrapper = [sys.executable, "-I", "-S", str(Path(processes.__file__).with_name("child.py"))]
            command = [*wrapper, str(os.getpid()), str(child.nice), *child.command]
            env = {**os.environ, **child.env}
            started.append(subprocess.Popen(command, env=env, process_group=0))
        yield
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
        for process in reversed(started):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:  # it finishes what it is at, which nobody waits for
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait_for_redis() -> None:
    from django.conf import settings
    from redis import Redis
    from redis.exceptions import RedisError

    for _ in range(200):
        with contextlib.suppress(RedisError, OSError), Redis.from_url(settings.REDIS_URL) as client:
            client.ping()
            return
        time.sleep(0.05)
    raise SystemExit("Redis did not start.")


def _wait_for_web(port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit("The web server did not start.")


def serve_and_measure(items: int, seconds: float, rounds: int) -> dict[str, Any]:
    """Run in a process of its own, whose environment is the benchmark's."""
    import django

    django.setup()
    from mmsite import processes

    with _running(processes.redis()):
        _wait_for_redis()
        sessions = _sessions(items)
        port = _free_port()
        periodic = [one for one in processes.workers() if one.name == "default"]
        with _running(processes.web(port), *map(processes.worker, periodic), processes.beat()):
            _wait_for_web(port)
            return _measure(port, sessions, _strangers(len(sessions), rounds), seconds, rounds)


def _sessions(items: int) -> list[str]:
    """Session keys of the readers; the world is made unless it is there."""
    from django.conf import settings
    from django.core.management import call_command
    from django.utils import timezone

    from benchmarks._feed_world import Sizes, build
    from recommender.models import IndexSnapshot, ModelVersion

    made = settings.VAR_DIR / f"readers-{items}.json"
    call_command("migrate", verbosity=0)  # a world that was kept may be of an earlier version
    if not made.exists():
        call_command("collectstatic", verbosity=0, interactive=False)
        keys = build(Sizes(items=items), say=lambda text: print(text, flush=True))
        made.write_text(json.dumps(keys), encoding="utf-8")
    # In a world that was kept for hours the first like would be a reason to fit the graph anew.
    for model in (ModelVersion, IndexSnapshot):
        model.objects.update(created_at=timezone.now())
    return list(json.loads(made.read_text(encoding="utf-8")))


def _strangers(known: int, rounds: int) -> list[list[str]]:
    """For each round session keys of people who have not been here since the site started."""
    from benchmarks._feed_world import log_in

    step = FIRST_PAGES + CONNECTIONS + ALONE_PAGES + 1  # some pages are not waited for at the end
    keys = log_in(slice(known, known + rounds * step))
    return [keys[number * step :][:step] for number in range(rounds)]


# -- readers -----------------------------------------------------------------------------------------------


def _cookies(session: str) -> str:
    """What a signed-in browser sends: the form one signs in by has left a cookie of its own."""
    return f"sessionid={session}; csrftoken={_CSRF}"


class Readers:
    """Who asks next, and for what."""

    def __init__(self, sessions: list[str], pages_per_like: int) -> None:
        self._heads = [{"Cookie": _cookies(key), "X-CSRFToken": _CSRF} for key in sessions]
        self._pages = [request("GET", "/", headers={"Cookie": head["Cookie"]}) for head in self._heads]
        self._every = pages_per_like
        self._asked = 0
        self._turn = 0
        self._shown: dict[int, list[tuple[bytes, bytes]]] = {}
        self._due: dict[int, int] = {}
        self._random = random.Random(1)

    def following(self, connection: int) -> Exchange:
        """The page after a like, if this connection just sent one; else the next reader's page or like."""
        if connection in self._due:
            return self._page(self._due.pop(connection))
        reader = self._turn = (self._turn + 1) % len(self._pages)
        self._asked += 1
        if self._every and self._asked % self._every == 0 and self._shown.get(reader):
            self._due[connection] = reader
            return self._like(reader)
        return self._page(reader)

    def _page(self, reader: int) -> Exchange:
        def note(_status: int, body: bytes) -> None:
            if self._every:
                self._shown[reader] = _ITEM.findall(body)

        return Exchange(self._pages[reader], "page", note)

    def _like(self, reader: int) -> Exchange:
        item, impression = self._random.choice(self._shown[reader])
        headers = {**self._heads[reader], "HX-Request": "true", "Referer": "http://localhost/"}
        body = f"impression={impression.decode()}"
        return Exchange(
            request("POST", f"/item/{item.decode()}/act/like/", headers=headers, body=body), "like"
        )


def _measure(
    port: int, sessions: list[str], strangers: list[list[str]], seconds: float, rounds: int
) -> dict[str, Any]:
    empty = itertools.cycle(
        Exchange(request("GET", "/benchmark/empty/", headers={"Cookie": _cookies(key)}), "page")
        for key in sessions
    )
    # Whatever is made once is made now: each reader has been to both web workers, almost surely.
    drive(port, CONNECTIONS, 300.0, Readers(sessions, 0).following, enough=10 * len(sessions))
    runs: list[tuple[str, Measured]] = []
    for new in strangers[:rounds]:
        for way, every in WAYS.items():
            runs.append((PEER, drive(port, CONNECTIONS, seconds / 3, lambda _: next(empty))))
            runs.append((way, drive(port, CONNECTIONS, seconds, Readers(sessions, every).following)))
        many, alone = new[: FIRST_PAGES + CONNECTIONS], new[FIRST_PAGES + CONNECTIONS :]
        first = drive(port, CONNECTIONS, 300.0, Readers(many, 0).following, enough=FIRST_PAGES)
        runs.append((FIRST, first))
        runs.append((ALONE, drive(port, 1, 300.0, Readers(alone, 0).following, enough=ALONE_PAGES)))
    names = (PEER, *WAYS, FIRST, ALONE)
    return {name: [_figures(run) for way, run in runs if way == name] for name in names}


def _figures(run: Measured) -> dict[str, float]:
    return {
        "p50": run.percentile("page", 0.50),
        "p95": run.percentile("page", 0.95),
        "p99": run.percentile("page", 0.99),
        "pages": run.rate("page"),
        "likes": run.rate("like"),
        "failed": run.failed,
    }


# -- report ------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--world", help="folder to keep the generated world in")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        found = serve_and_measure(options.items, options.seconds, options.rounds)
        Path(options.inside).write_text(json.dumps(found), encoding="utf-8")
        return
    from benchmarks._report import machine, publish, verdict

    about = machine()
    with tempfile.TemporaryDirectory(prefix="mmsite-bench-") as folder:
        var = options.world or folder
        result = Path(var) / "result.json"
        command = [sys.executable, "-m", "benchmarks.feed_latency", "--inside", str(result)]
        command += ["--items", str(options.items), "--seconds", str(options.seconds)]
        command += ["--rounds", str(options.rounds)]
        subprocess.run(command, env=_environment(var), check=True)
        found = json.loads(result.read_text(encoding="utf-8"))
    rows = [_row(name, runs) for name, runs in found.items()]
    peer = rows[0]["pages a second"]
    for row in rows:
        row["of the empty view"] = round(row["pages a second"] / peer, 3)
    publish("feed_latency", rows, about, items=options.items, connections=CONNECTIONS, runs=found)
    nothing_done = rows[1]
    sys.exit(verdict({
        f"p95 under {BAR_P95_MS:.0f} ms": nothing_done["p95 ms"] < BAR_P95_MS,
        f"{BAR_SHARE:.0%} of the empty view": nothing_done["of the empty view"] >= BAR_SHARE,
    }))  # fmt: skip


def _row(name: str, runs: list[dict[str, float]]) -> dict[str, Any]:
    """Medians over the rounds."""
    middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    return {
        "what": name,
        "p50 ms": round(middle["p50"], 1),
        "p95 ms": round(middle["p95"], 1),
        "p99 ms": round(middle["p99"], 1),
        "pages a second": round(middle["pages"], 1),
        "likes a second": round(middle["likes"], 1),
        "failed": int(sum(run["failed"] for run in runs)),
    }


if __name__ == "__main__":
    main()
