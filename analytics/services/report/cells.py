"""Reading the sums: which segments a period needs, and which of their cells a selection."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import Q

from analytics.contracts import CHANNELS, LABELS, NONE
from analytics.engine.reporting.cubes import ABSTAINED, CUBES, Columns, Cube, empty, joined, unpacked
from analytics.engine.reporting.intervals import Tally
from analytics.models import RollupSegment
from analytics.services.report.filters import DIRECTLY, Filters
from analytics.services.report.names import Kind, code
from recommender.models import Category

#: Joined columns kept in this process, in bytes; beyond it the least recently used go.
KEPT_BYTES = 96 * 2**20
Grain = RollupSegment.Grain


class Selection:
    """Cells of one selection by column, with ``day``: the ordinal of the day or of the month's first.

    Columns are picked from what was read when they are first asked for: a figure needs three or four.
    """

    def __init__(self, columns: Columns, picked: np.ndarray | None = None) -> None:
        self._all, self._picked = columns, picked
        self._columns: Columns = columns if picked is None else {}

    def __contains__(self, name: str) -> bool:
        return name in self._all

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._columns:
            self._columns[name] = self._all[name][self._picked]
        return self._columns[name]

    def __len__(self) -> int:
        return len(self._all["reviews"] if self._picked is None else self._picked)

    @property
    def columns(self) -> Columns:
        """Every column, picked."""
        return {name: self[name] for name in self._all}

    def where(self, mask: np.ndarray) -> Selection:
        rows = np.flatnonzero(mask)
        return Selection(self._all, rows if self._picked is None else self._picked[rows])

    @property
    def reviews(self) -> int:
        return int(self["reviews"].sum())

    def tally(self) -> Tally:
        counts = np.bincount(self["label"], weights=self["reviews"], minlength=4)
        return Tally(float(counts[0]), float(counts[1]), float(counts[2]))


def summed_cells(filters: Filters, *, by: str = "", days: bool = False) -> Selection:
    """What the sums say of ``filters``, without the words that are looked for; as ``selecting.select``."""
    cells = read(cube_of(filters, by), filters.start, filters.end, days=days)
    return restricted(cells, filters)


def cube_of(filters: Filters, by: str) -> Cube:
    """The smallest one that tells apart what is asked for."""
    about_aspects = bool(filters.aspect) or by == "aspect"
    about_items = filters.item is not None or by in ("item", "hour")
    names = {(False, False): "reviews", (False, True): "items", (True, False): "aspects"}
    return CUBES[names.get((about_aspects, about_items), "item_aspects")]


def restricted(cells: Selection, filters: Filters) -> Selection:
    """Those of ``cells`` that ``filters`` select, whatever their period."""
    mask: np.ndarray | None = None
    for part in _conditions(cells, filters):
        mask = part if mask is None else mask & part
    return cells if mask is None else cells.where(mask)


def _conditions(cells: Selection, filters: Filters) -> list[np.ndarray]:
    found = []
    if filters.item is not None:
        found.append(cells["item"] == filters.item)
    if filters.category is not None:
        found.append(_among(cells["category"], categories_of(filters.category)))
    if filters.language:
        found.append(_is_name(cells["language"], Kind.LANGUAGE, filters.language))
    if filters.aspect:
        found.append(_is_name(cells["aspect"], Kind.ASPECT, filters.aspect))
    if filters.channel == NONE:
        found.append(cells["channels"] == 0)
    elif filters.channel:
        found.append((cells["channels"] & (1 << CHANNELS.index(filters.channel))) > 0)  # type: ignore[arg-type]
    if filters.rating is not None:
        found.append(cells["rating"] == (0 if filters.rating == NONE else filters.rating))
    if filters.label:
        found.append(cells["label"] == LABELS.index(filters.label))  # type: ignore[arg-type]
    if filters.abstained is not None:
        found.append((cells["label"] == ABSTAINED) == filters.abstained)
    return found


def _is_name(values: np.ndarray, kind: str, name: str) -> np.ndarray:
    number = 0 if name == NONE and kind == Kind.LANGUAGE else code(kind, name)
    return np.zeros(len(values), dtype=bool) if number is None else values == number


def _among(values: np.ndarray, wanted: list[int]) -> np.ndarray:
    table = np.zeros(max([int(values.max()) if len(values) else 0, *wanted]) + 1, dtype=bool)
    table[wanted] = True
    return table[values]


def categories_of(chosen: int | str) -> list[int]:
    """The categories that a filter by ``chosen`` lets through; 0 stands for none."""
    if isinstance(chosen, int):
        return subtree(chosen)
    return [0 if chosen == NONE else int(chosen.removesuffix(DIRECTLY))]


def subtree(category: int) -> list[int]:
    """``category`` and all below it; empty where there is none."""
    found = Category.objects.filter(pk=category).values_list("path", flat=True).first()
    if found is None:
        return []
    below = Q(path__startswith=found + Category.SEPARATOR)
    return list(Category.objects.filter(Q(pk=category) | below).values_list("pk", flat=True))


# -- segments -----------------------------------------------------------------------------------------------


def read(
    cube: Cube, start: date, end: date, *, days: bool = False, categories: tuple[int, ...] | None = None
) -> Selection:
    """All cells of ``cube`` from ``start`` to ``end``: whole months where ``days`` allows, else days.

    Args:
        categories: only their cells. Of the largest cubes no more need be joined, and it can be kept.
    """
    segments = RollupSegment.objects.filter(_covering(start, end, days=days), cube=cube.name)
    found = list(segments.order_by("start", "grain").values_list("version", "start", "cells"))
    versions = [version for version, _, _ in found]
    key = (cube.name, categories, *versions)
    return Selection(kept_once(key, lambda: _joined(cube, segments, versions, categories)))


def _covering(start: date, end: date, *, days: bool) -> Q:
    first = start if start.day == 1 else _next_month(start)
    after = _next_month(end) if (end + timedelta(days=1)).day == 1 else end.replace(day=1)
    if days or first >= after:
        return Q(grain=Grain.DAY, start__range=(start, end))
    return (
        Q(grain=Grain.MONTH, start__gte=first, start__lt=after)
        | Q(grain=Grain.DAY, start__gte=start, start__lt=first)
        | Q(grain=Grain.DAY, start__gte=after, start__lte=end)
    )


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _joined(cube: Cube, segments: Any, versions: list[str], categories: tuple[int, ...] | None) -> Columns:
    parts: dict[str, Columns] = {}
    for version, start, count, data in segments.values_list("version", "start", "cells", "data").iterator():
        cells = unpacked(cube, data, count)
        if categories is not None:
            mask = _among(cells["category"], list(categories))
            cells = {name: values[mask] for name, values in cells.items()}
        days = np.full(len(cells["reviews"]), start.toordinal(), dtype=np.int32)
        parts[version] = {**cells, "day": days}
    # A segment that was made anew since it was listed is taken as it is now.
    ordered = [parts.pop(version) for version in versions if version in parts] + list(parts.values())
    if not ordered:
        return {**empty(cube), "day": np.zeros(0, dtype=np.int32)}
    return joined(cube, ordered)


class _Kept:
    """What was joined lately, by the versions of its segments, within a bound of bytes."""

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
        if size > self._most // 2:
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
