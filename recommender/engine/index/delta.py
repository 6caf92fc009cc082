"""What has changed since a snapshot: an append-only table that readers may hold while it grows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.engine.index.composition import BLOCKS, presence
from recommender.engine.index.rows import find_rows

_LEAST = 256  # rows


@dataclass(frozen=True, slots=True)
class _Room:
    """Columns with space for more rows than are in use."""

    ids: np.ndarray
    vectors: np.ndarray
    codes: np.ndarray

    @classmethod
    def of(cls, size: int, width: int) -> _Room:
        return cls(np.empty(size, np.int64), np.empty((size, width), np.float32), np.empty(size, np.uint8))

    def put(self, start: int, ids: np.ndarray, vectors: np.ndarray, codes: np.ndarray) -> None:
        part = slice(start, start + len(ids))
        self.ids[part], self.vectors[part], self.codes[part] = ids, vectors, codes


class Delta:
    """Rows in the order they came; those withdrawn or replaced are not ``alive``. It never changes itself.

    A successor writes its new rows behind the last of its predecessor, where no reader of that looks; so each
    ``Delta`` must have at most one successor with more rows.

    Attributes:
        ids, vectors, codes: (n,) int64, (n, 3 * dim) float32, (n,) uint8.
        alive: (n,) bool.
    """

    def __init__(self, room: _Room, count: int, alive: np.ndarray) -> None:
        self._room = room
        self.ids = room.ids[:count]
        self.vectors = room.vectors[:count]
        self.codes = room.codes[:count]
        self.alive = alive
        rows = np.flatnonzero(alive)
        order = np.argsort(self.ids[rows])
        self._rows = rows[order]
        #: (m,) the ids that are present, ascending
        self.present = self.ids[self._rows]
        self.present.flags.writeable = False

    @classmethod
    def empty(cls, dim: int) -> Delta:
        return cls(_Room.of(0, BLOCKS * dim), 0, np.zeros(0, bool))

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, ids: np.ndarray) -> np.ndarray:
        """(m,) the row of each id, -1 where it is not present."""
        return find_rows(self.present, self._rows, ids)

    def without(self, ids: np.ndarray) -> Delta:
        """The same with these ids withdrawn."""
        rows = self.rows_of(ids)
        if (rows < 0).all():
            return self
        alive = self.alive.copy()
        alive[rows[rows >= 0]] = False
        return Delta(self._room, len(self), alive)

    def with_rows(self, ids: np.ndarray, vectors: np.ndarray) -> Delta:
        """The same with these rows (ids without repetition), in place of those they replace."""
        base = self.without(ids)
        if len(base) + len(ids) > len(base._room.ids):
            base = base._moved(len(ids))
        codes = presence(vectors, vectors.shape[1] // BLOCKS)
        base._room.put(len(base), ids, vectors, codes)
        return Delta(base._room, len(base) + len(ids), np.append(base.alive, np.ones(len(ids), bool)))

    def _moved(self, more: int) -> Delta:
        """The rows that are alive in a new room of twice the size needed, so that growing costs little."""
        rows = np.flatnonzero(self.alive)
        room = _Room.of(max(_LEAST, 2 * (len(rows) + more)), self.vectors.shape[1])
        room.put(0, self.ids[rows], self.vectors[rows], self.codes[rows])
        return Delta(room, len(rows), np.ones(len(rows), bool))
