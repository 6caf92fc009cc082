"""Which label values have a place: as many as the label may have, over all processes together.

A process admits values by itself, so that its own memory is bounded; but each process may see others. Redis,
where their sums meet, therefore keeps for each open label the values that have a place. The script that adds
a batch asks for its values first; those without a place are put under ``OTHER`` here, as a process does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from recommender.telemetry.buffer import Batch, Key
from recommender.telemetry.registry import OTHER, Label, metric_named

#: A label of a metric, as Redis calls it, and one of its values.
Place = tuple[str, str]


def open_labels(name: str) -> Iterator[tuple[int, str, Label]]:
    """Labels of a metric that do not list their values: which one it is, its name in Redis, and itself."""
    metric = metric_named(name)
    for at, label in enumerate(metric.labels if metric else ()):
        if label.values is None:
            yield at, f"{name}:{at}", label


def asked(batch: Batch) -> list[str | int]:
    """What a batch needs places for, in the order of its records: label, how many it may have, value, ..."""
    found: dict[Place, int] = {}
    for key in (*batch.counts, *batch.gauges, *batch.histograms):
        for at, slot, label in open_labels(key[0]):
            if key[at + 1] != OTHER:
                found[slot, key[at + 1]] = label.most
    return [part for (slot, value), most in found.items() for part in (slot, most, value)]


def folded(batch: Batch, refused: bytes) -> Batch:
    """The batch with every value that has no place under ``OTHER``: sums add up, of gauges the last counts.

    Args:
        refused: as the script answers, a JSON list of label, value, label, value, ...
    """
    parts = json.loads(refused)
    gone = set(zip(parts[::2], parts[1::2], strict=True))
    found = Batch(batch.number)
    for key, amount in batch.counts.items():
        other = _other(key, gone)
        found.counts[other] = found.counts.get(other, 0.0) + amount
    for key, value in batch.gauges.items():
        found.gauges[_other(key, gone)] = value
    for key, sums in batch.histograms.items():
        before = found.histograms.setdefault(_other(key, gone), [0.0] * len(sums))
        before[:] = [one + more for one, more in zip(before, sums, strict=True)]
    return found


def _other(key: Key, gone: set[Place]) -> Key:
    labels = list(key)
    for at, slot, _label in open_labels(key[0]):
        if (slot, labels[at + 1]) in gone:
            labels[at + 1] = OTHER
    return tuple(labels)
