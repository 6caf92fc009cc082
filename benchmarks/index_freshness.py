"""How soon a new item is found over HTTP once its vector is in the database, while the index is rebuilt.

The site is the one that ``manage.py serve`` starts: two web workers, Redis, the workers, the scheduler, with
100,000 items. The worker of the periodic tasks rebuilds the index over and over, so landings fall into builds
and into the moments at which a new snapshot takes over. A vector lands as the encode worker writes it: the
row is claimed first, and becomes ready in a transaction of its own. Its item has a title that no question
holds, and the vector of a question that nobody else is near, so only the index can find it. Several
connections ask that question by turns, so that both web workers answer; an item counts as found when every
connection has found it, and its time ends with that answer. In the rows *after a pause* nobody asks between
the landing and a first question two seconds later: there the time is how long that question took.

    python -m benchmarks.index_freshness [--items 100000] [--landings 60] [--world FOLDER]

``--world`` keeps what was generated, so that the next run need not make it again.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks import _search_world
from benchmarks.feed_latency import _environment, _free_port, _running, _wait_for_redis, _wait_for_web

BAR = 2.0
CONNECTIONS = 4  # of each question; the server spreads them over its web workers
BETWEEN_SECONDS = 0.05  # from one round of questions to the next
PAUSE_SECONDS = 2.0
GIVE_UP_SECONDS = 60.0
_MARK = "landing-"
#: Words that stand in no item, two of them to a question.
_WHERE = """
    harbour glacier orchard canyon meadow lighthouse volcano lagoon tundra prairie estuary fjord savanna
    reef plateau marsh
""".split()  # noqa: SIM905 (a list to read)
_WHAT = """
    umbrella telescope accordion submarine parachute tractor microscope helicopter trombone locomotive
    sailboat compass anchor catapult gramophone windmill
""".split()  # noqa: SIM905
REBUILT, QUIET = "while the index is rebuilt", "no rebuild under way"
PAUSED = "after a pause, while the index is rebuilt"


# -- the site ----------------------------------------------------------------------------------------------


def serve_and_measure(landings: int) -> dict[str, Any]:
    """In a process of its own, whose environment is the benchmark's."""
    import django

    django.setup()
    from django.core.management import call_command

    from mmsite import processes
    from recommender.models import Item
    from recommender.services.index import rebuild_index

    with _running(processes.redis()):
        _wait_for_redis()
        call_command("migrate", verbosity=0)  # a world that was kept may be of an earlier version
        Item.objects.filter(external_id__startswith=_MARK).delete()  # of an earlier run
        rebuild_index(force=True)
        port = _free_port()
        workers = [one for one in processes.workers() if one.name in {"query", "default"}]
        with _running(processes.web(port), *map(processes.worker, workers), processes.beat()):
            _wait_for_web(port)
            _wait_for_encoder()
            return _measure(port, landings)


def _wait_for_encoder() -> None:
    from recommender.errors import EncoderUnavailable
    from recommender.services import queries
    from recommender.services.spaces import current_space

    space = current_space()
    assert space is not None
    for _ in range(60):
        try:
            queries.encode_query(space, [{"modality": "text", "text": "ready"}])
        except EncoderUnavailable:
            time.sleep(3)
        else:
            return
    raise SystemExit("The query worker did not start.")


