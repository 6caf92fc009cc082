"""The text model's table: a row of small integers for every hashed n-gram; how it is summed and kept."""

from __future__ import annotations

import hashlib
import json
import lzma
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analytics.engine.sentiment.compiled import compiled
from analytics.engine.sentiment.text_features import BITS, Features
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
        if len(facts["scales"]) != len(facts["columns"]):
            raise ValueError("not as many scales as columns")
    except (OSError, ValueError, KeyError, IndexError, lzma.LZMAError) as error:
        raise unreadable(folder, error) from error
    digest = hashlib.sha256(packed + networks + json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]
    return Table(steps, np.array(facts["scales"], np.float32), networks, facts, f"text-{digest}")


def unreadable(folder: Path, error: Exception) -> RecommenderError:
    """What to say of a folder whose model is damaged."""
    told = _("{folder} holds no text model that can be read: {error}.")
    return RecommenderError(
        say(told, folder=str(folder), error=str(error)), _("Train it again, or give another folder.")
    )


def distinct(found: Features) -> tuple[np.ndarray, np.ndarray]:
    """(rows, owners) each once per text, ordered by text."""
    keys = np.unique((found.owners << BITS) | found.rows)
    return (keys & ((1 << BITS) - 1)).astype(np.int32), keys >> BITS


def counted(table: np.ndarray, found: Features) -> tuple[np.ndarray, np.ndarray]:
    """(texts,) how many features each has, at least 1; (texts, columns) raw sums of those over ``table``
    divided by the root of their number."""
    keys = (found.owners << BITS) | found.rows
    keys.sort()
    return _counted(table, keys, found.texts)


@compiled
def _counted(table: np.ndarray, keys: np.ndarray, texts: int) -> tuple[np.ndarray, np.ndarray]:
    """As ``counted``, of sorted keys: the owner, then the row, in ``BITS`` bits."""
    columns = table.shape[1]
    counts, total = np.ones(texts, np.int64), np.zeros((texts, columns), np.float32)
    sums, count = np.zeros(columns, np.int32), 0
    for place in range(len(keys)):
        if place and keys[place] == keys[place - 1]:
            continue
        owner = keys[place] >> BITS
        if place and owner != keys[place - 1] >> BITS:
            _divided(sums, count, total[keys[place - 1] >> BITS])
            counts[keys[place - 1] >> BITS], count = count, 0
        row = table[keys[place] & ((1 << BITS) - 1)]
        for column in range(columns):
            sums[column] += row[column]
        count += 1
    if count:
        owner = keys[len(keys) - 1] >> BITS
        _divided(sums, count, total[owner])
        counts[owner] = count
    return counts, total


@compiled
def _divided(sums: np.ndarray, count: int, into: np.ndarray) -> None:
    """Put ``sums`` by the root of ``count`` into a text's row, and begin anew."""
    root = math.sqrt(count)
    for column in range(len(sums)):
        into[column] = sums[column] / root
        sums[column] = 0


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
