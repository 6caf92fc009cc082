"""Tests of the suite once more, in a process of their own, with other parts behind the site."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

_ROOT = Path(__file__).resolve().parent.parent
#: Pytest that hears SIGINT, which what a shell starts in the background is told to ignore.
_RUN = (
    "import signal, sys, pytest; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "sys.exit(pytest.main(sys.argv[1:]))"
)


class Repetition(Protocol):
    """Tests that are under way."""

    def __call__(self) -> None:
        """Wait for their end, and fail with what pytest said unless all passed."""


@contextmanager
def repeated(places: Sequence[str], **environment: str) -> Iterator[Repetition]:
    """The tests in ``places`` with ``environment`` set, from now on, beside what else runs.

    They take what the others leave of the machine's cores, though a server that they start may take its share
    (one in a session of its own is scheduled by itself). They end with the context.
    """
    command = [sys.executable, "-c", _RUN, *places, "-m", "not browser and not postgres", "--tb=short"]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(
            ["nice", "-n", "10", *command],
            cwd=_ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )

        def passed() -> None:
            process.wait()
            said.seek(0)
            assert process.returncode == 0, said.read()[-8000:]

        try:
            yield passed
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C does: pytest puts its servers and files away. It may have been pressed, and reached both."""
    for way, seconds in ((None, 3), (signal.SIGINT, 30), (signal.SIGKILL, None)):
        if way is not None:
            process.send_signal(way)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return
