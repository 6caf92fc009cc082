"""Every module of levels, imported for its gauges, duties and measures."""

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
