"""Tests of the suite once more, in a process of their own, with other parts behind the site."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

_ROOT = Path(__file__).resolve().parent.parent


class Repetition(Protocol):
    """Tests that are under way."""

    def __call__(self) -> None:
        """Wait for their end, and fail with what pytest said unless all passed."""


@contextmanager
def repeated(places: Sequence[str], **environment: str) -> Iterator[Repetition]:
    """The tests in ``places`` with ``environment`` set, from now on, beside what else runs.

    They take what the others leave of the machine's cores, and end with the context.
    """
    command = [sys.executable, "-m", "pytest", *places, "-m", "not browser and not postgres", "--tb=short"]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(
            ["nice", "-n", "10", *command],
            cwd=_ROOT,
            env={**os.environ, **environment},
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
            process.terminate()
            process.wait()
