"""The suite passes on PostgreSQL as it does on SQLite."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

#: Tests whose subject touches the database; the rest would only repeat itself.
SUBJECTS = (
    "models",
    "services",
    "tasks",
    "api",
    "web",
    "analytics/services",
    "analytics/api",
    "analytics/web",
)


@pytest.mark.timeout(900)
def test_everything_that_touches_the_database_passes_on_postgresql(postgres_url: str) -> None:
    folders = [f"tests/{name}" for name in SUBJECTS if (ROOT / "tests" / name).is_dir()]
    assert folders
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", *folders, "-m", "not browser and not postgres", "--tb=short"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": postgres_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout[-8000:]
