"""The tables of an earlier release in a test, and those of this one again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def migrate(*target: tuple[str, str]) -> Any:
    """To these migrations, or to the last ones of all apps; the models as they stand there."""
    executor = MigrationExecutor(connection)
    return executor.migrate(list(target) or executor.loader.graph.leaf_nodes()).apps


@pytest.fixture
def put_right_after(transactional_db: None) -> Iterator[None]:
    """Whatever a test leaves, the next finds the tables of this release."""
    yield
    migrate()
