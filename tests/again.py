"""Tests of the suite once more, in a process of their own, with other parts behind the site."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from tests.conftest import ROOT


def passes_again(places: Sequence[str], **environment: str) -> None:
    """Fail with what pytest said unless the tests in ``places`` pass with ``environment`` set."""
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", *places, "-m", "not browser and not postgres", "--tb=short"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout[-8000:]
