"""The suite passes on PostgreSQL as it does on SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.again import Repetition


@pytest.mark.timeout(2400)
def test_everything_that_touches_the_database_passes_on_postgresql(on_postgresql: Repetition) -> None:
    on_postgresql()
