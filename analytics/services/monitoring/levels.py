"""What is as it is at a moment, such as the length of a queue: the watch process looks every few seconds.

Each area has a module beside this one, with its gauges and the duties that set them. All of them are imported
where Django starts, because whoever reads a gauge has to know it.
"""

from __future__ import annotations

from collections.abc import Mapping

from analytics.services.monitoring.watch import duty
from recommender.telemetry import Gauge, drop_gauge, gauge, read_gauge

Labels = tuple[str, ...]
WATCHED = gauge(
    "mmsite_watch_timestamp_seconds",
    "When the watch process last looked, seconds since 1970; all levels are as of then.",
    unit="seconds",
)
#: Label values that each gauge was last set with, by this process.
_said: dict[str, set[Labels]] = {}


def put(level: Gauge, values: Mapping[Labels, float]) -> None:
    """Set a gauge to these values and no others: what is not among them any more is no longer told.

    Raises:
        RedisError: Redis does not answer.
    """
    before = _said.get(level.name)
    if before is None:  # a watch process that ran before this one may have known of more
        before = set(read_gauge(level.name))
    # First what is gone, so that what came instead has its room.
    drop_gauge(level.name, before - values.keys())
    for labels, value in values.items():
        level.set(value, *labels)
    _said[level.name] = {level.key(labels)[1:] for labels in values}


def put_one(level: Gauge, value: float | None, *labels: str) -> None:
    """``put`` for a gauge with one value; None where it is not known."""
    put(level, {} if value is None else {labels: value})


def forget() -> None:
    """Hold nothing of what was said before."""
    _said.clear()


@duty("watched", 5.0)
def watched(now: float) -> None:
    WATCHED.set(now)
