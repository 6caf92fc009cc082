"""The suite passes on PostgreSQL as it does on SQLite."""

from __future__ import annotations

import pytest

from tests.again import passes_again
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


@pytest.mark.timeout(2400)
def test_everything_that_touches_the_database_passes_on_postgresql(postgres_url: str) -> None:
    folders = [f"tests/{name}" for name in SUBJECTS if (ROOT / "tests" / name).is_dir()]
    assert folders
    passes_again(folders, DATABASE_URL=postgres_url)
