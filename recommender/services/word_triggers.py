"""SQLite's index of words through migrations: its triggers step aside for changes of the tables they watch.

Django changes an SQLite table by copying it, dropping the old one and renaming the copy. The triggers of the
old table go with it, and one on another table that names it makes the renaming fail.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

log = logging.getLogger(__name__)

_MIGRATION = "recommender.migrations.0002_lexical_indexes"
_TABLE = "recommender_item_words"
_TRIGGERS = [f"{_TABLE}_{what}" for what in ("insert", "update", "delete", "category")]


def put_aside(using: str, plan: Sequence[tuple[Any, bool]] = (), **_signal: Any) -> None:
    """Before migrations: drop the triggers where any of them is of this application."""
    connection = connections[using]
    if connection.vendor != "sqlite" or all(one.app_label != "recommender" for one, _backwards in plan):
        return
    with connection.cursor() as cursor:
        for name in _TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def bring_back(using: str, **_signal: Any) -> None:
    """After migrations: where triggers are missing, the index is made anew from the items as they are."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    there = _names(connection)
    if _TABLE not in there or there.issuperset(_TRIGGERS):
        return
    log.info("The index of words is filled from all items.")
    made = import_module(_MIGRATION)
    with connection.schema_editor() as editor:
        for statement in (*made.SQLITE_REVERSE, *made.SQLITE):
            editor.execute(statement, params=None)


def _names(connection: BaseDatabaseWrapper) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger')")
        return {name for (name,) in cursor.fetchall()}
