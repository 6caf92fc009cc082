"""``manage.py serve`` as a person runs it: real Redis, web server, workers and scheduler."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT

START_SECONDS = 120.0


@dataclass
class RunningSite:
    """A site under way and what it has printed so far."""

    process: subprocess.Popen[str]
    var: Path
    port: int
    lines: list[str] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line.rstrip())
                self.news.notify_all()
        with self.news:
            self.lines.append("(the end)")
            self.news.notify_all()

    def wait_for(self, text: str, times: int = 1) -> None:
        def arrived() -> bool:
            return sum(text in line for line in self.lines) >= times or "(the end)" in self.lines

        with self.news:
            self.news.wait_for(arrived, START_SECONDS)
            assert sum(text in line for line in self.lines) >= times, "\n".join(self.lines)

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def worker(self, name: str) -> psutil.Process:
        return next(child for child in self.family() if f"{name}@" in " ".join(child.cmdline()))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(var: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"REDIS_URL", "DATABASE_URL"}}
    settings = {"DJANGO_SETTINGS_MODULE": "mmsite.settings", "MMSITE_VAR": str(var), "PORT": str(port)}
    return {**kept, **settings, "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sites keep what they have, one after the other: only the first makes it."""
    return tmp_path_factory.mktemp("site")


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[[], RunningSite]]:
    """Starts a site and waits until it says that it is ready."""
    sites: list[RunningSite] = []

    def begin() -> RunningSite:
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=environment(folder, port),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        sites.append(RunningSite(process, folder, port))
        threading.Thread(target=sites[-1].read, daemon=True).start()
        sites[-1].wait_for("mmsite is ready")
        return sites[-1]

    yield begin
    for site in sites:
        if site.process.poll() is None:
            site.process.terminate()
            site.process.wait(30)


def test_a_site_starts_answers_mends_itself_and_leaves_nothing_behind(
    start: Callable[[], RunningSite],
) -> None:
    site = start()
    with urllib.request.urlopen(f"http://127.0.0.1:{site.port}/", timeout=10) as answer:
        assert answer.status == 200

    second = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=environment(site.var, site.port),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert f"process {site.process.pid} already serves" in second.stdout

    victim = site.worker("query")
    victim.kill()
    site.wait_for("starting again")

    family = site.family()
    assert len(family) >= 8
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(30) == 0
    _gone, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    site.wait_for("Everything has stopped")


def test_children_stop_when_the_supervisor_is_killed(start: Callable[[], RunningSite]) -> None:
    site = start()
    family = site.family()
    site.process.kill()
    site.process.wait()
    _gone, alive = psutil.wait_procs(family, timeout=30)
    assert [one.cmdline() for one in alive if one.is_running()] == []
