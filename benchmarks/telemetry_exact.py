"""What telemetry counts while its processes are killed, against a tally that the load generator keeps.

Four web servers and a Celery worker with two processes are kept busy over HTTP and through the queue, and at
random moments one of the six is killed (SIGKILL) and started again. Every answer that arrived and every task
that said itself that it was done is in the tally. Telemetry may miss what a process saw in its last flush
interval before a kill, and may have one more for a kill: an answer under way, which never arrived. Anything
beyond that fails.

    python -m benchmarks.telemetry_exact [--seconds 60] [--kills 12] [--seed 3]
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WEB_PROCESSES, WORKER_PROCESSES = 4, 2
#: A process sends once a second; then the sending itself, on a busy machine.
FLUSH_SECONDS = 1.5
VIEW, PATH = "healthz", "/healthz"
_INSIDE = "MMSITE_BENCHMARK_INSIDE"


@dataclass
class Source:
    """Something that is killed: what it did and when (seconds since 1970), and when it was killed."""

    done: list[float] = field(default_factory=list)
    kills: list[float] = field(default_factory=list)
    #: requests that were sent and not answered
    broken: int = 0

    @property
    def last_moments(self) -> int:
        """What was done in the flush interval before each kill: so much may be missing."""
        return sum(any(kill - FLUSH_SECONDS <= moment <= kill for kill in self.kills) for moment in self.done)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    if _INSIDE in os.environ:
        sys.exit(measure(options))
    from benchmarks.feed_latency import _environment

    with tempfile.TemporaryDirectory(prefix="mmsite-bench-") as folder:
        env = {**_environment(folder), _INSIDE: "1", "OMP_NUM_THREADS": "1", "WEB_WORKERS": "1"}
        command = [sys.executable, "-m", "benchmarks.telemetry_exact", *sys.argv[1:]]
        sys.exit(subprocess.run(command, env=env, check=False).returncode)


def measure(options: argparse.Namespace) -> int:
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks._report import ROOT, machine, publish, verdict
    from benchmarks.feed_latency import _running, _wait_for_redis
    from mmsite import processes

    about = machine()
    with _running(processes.redis()):
        _wait_for_redis()
        call_command("migrate", verbosity=0)
        webs, tasks, sent = under_load(options.seconds, options.kills, random.Random(options.seed))
        rows = compared(webs, tasks, sent)
    os.environ["MMSITE_VAR"] = str(ROOT / "var")  # the figures outlive the folder of this run
    publish(
        "telemetry_exact", rows, about, seconds=options.seconds, seed=options.seed,
        web_processes=WEB_PROCESSES, worker_processes=WORKER_PROCESSES, flush_seconds=FLUSH_SECONDS,
    )  # fmt: skip
    return verdict({f"{row['what']} exact but for the last flush": row["within"] for row in rows})


# -- what is run and killed ---------------------------------------------------------------------------------


class Web:
    """One web server of one process with a reader who never rests."""

    def __init__(self, over: threading.Event) -> None:
        from benchmarks.feed_latency import _free_port

        self.source, self.port, self._over = Source(), _free_port(), over
        self.process = self._start()
        self.thread = threading.Thread(target=self._read)

    def _start(self) -> subprocess.Popen[bytes]:
        from mmsite import processes

        child = processes.web(self.port)
        return subprocess.Popen(child.command, env={**os.environ, **child.env}, process_group=0)

    def kill(self) -> None:
        self.source.kills.append(time.time())
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = self._start()

    def _read(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                self._read_until_it_breaks()
            self._over.wait(0.05)

    def _read_until_it_breaks(self) -> None:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            link.connect()
            while not self._over.is_set():
                asked = False
                try:
                    asked = True
                    link.request("GET", PATH)
                    answer = link.getresponse()
                    answer.read()
                except (OSError, http.client.HTTPException):
                    self.source.broken += asked
                    return
                if answer.status != 200:
                    raise SystemExit(f"{PATH} answers {answer.status}.")
                self.source.done.append(time.time())
        finally:
            link.close()


class Worker:
    """A Celery worker with two processes of its own, which it starts again by itself."""

    def __init__(self) -> None:
        from benchmarks._exact_tasks import QUEUE

        command = [sys.executable, "-m", "celery", "-q", "-A", "mmsite", "worker", "-l", "CRITICAL"]
        command += ["-n", "exact@benchmark", "-Q", QUEUE, "-P", "prefork", "-c", str(WORKER_PROCESSES)]
        command += ["-I", "benchmarks._exact_tasks", "--without-gossip", "--without-mingle"]
        self.process = subprocess.Popen([*command, "--without-heartbeat"], process_group=0)
        self.kills: dict[int, float] = {}

    @property
    def children(self) -> list[int]:
        told = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return sorted(pid for pid in map(int, told.split()) if pid not in self.kills)

    def kill(self, rng: random.Random) -> None:
        pid = rng.choice(self.children)
        self.kills[pid] = time.time()
        os.kill(pid, signal.SIGKILL)


def under_load(seconds: float, kills: int, rng: random.Random) -> tuple[list[Source], list[Source], int]:
    """The web servers, the processes of the worker, and how many tasks were sent."""
    from recommender.telemetry import flush

    over = threading.Event()
    webs, worker = [Web(over) for _ in range(WEB_PROCESSES)], Worker()
    sender = Sender(over)
    try:
        for web in webs:
            web.thread.start()
        sender.start()
        _wait_until(lambda: all(web.source.done for web in webs) and noted())
        began = time.monotonic()
        for moment in sorted(rng.uniform(0, seconds) for _ in range(kills)):
            over.wait(max(0.0, began + moment - time.monotonic()))
            target = rng.randrange(WEB_PROCESSES + WORKER_PROCESSES)
            webs[target].kill() if target < WEB_PROCESSES else worker.kill(rng)
        over.wait(max(0.0, began + seconds - time.monotonic()))
        over.set()
        for thread in (*(web.thread for web in webs), sender):
            thread.join()
        _wait_until_done()
        time.sleep(2 * FLUSH_SECONDS)  # those that live say the last of it
        flush()
    finally:
        over.set()
        for process in (*(web.process for web in webs), worker.process):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return [web.source for web in webs], _by_process(worker), sender.sent


class Sender(threading.Thread):
    """Puts tasks into the queue, about as many as are done."""

    def __init__(self, over: threading.Event) -> None:
        super().__init__()
        self._over, self.sent = over, 0

    def run(self) -> None:
        from benchmarks._exact_tasks import QUEUE, tally
        from recommender.services.redis_link import shared_redis

        while not self._over.wait(0.005):
            if shared_redis().llen(QUEUE) < 50:
                tally.apply_async(queue=QUEUE)
                self.sent += 1


def noted() -> list[str]:
    from benchmarks._exact_tasks import TALLY
    from recommender.services.redis_link import shared_redis

    return [raw.decode() for raw in shared_redis().lrange(TALLY, 0, -1)]


def _by_process(worker: Worker) -> list[Source]:
    found: dict[int, Source] = {}
    for line in noted():
        pid, moment = line.split()
        found.setdefault(int(pid), Source()).done.append(float(moment))
    for pid, moment in worker.kills.items():
        source = found.setdefault(pid, Source())
        source.kills.append(moment)
        source.broken = 1  # noted, and killed before or after it was counted
    return list(found.values())


def _wait_until(is_so: Any, seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit("The site did not start to answer and to work.")
        time.sleep(0.1)


def _wait_until_done() -> None:
    """The queue is empty, and nothing more is noted."""
    from benchmarks._exact_tasks import QUEUE
    from recommender.services.redis_link import shared_redis

    before = -1
    while shared_redis().llen(QUEUE) or len(noted()) != before:
        before = len(noted())
        time.sleep(0.5)


# -- the comparison -----------------------------------------------------------------------------------------


def compared(webs: list[Source], tasks: list[Source], sent: int) -> list[dict[str, Any]]:
    from analytics.services.monitoring import tasks_seen
    from benchmarks._exact_tasks import NAME
    from mmsite.measure import ANSWERS, LATENCY
    from recommender.telemetry import read_totals

    totals = read_totals()
    answers = sum(
        amount for labels, amount in totals.counts[ANSWERS.name].items() if labels[:2] == ("200", VIEW)
    )
    timed = sum(
        sum(sums[:-1]) for labels, sums in totals.histograms[LATENCY.name].items() if labels[0] == VIEW
    )
    succeeded = totals.counts[tasks_seen.SUCCEEDED.name].get((NAME,), 0.0)
    return [
        _row("answers", webs, answers),
        _row("answers that were timed", webs, timed),
        _row("tasks done", tasks, succeeded),
        _row(
            "tasks sent", [Source(done=[0.0] * sent)], totals.counts[tasks_seen.SENT.name].get((NAME,), 0.0)
        ),
    ]


def _row(what: str, sources: list[Source], counted: float) -> dict[str, Any]:
    tally = sum(len(one.done) for one in sources)
    kills = sum(len(one.kills) for one in sources)
    may_miss = sum(one.last_moments for one in sources)
    may_add = sum(one.broken for one in sources)
    missing = tally - round(counted)
    # Of what was under way at a kill, one may be noted and not counted, or counted and not noted.
    within = -may_add <= missing <= may_miss + kills
    return {
        "what": what, "tally": tally, "counted": round(counted), "missing": missing,
        "kills": kills, "may miss": may_miss + kills, "may have more": may_add, "within": within,
    }  # fmt: skip


if __name__ == "__main__":
    main()
