"""What was made lately of the sums, kept in this process within a bound of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from analytics.engine.reporting.cubes import Columns

#: Columns kept in this process, in bytes; beyond it the least recently used go.
KEPT_BYTES = 96 * 2**20
#: What is larger than this is not kept: it would drive out all else.
LARGEST_KEPT = KEPT_BYTES // 2


class _Kept:
    """Columns by a key that changes with what they are made of, within a bound of bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes = 0
        self._columns: OrderedDict[Hashable, Columns] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Columns | None:
        with self._lock:
            if key in self._columns:
                self._columns.move_to_end(key)
            return self._columns.get(key)

    def put(self, key: Hashable, columns: Columns) -> None:
        size = _size(columns)
        if size > LARGEST_KEPT:
            return
        with self._lock:
            if key not in self._columns:
                self._columns[key] = columns
                self._bytes += size
            while self._bytes > self._most:
                self._bytes -= _size(self._columns.popitem(last=False)[1])

    def clear(self) -> None:
        with self._lock:
            self._columns.clear()
            self._bytes = 0


def _size(columns: Columns) -> int:
    return sum(values.nbytes for values in columns.values())


_kept = _Kept(KEPT_BYTES)


def look(key: Hashable) -> Columns | None:
    """What was kept under ``key`` lately."""
    return _kept.get(key)


def keep(key: Hashable, columns: Columns) -> None:
    """Keep them, if they are not too large. Whatever changes them must change the key."""
    _kept.put(key, columns)


def kept_once(key: Hashable, make: Callable[[], Columns]) -> Columns:
    """What was made under ``key`` lately, else made now."""
    kept = look(key)
    if kept is None:
        kept = make()
        keep(key, kept)
    return kept


def forget() -> None:
    """Drop what this process has kept."""
    _kept.clear()
