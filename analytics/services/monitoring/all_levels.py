"""Every module of levels: imported for its gauges, duties and measures, and told to listen."""

from __future__ import annotations

from celery.signals import worker_init

from analytics.services.monitoring import (
    database_seen,
    levels,
    levels_encoder,
    levels_index,
    levels_pipeline,
    levels_queues,
    levels_system,
    measures_levels,
    periodic,
    published,
)

__all__ = [
    "database_seen",
    "levels",
    "levels_encoder",
    "levels_index",
    "levels_pipeline",
    "levels_queues",
    "levels_system",
    "measures_levels",
    "periodic",
    "published",
]


def watch_all() -> None:
    """Listen to what Celery tells in this process; asking again changes nothing."""
    published.watch_waiting()
    periodic.watch_periodic()
    worker_init.connect(database_seen.on_worker_init, dispatch_uid="analytics.database_seen")
