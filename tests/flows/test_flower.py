"""Flower beside the site on the same load: every figure that it shows is here, and agrees."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.auth.models import User
from django.db import connection

from analytics.models import PausedQueue, TaskRun
from analytics.services.monitoring.event_stream import OUTBOX, flush_events
from analytics.services.monitoring.queue_state import Queue, Worker, state_of_queues
from analytics.services.monitoring.task_actions import pause, resume
from recommender.services import tracing
from tests.conftest import ROOT
from tests.flows import load_tasks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

QUEUE = "imports"
NODE = f"load@{socket.gethostname()}"
SECONDS = 150.0  # of patience; alone on a machine it takes a few
APP = ["-m", "celery", "-q", "-A", "tests.flows.load_tasks"]
STATES = {"SUCCESS": "done", "FAILURE": "failed"}


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < deadline, "it did not get there in time"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start(transactional_db: None) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a program of the site on this test's database and Redis; tasks go to workers meanwhile."""
    from mmsite.celery import app

    name = connection.settings_dict["NAME"]
    url = os.environ.get("DATABASE_URL", "").rsplit("/", 1)[0] + f"/{name}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "mmsite.settings",
        "DATABASE_URL": f"sqlite:///{name}" if connection.vendor == "sqlite" else url,
        "MMSITE_VAR": str(site.VAR_DIR),
        "FLOWER_UNAUTHENTICATED_API": "true",
        "OMP_NUM_THREADS": "1",
    }
    programs: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: str) -> subprocess.Popen[bytes]:
        programs.append(subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=environment))
        return programs[-1]

    app.conf.task_always_eager = False
    OUTBOX.forget()
    yield begin
    app.conf.task_always_eager = True
    for program in programs:
        program.terminate()
    for program in programs:
        try:
            program.wait(5)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


@pytest.fixture
def start_worker(start: Any) -> Callable[[], subprocess.Popen[bytes]]:
    options = ["worker", "-E", "-l", "ERROR", "-n", NODE, "-Q", QUEUE, "-P", "prefork", "-c", "2"]
    return lambda: start(*APP, *options, "--without-gossip", "--without-mingle")


def worker() -> Worker | None:
    return next((one for one in state_of_queues()[0] if one.beat.node == NODE and not one.is_silent), None)


def queue() -> Queue:
    return next(one for one in state_of_queues()[1] if one.name == QUEUE)


def send(task: Any, *args: Any, **kwargs: Any) -> str:
    return str(task.apply_async(args, kwargs, queue=QUEUE).id)


def states() -> Counter[str]:
    flush_events()
    return Counter(TaskRun.objects.values_list("state", flat=True))


@pytest.fixture
def flower(start: Any) -> Callable[[str], Any]:
    """What Flower's programming interface answers; None while it starts."""
    port = free_port()
    start(*APP, "flower", "--address=127.0.0.1", f"--port={port}", "--logging=error")

    def ask(path: str) -> Any:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/{path}", timeout=10) as answer:
                return json.loads(answer.read())
        except (urllib.error.URLError, OSError):
            return None

    return ask


