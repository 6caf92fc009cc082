"""Label values that are gone: their places are free again, and nothing is told of them any more."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from redis import Redis

from recommender.telemetry.registry import OTHER, metric_named, metrics
from recommender.telemetry.room import open_labels
from recommender.telemetry.transport import GAUGES, PLACES, STALE_SECONDS, SUMS, connection

#: By the name of a label in Redis, when each value that has a place was last used, seconds since 1970.
Places = dict[str, dict[str, float]]


def free(name: str, gone: Collection[tuple[str, ...]], left: Collection[tuple[str, ...]]) -> None:
    """Free the places of a gauge's label values, here and in Redis.

    Args:
        gone: labels that are no longer told.
        left: labels that still are, whose values keep their places.

    Raises:
        RedisError: Redis does not answer.
    """
    if metric := metric_named(name):
        metric.forget(gone)
    for at, slot, _label in open_labels(name):
        if values := {one[at] for one in gone} - {one[at] for one in left}:
            connection().client.zrem(PLACES + slot, *values)


def forget_gone() -> int:
    """Tell no more of values without a place, nor of gauges that nobody has set for a day; how many.

    Values of counters stay while there is room: a task that runs once a week would else begin anew each time.

    Raises:
        RedisError: Redis does not answer.
    """
    client = connection().client
    # In this order: what gets a place meanwhile has its sums after it, so it is not taken for one without.
    fields = {key: [bytes(field) for field in client.hkeys(key)] for key in (SUMS, GAUGES)}
    places = _places(client)
    before = float(client.time()[0]) - STALE_SECONDS
    dropped = 0
    for key, since in ((SUMS, 0.0), (GAUGES, before)):
        if gone := [field for field in fields[key] if not _is_told(field, places, since)]:
            dropped += int(client.hdel(key, *gone))
    _free_unused_gauges(client, places, before)
    return dropped


def _places(client: Redis) -> Places:
    slots = [slot for metric in metrics() for _, slot, _ in open_labels(metric.name)]
    with client.pipeline(transaction=False) as pipe:
        for slot in slots:
            pipe.zrange(PLACES + slot, 0, -1, withscores=True)
        found = pipe.execute()
    return {
        slot: {value.decode(): used for value, used in some} for slot, some in zip(slots, found, strict=True)
    }


def _is_told(field: bytes, places: Places, since: float) -> bool:
    """Whether every open label's value has a place and was used since; what is not declared here stays."""
    return all(used >= since for used in _used(field, places))


def _used(field: bytes, places: Places) -> Iterator[float]:
    name, labels, _part = json.loads(field)
    for at, slot, _label in open_labels(name):
        if at < len(labels) and labels[at] != OTHER:
            yield places[slot].get(labels[at], -1.0)


def _free_unused_gauges(client: Redis, places: Places, before: float) -> None:
    for metric in metrics():
        for _, slot, _label in open_labels(metric.name):
            unused = [value for value, used in places[slot].items() if used < before]
            if unused and metric.kind == "gauge":
                client.zrem(PLACES + slot, *unused)
