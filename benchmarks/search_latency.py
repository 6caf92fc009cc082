"""Search by words over HTTP while a bulk encode runs: 100,000 items, distinct questions and repeated ones.

The site is the one that ``manage.py serve`` starts: two web workers, Redis, the workers, the scheduler. The
encode worker makes vectors for thousands of new items with a picture each, from before the first question to
after the last; what it makes joins the index that is searched meanwhile. *Cold*: every question is asked for
the first time, so the query worker encodes it. *Warm*: the questions have been asked before, so their vectors
are known; everything else is done anew. The peer is the bare path to the encoder: the same questions given to
the query worker without a page. A page is the whole page, with cards and facets.

    python -m benchmarks.search_latency [--items 100000] [--questions 150] [--connections 1] [--world FOLDER]

``--world`` keeps what was generated, so that the next run need not make it again.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks import _search_world
from benchmarks.feed_latency import _environment, _free_port, _running, _wait_for_redis, _wait_for_web

BARS = {"cold": 120.0, "warm": 30.0}
BARE = "query worker alone, cold"
WARM_UP = 20  # questions


# -- the site ----------------------------------------------------------------------------------------------


def serve_and_measure(items: int, count: int, connections: int) -> dict[str, Any]:
    """In a process of its own, whose environment is the benchmark's."""
    import django

    django.setup()
    from mmsite import processes
    from recommender.models import Embedding
    from recommender.services.calls import call_once
    from recommender.services.index import rebuild_index

    with _running(processes.redis()):
        _wait_for_redis()
        Embedding.objects.filter(item_id__gt=_last_of_the_first(items)).delete()
        rebuild_index(force=True)
        port = _free_port()
        workers = [one for one in processes.workers() if one.name != "imports"]
        with _running(processes.web(port), *map(processes.worker, workers), processes.beat()):
            _wait_for_web(port)
            call_once("encode_pending")
            _wait_for_encoding(items)
            return _measure(port, items, count, connections)


def _last_of_the_first(items: int) -> int:
    from recommender.models import Item

    return Item.objects.order_by("pk").values_list("pk", flat=True)[items - 1]


def _encoded(items: int) -> int:
    """Vectors made by the encode worker so far."""
    from recommender.models import Embedding

    return Embedding.objects.ready().filter(item_id__gt=_last_of_the_first(items)).count()


def _wait_for_encoding(items: int) -> None:
    for _ in range(600):
        if _encoded(items):
            return
        time.sleep(0.2)
    raise SystemExit("The encode worker did not begin.")


# -- asking ------------------------------------------------------------------------------------------------


def _asked(port: int, questions: list[str], connections: int) -> list[float]:
    """Ask every question once, over connections that stay open; seconds of each answer."""
    left = iter(questions)
    taking = threading.Lock()

    def ask() -> list[float]:
        seconds = []
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        client.connect()
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            with taking:
                words = next(left, None)
            if words is None:
                client.close()
                return seconds
            began = time.perf_counter()
            client.request("GET", f"/search/?{urlencode({'q': words})}", headers={"Host": "localhost"})
            answer = client.getresponse()
            page = answer.read()
            seconds.append(time.perf_counter() - began)
            if answer.status != 200 or b"notice-warning" in page or b"tile-link" not in page:
                raise SystemExit(f"{words!r}: status {answer.status}, or not searched by meaning")

    with ThreadPoolExecutor(connections) as pool:
        running = [pool.submit(ask) for _ in range(connections)]
        return [one for each in running for one in each.result()]


def _bare(questions: list[str]) -> list[float]:
    """Seconds that the query worker takes for each question, without a page."""
    from recommender.services import queries
    from recommender.services.spaces import current_space

    space = current_space()
    assert space is not None
    seconds = []
    for words in questions:
        began = time.perf_counter()
        queries.encode_query(space, [{"modality": "text", "text": words}])
        seconds.append(time.perf_counter() - began)
    return seconds


def _measure(port: int, items: int, count: int, connections: int) -> dict[str, Any]:
    from benchmarks._search_world import questions

    asked = questions(3 * count + WARM_UP, seed=1)
    _asked(port, asked[:WARM_UP] * 2, connections)  # whatever is made once is made now
    parts = [asked[WARM_UP + n * count :][:count] for n in range(3)]
    before, began = _encoded(items), time.monotonic()
    found = {
        BARE: _bare(parts[0]),
        "cold": _asked(port, parts[1], connections),
        "warm": _asked(port, parts[1] * 2, connections),
        "cold again": _asked(port, parts[2], connections),
        "warm again": _asked(port, parts[2] * 2, connections),
    }
    after, elapsed = _encoded(items), time.monotonic() - began
    from recommender.models import Item

    if after >= 2 * (Item.objects.count() - items):
        raise SystemExit("The bulk encode ended before the measurement; give it more to do.")
    merged = {BARE: found[BARE]} | {name: found[name] + found[f"{name} again"] for name in BARS}
    return {"seconds": merged, "encoded_a_second": (after - before) / elapsed}


# -- report ------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=150, help="of each round")
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--world", help="folder to keep the generated world in")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        _search_world.make(_search_world.Sizes(items=options.items))
        return
    if options.inside:
        found = serve_and_measure(options.items, options.questions, options.connections)
        Path(options.inside).write_text(json.dumps(found), encoding="utf-8")
        return
    from benchmarks._report import machine, publish, verdict

    about = machine()
    with tempfile.TemporaryDirectory(prefix="mmsite-bench-") as folder:
        found = _in_folder(options, Path(options.world or folder))
    rows = [_row(name, seconds) for name, seconds in found["seconds"].items()]
    rate = round(found["encoded_a_second"], 1)
    publish("search_latency", rows, about, items=options.items, connections=options.connections,
            encoded_a_second=rate)  # fmt: skip
    print(f"Meanwhile the encode worker made {rate} vectors a second.")
    p95 = {row["what"]: row["p95 ms"] for row in rows}
    sys.exit(verdict({f"p95 under {bar:.0f} ms {name}": p95[name] < bar for name, bar in BARS.items()}))


def _in_folder(options: argparse.Namespace, var: Path) -> dict[str, Any]:
    var.mkdir(parents=True, exist_ok=True)
    env = _environment(str(var)) | {"DJANGO_SETTINGS_MODULE": "mmsite.settings"}
    command = [sys.executable, "-m", "benchmarks.search_latency", "--items", str(options.items)]
    if not (var / "made").exists():
        subprocess.run([*command, "--make"], env=env, check=True)
    result = var / "result.json"
    command += ["--questions", str(options.questions), "--connections", str(options.connections)]
    subprocess.run([*command, "--inside", str(result)], env=env, check=True)
    return dict(json.loads(result.read_text(encoding="utf-8")))


def _row(name: str, seconds: list[float]) -> dict[str, Any]:
    in_order = sorted(1000 * one for one in seconds)
    return {
        "what": name,
        "asked": len(in_order),
        **{f"p{share} ms": round(in_order[len(in_order) * share // 100], 1) for share in (50, 95, 99)},
        "bar ms": BARS.get(name, ""),
    }


if __name__ == "__main__":
    main()
