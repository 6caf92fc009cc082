"""What was made lately of the sums, kept in this process within a bound of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

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
        self._columns: OrderedDict[Any, Columns] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any) -> Columns | None:
        with self._lock:
            if key in self._columns:
                self._columns.move_to_end(key)
            return self._columns.get(key)

    def put(self, key: Any, columns: Columns) -> None:
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


def kept_once(key: Any, make: Callable[[], Columns]) -> Columns:
    """What was made under ``key`` lately, else made now. Whatever changes it must change the key."""
    kept = _kept.get(key)
    if kept is None:
        kept = make()
        _kept.put(key, kept)
    return kept


def forget() -> None:
    """Drop what this process has kept."""
    _kept.clear()