class Rebuilding:
    """Keeps the worker building: as soon as one build is over it is sent the next."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> Rebuilding:
        self._before = _activated()
        self._thread.start()
        while not _building():
            time.sleep(0.05)
        return self

    def _go_on(self) -> None:
        from recommender.services.calls import call_task

        while not self._stop.is_set():
            if not _building():
                call_task("rebuild_index", True)
                time.sleep(0.5)
            time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        while _building():
            time.sleep(0.2)
        self.flips = _activated() - self._before


def _building() -> bool:
    from recommender.models import IndexSnapshot

    return IndexSnapshot.objects.filter(state=IndexSnapshot.State.BUILDING).exists()


def _activated() -> int:
    from recommender.models import IndexSnapshot

    return IndexSnapshot.objects.filter(activated_at__isnull=False).count()


# -- landing -----------------------------------------------------------------------------------------------


class Landing:
    """An item without a vector, and the question whose vector it is going to have."""

    def __init__(self, number: int) -> None:
        from recommender.models import Embedding, Item
        from recommender.services import queries
        from recommender.services.spaces import current_space

        space = current_space()
        assert space is not None
        self.question = f"{_WHAT[number % 16]} by the {_WHERE[number // 16 % 16]}"
        self.item = Item.objects.create(external_id=f"{_MARK}{number}", title=f"Zq{number:06d}")
        self._vector = queries.encode_query(space, [{"modality": "text", "text": self.question}])[0]
        self._row = Embedding.objects.create(space=space, item=self.item, modality="text", state="claimed")

    def land(self) -> float:
        """The vector is in; the moment at which it was."""
        from recommender.models import Embedding

        content = self._vector.astype("<f2").tobytes()
        Embedding.objects.filter(pk=self._row.pk).update(state="ready", vector=content)
        return time.perf_counter()


class Asker:
    """Connections to the site, each kept open."""

    def __init__(self, port: int) -> None:
        self._open = [http.client.HTTPConnection("127.0.0.1", port, timeout=60) for _ in range(CONNECTIONS)]

    def found_by(self, landing: Landing) -> list[bool]:
        """Whether each connection finds the item now."""
        return [self._finds(one, landing) for one in self._open]

    def _finds(self, client: http.client.HTTPConnection, landing: Landing) -> bool:
        client.request("GET", f"/search/?{urlencode({'q': landing.question})}", headers={"Host": "localhost"})
        answer = client.getresponse()
        page = answer.read()
        if answer.status != 200 or b"notice-warning" in page:
            raise SystemExit(f"{landing.question!r}: status {answer.status}, or not searched by meaning")
        return f"/item/{landing.item.pk}/".encode() in page


def _followed(asker: Asker, landing: Landing) -> float:
    """Seconds from the landing until every connection finds it, asking all the while."""
    if any(asker.found_by(landing)):
        raise SystemExit(f"{landing.question!r} was found before it landed")
    landed = landing.land()
    while True:
        everywhere = all(asker.found_by(landing))
        seconds = time.perf_counter() - landed
        if everywhere:
            return seconds
        if seconds > GIVE_UP_SECONDS:
            raise SystemExit(f"{landing.question!r} was not found within {GIVE_UP_SECONDS:g} s")
        time.sleep(BETWEEN_SECONDS)


def _paused(asker: Asker, landing: Landing) -> float:
    """Seconds that the first round of questions takes, long after the landing."""
    asker.found_by(landing)
    landing.land()
    time.sleep(PAUSE_SECONDS)
    began = time.perf_counter()
    while not all(asker.found_by(landing)):
        if time.perf_counter() - began > GIVE_UP_SECONDS:
            raise SystemExit(f"{landing.question!r} was not found within {GIVE_UP_SECONDS:g} s")
    return time.perf_counter() - began


def _measure(port: int, landings: int) -> dict[str, Any]:
    asker = Asker(port)
    numbers = itertools.count()
    _followed(asker, Landing(next(numbers)))  # whatever is made once is made now
    quiet = [_followed(asker, Landing(next(numbers))) for _ in range(landings // 2)]
    with Rebuilding() as rebuilding:
        rebuilt = [_followed(asker, Landing(next(numbers))) for _ in range(landings)]
        paused = [_paused(asker, Landing(next(numbers))) for _ in range(landings // 2)]
    return {"seconds": {QUIET: quiet, REBUILT: rebuilt, PAUSED: paused}, "flips": rebuilding.flips}


# -- report ------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--landings", type=int, default=60)
    parser.add_argument("--world", help="folder to keep the generated world in")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        _search_world.make(_search_world.Sizes(items=options.items, waiting=0))
        return
    if options.inside:
        found = serve_and_measure(options.landings)
        Path(options.inside).write_text(json.dumps(found), encoding="utf-8")
        return
    from benchmarks._report import machine, publish, verdict

    about = machine()
    with tempfile.TemporaryDirectory(prefix="mmsite-bench-") as folder:
        found = _in_folder(options, Path(options.world or folder))
    rows = [_row(name, seconds) for name, seconds in found["seconds"].items()]
    publish("index_freshness", rows, about, items=options.items, snapshots_taken_over=found["flips"])
    sys.exit(verdict({f"{row['what']}: every landing within {BAR:g} s": row["max s"] < BAR for row in rows}))


def _in_folder(options: argparse.Namespace, var: Path) -> dict[str, Any]:
    var.mkdir(parents=True, exist_ok=True)
    env = _environment(str(var)) | {"DJANGO_SETTINGS_MODULE": "mmsite.settings"}
    command = [sys.executable, "-m", "benchmarks.index_freshness", "--items", str(options.items)]
    if not (var / "made").exists():
        subprocess.run([*command, "--make"], env=env, check=True)
    result = var / "result.json"
    command += ["--landings", str(options.landings), "--inside", str(result)]
    subprocess.run(command, env=env, check=True)
    return dict(json.loads(result.read_text(encoding="utf-8")))


def _row(name: str, seconds: list[float]) -> dict[str, Any]:
    in_order = sorted(seconds)
    return {
        "what": name,
        "landings": len(in_order),
        **{f"p{share} s": round(in_order[len(in_order) * share // 100], 2) for share in (50, 95)},
        "max s": round(in_order[-1], 2),
        "bar s": BAR,
    }


if __name__ == "__main__":
    main()
