"""What the processes that serve ask of the database: how often, how long, and with what errors.

The names are those of django-prometheus, so that dashboards made for it fit.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from recommender.telemetry import counter, histogram

_ALIASES, _VENDORS, _ERRORS = 5, ("sqlite", "postgresql"), 50

ERRORS = counter(
    "django_db_errors_total",
    "Statements that failed, by class of the error.",
    alias=_ALIASES,
    vendor=_VENDORS,
    type=_ERRORS,
)
SECONDS = histogram(
    "django_db_query_duration_seconds",
    "Seconds that statements took, and so how many there were.",
    buckets=(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0),
    alias=_ALIASES,
    vendor=_VENDORS,
)
_Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


def watch_database() -> None:
    """Time every statement of this process from now on; asking again changes nothing.

    Not for commands: those may run before there is a Redis to tell.
    """
    connection_created.connect(_opened, dispatch_uid="analytics.database_seen")
    for one in connections.all(initialized_only=True):
        _opened(one)


def on_worker_init(**_: Any) -> None:
    """Celery's ``worker_init``, before the worker forks."""
    watch_database()


def _opened(connection: BaseDatabaseWrapper, **_: Any) -> None:
    wrappers = connection.execute_wrappers
    if not any(isinstance(one, _Timed) for one in wrappers):
        wrappers.append(_Timed(connection.alias, connection.vendor))


class _Timed:
    """Django's wrapper round a statement; it runs some ten times a page, so it does little."""

    def __init__(self, alias: str, vendor: str) -> None:
        self._labels = (alias, vendor)
        self._observe = SECONDS.observer(alias, vendor)

    def __call__(self, execute: _Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        began = perf_counter()
        try:
            return execute(sql, params, many, context)
        except Exception as error:
            ERRORS.add(1, *self._labels, type(error).__name__)
            raise
        finally:
            self._observe(perf_counter() - began)
