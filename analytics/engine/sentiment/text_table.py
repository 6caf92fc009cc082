"""The text model's table: a row of small integers for every hashed n-gram; how it is summed and kept."""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analytics.engine.sentiment.text_features import BITS, Features, turns
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

_WEIGHTS, _NETWORKS, _FACTS = "table.bin", "networks.npz", "text.json"
_FORMAT = 6


@dataclass(frozen=True, slots=True)
class Table:
    """A model's weights.

    Attributes:
        steps: (2 ** BITS, columns) int8.
        scales: (columns,) what one step of each column is worth.
        networks: what ``text_network.unpack`` reads.
        facts: the columns' names, the calibration, how it was trained.
        key: changes whenever any of them does.
    """

    steps: np.ndarray
    scales: np.ndarray
    networks: bytes
    facts: Mapping[str, Any]
    key: str


def load(folder: Path) -> Table:
    """The table in ``folder``.

    Raises:
        RecommenderError: it holds none, or one of another format.
    """
    try:
        facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        packed, networks = ((folder / name).read_bytes() for name in (_WEIGHTS, _NETWORKS))
        if facts["format"] != _FORMAT or facts["bits"] != BITS:
            told = say(_("{folder} holds a text model of another format."), folder=str(folder))
            raise RecommenderError(told, _("Train it again."))
        steps = unpack(packed, len(facts["columns"]))
    except (OSError, ValueError, KeyError, IndexError, lzma.LZMAError) as error:
        raise RecommenderError(
            say(
                _("{folder} holds no text model that can be read: {error}."),
                folder=str(folder),
                error=str(error),
            ),
            _("Train it again, or give another folder."),
        ) from error
    digest = hashlib.sha256(packed + networks + json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]
    return Table(steps, np.array(facts["scales"], np.float32), networks, facts, f"text-{digest}")


def distinct(found: Features) -> tuple[np.ndarray, np.ndarray]:
    """(rows, owners) each once per text, ordered by text."""
    keys = (found.owners.astype(np.int64) << BITS) | found.rows
    keys.sort()
    keys = keys[turns(keys)]
    return (keys & ((1 << BITS) - 1)).astype(np.int32), keys >> BITS


def sums(table: np.ndarray, found: Features, once: tuple[np.ndarray, np.ndarray] | None = None) -> np.ndarray:
    """(texts, columns) raw sums over ``table`` divided by the root of the number of features.

    Args:
        once: what ``distinct`` says of ``found``, where it is known already.
    """
    rows, owners = once or distinct(found)
    # Rows are taken rather than indexed, here and wherever many are: that is five times as quick.
    total = np.zeros((found.texts, table.shape[1]), np.float32)
    if len(rows):
        (starts,) = turns(owners).nonzero()
        counts = np.concatenate([starts[1:], [len(owners)]]) - starts
        sums = np.add.reduceat(table.take(rows, axis=0), starts, axis=0, dtype=np.int32)
        total[owners[starts]] = sums / np.sqrt(counts)[:, None]
    return total


def pack(table: np.ndarray) -> bytes:
    """The non-zero entries, column by column: gaps between rows as varying bytes, then values; compressed."""
    parts = []
    for column in table.T:
        rows = np.flatnonzero(column)
        gaps = np.diff(rows, prepend=-1).astype(np.uint32)
        parts += [np.array([len(rows)], np.uint32).tobytes()]
        parts += [(gaps >> shift & 255).astype(np.uint8).tobytes() for shift in (0, 8, 16)]
        parts.append(column[rows].astype(np.int8).tobytes())
    return lzma.compress(b"".join(parts), preset=9)


def unpack(packed: bytes, columns: int) -> np.ndarray:
    """(2 ** BITS, columns) int8: what ``pack`` made.

    Raises:
        LZMAError, ValueError: it is cut off, or something else.
    """
    data = lzma.decompress(packed)
    table = np.zeros((1 << BITS, columns), np.int8)
    at = 0
    for column in range(columns):
        count = int(np.frombuffer(data, np.uint32, 1, at)[0])
        at += 4
        gaps = np.zeros(count, np.int64)
        for shift in (0, 8, 16):
            gaps |= np.frombuffer(data, np.uint8, count, at).astype(np.int64) << shift
            at += count
        table[np.cumsum(gaps) - 1, column] = np.frombuffer(data, np.int8, count, at)
        at += count
    return table


def save(
    folder: Path, steps: np.ndarray, scales: np.ndarray, networks: bytes, facts: Mapping[str, Any]
) -> None:
    """Write a table that ``load`` reads; ``facts`` names its columns."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _NETWORKS).write_bytes(networks)
    (folder / _WEIGHTS).write_bytes(pack(steps))
    told = {**facts, "format": _FORMAT, "bits": BITS, "scales": [float(scale) for scale in scales]}
    (folder / _FACTS).write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