def test_every_figure_of_flower_is_here_and_agrees(
    start: Any, start_worker: Any, flower: Callable[[str], Any], redis_server: Any
) -> None:
    start_worker()
    start("manage.py", "watch")
    wait_until(lambda: worker() is not None)
    wait_until(lambda: NODE in (flower("workers?refresh=1") or {}))
    wait_until(lambda: (flower("workers?status=1") or {}).get(NODE))  # it has heard the worker, so it listens

    held = [send(load_tasks.hold, number) for number in range(2)]
    wait_until(lambda: states()["started"] == 2)
    waiting = [send(load_tasks.add, number, right=number) for number in range(6)]
    waiting += [send(load_tasks.fail, word) for word in ("bread", "wine", "bread")]
    waiting += [send(load_tasks.stumble, falls) for falls in (0, 1, 2, 3)]

    asked, token = tracing.begin_trace("request-1234")
    waiting.append(send(load_tasks.relay, 5))
    tracing.end_trace(token)
    assert asked.sent == 1

    # While the worker is held, everything else waits.
    lengths = {one["name"]: one["messages"] for one in flower("queues/length")["active_queues"]}
    assert lengths[QUEUE] == queue().length == len(waiting)
    wait_until(lambda: (found := worker()) is not None and found.beat.active == 2)
    facts = flower(f"workers?refresh=1&workername={NODE}")[NODE]
    assert {one["id"] for one in facts["active"]} == set(held)
    assert set(TaskRun.objects.filter(state="started").values_list("task_id", flat=True)) == set(held)

    redis_server.rpush(load_tasks.LET_GO, "one", "two")
    wait_until(lambda: states() == {"done": 13, "failed": 4})
    theirs: dict[str, Any] = {}

    def all_told() -> bool:
        theirs.update(flower("tasks?limit=1000"))
        ended = [one for one in theirs.values() if one["state"] in {"SUCCESS", "FAILURE"}]
        return len(ended) == len(held) + len(waiting) + 1

    wait_until(all_told)
    ours = {run.task_id: run for run in TaskRun.objects.all()}
    relayed = TaskRun.objects.get(parent_id=waiting[-1])
    assert set(theirs) == set(ours) == {*held, *waiting, relayed.task_id}
    of_request = TaskRun.objects.filter(request_id="request-1234").values_list("name", flat=True)
    assert sorted(of_request) == ["load.add", "load.relay"]
    for task_id, shown in theirs.items():
        agree(shown, ours[task_id])
    apart = [abs(one["runtime"] - (ours[key].runtime or 0)) for key, one in theirs.items() if one["runtime"]]
    assert len(apart) == 13
    # A busy machine may turn to something else between the two clocks, but not each time.
    assert statistics.median(apart) < 0.02
    assert max(apart) < 0.5

    facts = flower(f"workers?refresh=1&workername={NODE}")[NODE]
    processed = sum(facts["stats"]["total"].values())
    wait_until(lambda: (found := worker()) is not None and found.beat.processed == processed)
    told = worker()
    assert told is not None
    assert facts["stats"]["pid"] == told.beat.pid
    assert facts["stats"]["pool"]["max-concurrency"] == told.beat.concurrency == 2
    assert facts["stats"]["pool"]["implementation"].endswith(f"{told.beat.pool}:TaskPool")
    assert [one["name"] for one in facts["active_queues"]] == list(told.beat.queues) == [QUEUE]


def agree(shown: dict[str, Any], run: TaskRun) -> None:
    """Hold what Flower shows of a task against its row."""
    assert STATES[shown["state"]] == run.state
    assert (shown["name"], shown["worker"], shown["retries"] or 0) == (run.name, run.worker, run.retries)
    named = "" if shown["kwargs"] == "{}" else f" {shown['kwargs']}"
    assert shown["args"] + named == run.arguments
    assert (shown["routing_key"] or QUEUE) == run.queue
    if run.state == "done":
        assert shown["result"] == (run.result or "None")  # a task that answers nothing
    if run.exception:
        assert shown["exception"] == f"{run.exception}({run.message!r})"
        assert shown["traceback"].strip() == run.traceback.strip()
    assert run.started_at is not None
    assert run.started_at.timestamp() == pytest.approx(shown["started"], abs=0.1)


def test_a_paused_queue_stays_paused_through_a_restart_of_its_worker(start: Any, start_worker: Any) -> None:
    operator = User.objects.create_user("otto")
    first = start_worker()
    start("manage.py", "watch")
    wait_until(lambda: worker() is not None)
    told = pause(QUEUE, operator)
    assert told.serving == 1
    wait_until(lambda: queue().consumers == 0)
    send(load_tasks.add, 1)
    first.terminate()
    first.wait(20)
    start_worker()
    wait_until(lambda: (found := worker()) is not None and found.beat.paused == (QUEUE,))
    wait_until(lambda: states() == {"sent": 1})
    assert (queue().length, queue().is_paused) == (1, True)
    resume(QUEUE, operator)
    wait_until(lambda: states() == {"done": 1})
    assert not PausedQueue.objects.exists()
