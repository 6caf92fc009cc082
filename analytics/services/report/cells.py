"""Reading the sums: which segments a period needs, and which of their cells a selection."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import Q

from analytics.contracts import CHANNELS, LABELS, NONE
from analytics.engine.reporting.cubes import (
    ABSTAINED,
    CUBES,
    Columns,
    Cube,
    empty,
    joined,
    narrow,
    summed,
    unpacked,
)
from analytics.engine.reporting.intervals import Tally
from analytics.models import RollupSegment
from analytics.services.report.filters import DIRECTLY, Filters
from analytics.services.report.kept import LARGEST_KEPT, keep, look
from analytics.services.report.names import Kind, code
from recommender.models import Category

Grain = RollupSegment.Grain
_DAY = np.dtype(np.int32)
#: Of more values than this, all of a cube that is kept apart by them is read.
_MOST_PARTS = 500


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
    return read(cube_of(filters, by), filters.start, filters.end, days=days, only=filters)


def cube_of(filters: Filters, by: str) -> Cube:
    """The smallest one that tells apart what is asked for."""
    about_aspects = bool(filters.aspect) or by == "aspect"
    about_items = filters.item is not None or by in ("item", "hour")
    names = {(False, False): "reviews", (False, True): "items", (True, False): "aspects"}
    return CUBES[names.get((about_aspects, about_items), "item_aspects")]


def restricted(cells: Selection, filters: Filters) -> Selection:
    """Those of ``cells`` that ``filters`` select, whatever their period."""
    return _meeting(cells, _conditions(filters))


@dataclass(frozen=True, slots=True)
class _Condition:
    """Which values of a column are let through.

    Attributes:
        wanted: these; or those that have the one bit, where ``bit``; or all others, where ``others``.
    """

    column: str
    wanted: tuple[int, ...]
    bit: bool = False
    others: bool = False

    def meets(self, values: np.ndarray) -> np.ndarray:
        """(n,) bool of (n,) whole numbers."""
        if self.bit:
            return (values & self.wanted[0]) > 0  # type: ignore[no-any-return]
        met = values == self.wanted[0] if len(self.wanted) == 1 else _among(values, self.wanted)
        return ~met if self.others else met


def _meeting(cells: Selection, conditions: Sequence[_Condition]) -> Selection:
    mask: np.ndarray | None = None
    for one in conditions:
        part = one.meets(cells[one.column])
        mask = part if mask is None else mask & part
    return cells if mask is None else cells.where(mask)


def _conditions(filters: Filters) -> tuple[_Condition, ...]:
    found = []
    if filters.item is not None:
        found.append(_Condition("item", (filters.item,)))
    if filters.category is not None:
        found.append(_Condition("category", tuple(categories_of(filters.category))))
    if filters.language:
        found.append(_named("language", Kind.LANGUAGE, filters.language))
    if filters.aspect:
        found.append(_named("aspect", Kind.ASPECT, filters.aspect))
    if filters.channel == NONE:
        found.append(_Condition("channels", (0,)))
    elif filters.channel:
        found.append(_Condition("channels", (1 << CHANNELS.index(filters.channel),), bit=True))  # type: ignore[arg-type]
    if filters.rating is not None:
        found.append(_Condition("rating", (0 if filters.rating == NONE else int(filters.rating),)))
    if filters.label:
        found.append(_Condition("label", (LABELS.index(filters.label),)))  # type: ignore[arg-type]
    if filters.abstained is not None:
        found.append(_Condition("label", (ABSTAINED,), others=not filters.abstained))
    return tuple(found)


def _named(column: str, kind: str, name: str) -> _Condition:
    number = 0 if name == NONE and kind == Kind.LANGUAGE else code(kind, name)
    return _Condition(column, () if number is None else (number,))


def _among(values: np.ndarray, wanted: Sequence[int]) -> np.ndarray:
    table = np.zeros(max([int(values.max()) if len(values) else 0, *wanted]) + 1, dtype=bool)
    table[list(wanted)] = True
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
    cube: Cube,
    start: date,
    end: date,
    *,
    days: bool = False,
    only: Filters | None = None,
    apart: bool = True,
) -> Selection:
    """Cells of ``cube`` from ``start`` to ``end``: of whole months where ``days`` allows, else of days.

    Args:
        only: those that these filters select, whatever their period.
        apart: tell the days or months apart; else what differs in nothing else is one cell, of no ``day``.
    """
    wanted = _conditions(only) if only else ()
    segments = RollupSegment.objects.filter(
        _covering(start, end, days=days), _parts(cube, wanted), cube=cube.name
    )
    listed = list(segments.order_by("start", "grain", "part").values_list("version", "cells"))
    versions = [version for version, _ in listed]
    size = sum(count for _, count in listed) * (cube.width + _DAY.itemsize)
    # All cells serve every selection of the period where they can be kept, as far as their number tells; else
    # these alone are read and kept.
    early = wanted if size > LARGEST_KEPT else ()
    columns = look(_key(cube, versions, early, apart=apart))
    if columns is None:
        found, columns = _joined(cube, segments, versions, early, apart=apart)
        # Under what was read, not what was listed: another period may be of the segments that were listed.
        keep(_key(cube, found, early, apart=apart), columns)
    cells = Selection(columns)
    return cells if early else _meeting(cells, wanted)


def _key(cube: Cube, versions: list[str], wanted: Sequence[_Condition], *, apart: bool) -> Hashable:
    return cube.name, wanted, apart, hashlib.sha256("".join(versions).encode()).digest()


def _parts(cube: Cube, wanted: Sequence[_Condition]) -> Q:
    """The segments that cells which are ``wanted`` can be in."""
    for one in wanted:
        if one.column == cube.apart and not (one.bit or one.others) and len(one.wanted) <= _MOST_PARTS:
            return Q(part__in=one.wanted)
    return Q()


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


def _joined(
    cube: Cube, segments: Any, versions: list[str], wanted: Sequence[_Condition], *, apart: bool
) -> tuple[list[str], Columns]:
    """The cells that are ``wanted``, and the versions of the segments that they were read from."""
    parts: dict[str, Columns] = {}
    for version, start, count, data in segments.values_list("version", "start", "cells", "data").iterator():
        cells = _meeting(Selection(unpacked(cube, data, count)), wanted).columns
        days = np.full(len(cells["reviews"]), start.toordinal(), dtype=_DAY)
        parts[version] = {**cells, "day": days} if apart else cells
    # A segment that was made anew since it was listed is taken as it is now.
    found = [version for version in versions if version in parts]
    known = set(found)
    found += [version for version in parts if version not in known]
    if not found:
        return found, empty(cube) | ({"day": np.zeros(0, dtype=_DAY)} if apart else {})
    together = joined(cube, [parts[version] for version in found])
    return found, narrow(together if apart else summed(cube, together))
