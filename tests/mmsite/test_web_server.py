"""The web server as a program."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

ANSWERS = "def application(environ, start):\n    start('200 OK', [])\n    return [b'well']\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One that answers."""
    (tmp_path / "answers.py").write_text(ANSWERS, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mmsite.web_server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--threads", "1", "--target", "answers:application"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    process = subprocess.Popen(command, cwd=ROOT, env=env, process_group=0)
    try:
        assert answers(process, port)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether it does before it ends, or a minute is over."""
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                return answer.read() == b"well"
        except OSError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
    return False


@pytest.mark.parametrize("_time", range(4))  # without the guard it hangs in one of three
def test_a_server_that_is_told_to_stop_many_times_at_once_stops(
    server: subprocess.Popen[bytes], _time: int
) -> None:
    for _ in range(300):
        os.kill(server.pid, signal.SIGTERM)  # not yet waited for, so the number stays its own
    assert server.wait(30) == 0
