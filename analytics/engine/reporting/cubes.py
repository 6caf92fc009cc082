"""Sums over reviews, kept column by column in segments of time, as in Druid (Yang et al., SIGMOD 2014).

A cube is a list of dimensions and measures; its cells have distinct dimensions. Cells are held as a mapping
of column name to array, all of one length.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.errors import RecommenderError

Columns = dict[str, np.ndarray]

#: The label of a review that commits itself to none; the others are positions in ``LABELS``.
ABSTAINED = 3

_DTYPES: dict[str, str] = {
    "hour": "<u1", "item": "<u4", "category": "<u4", "language": "<u4", "channels": "<u1", "rating": "<u1",
    "aspect": "<u4", "label": "<u1", "term": "<u4",
    "reviews": "<u4", "disagreement": "<f4", "overall": "<i4",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cube:
    """Which columns the cells have: those that tell them apart, and those that are summed.

    Attributes:
        apart: the dimension by which the cells of a day or month are kept in segments of their own, so that
            a selection of few of its values reads little; "" to keep all together.
    """

    name: str
    dimensions: tuple[str, ...]
    measures: tuple[str, ...]
    apart: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.dimensions + self.measures

    @property
    def width(self) -> int:
        """Bytes of a cell."""
        return sum(np.dtype(_DTYPES[name]).itemsize for name in self.columns)


_COMMON = ("category", "language", "channels", "rating", "label")
#: ``label`` is of the review here, and of what is felt about the aspect in the cubes of aspects, where
#: ``overall`` is the sum of -1, 0, 1 of the whole reviews. Where items are told apart, so are hours of days.
CUBES: dict[str, Cube] = {
    cube.name: cube
    for cube in (
        Cube("reviews", _COMMON, ("reviews", "disagreement")),
        Cube("items", ("item", "hour", *_COMMON), ("reviews", "disagreement")),
        Cube("aspects", ("aspect", *_COMMON), ("reviews", "disagreement", "overall")),
        Cube("item_aspects", ("item", "hour", "aspect", *_COMMON), ("reviews", "disagreement", "overall")),
        Cube("words", ("language", "label", "term"), ("reviews",)),
        Cube("terms", ("category", "language", "label", "term"), ("reviews",), apart="category"),
    )
}


def summed(cube: Cube, rows: Mapping[str, np.ndarray]) -> Columns:
    """Cells of ``rows``: those with the same dimensions are added up; in order of the dimensions.

    Args:
        rows: every column of the cube, each (n,); any integer type that fits.
    """
    count = len(rows[cube.measures[0]])
    if not count:
        return empty(cube)
    key, span = _key([np.asarray(rows[name]) for name in cube.dimensions])
    first, group = _distinct(key, span)
    cells = {name: np.asarray(rows[name])[first] for name in cube.dimensions}
    for name in cube.measures:
        cells[name] = np.bincount(group, weights=rows[name], minlength=len(first))
    return {name: cells[name].astype(_DTYPES[name]) for name in cube.columns}


def _distinct(key: np.ndarray, span: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each distinct number of (n,) ``key``, all below ``span``, first stands, in their order; and (n,)
    which of them each is."""
    if span > _few(len(key)):
        _, first, group = np.unique(key, return_index=True, return_inverse=True)
        return first, group
    # A table of all thinkable keys is quicker than sorting those there are.
    table = np.full(span, -1, dtype=np.int64)
    table[key[::-1]] = np.arange(len(key) - 1, -1, -1)
    there = np.flatnonzero(table >= 0)
    first = table[there]
    table[there] = np.arange(len(there))
    return first, table[key]


def _key(columns: Sequence[np.ndarray]) -> tuple[np.ndarray, int]:
    """(n,) whole numbers that are equal where all columns are, and sort as they do; all below the second."""
    count = len(columns[0])
    sizes = [int(column.max()) + 1 for column in columns]
    if math.prod(sizes) > _few(count):
        columns, sizes = zip(*map(_ranks, columns, sizes), strict=True)
    key = np.zeros(count, dtype=np.int64)
    span = 1
    for column, size in zip(columns, sizes, strict=True):
        if span * size >= 2**62:  # too many thinkable keys: count those that are there
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            span = int(key.max()) + 1
        key = key * size + column
        span *= size
    return key, span


def _few(count: int) -> int:
    """Of so many thinkable numbers a table is made, where there are ``count``."""
    return max(4 * count, 1 << 16)


def _ranks(column: np.ndarray, size: int) -> tuple[np.ndarray, int]:
    """(n,) the place of each number among the distinct ones, and how many those are; or as they are, where
    few numbers are much larger."""
    if size > _few(len(column)):
        return column, size
    there = np.zeros(size, dtype=bool)
    there[column] = True
    return (np.cumsum(there) - 1)[column], int(np.count_nonzero(there))


def parts(cube: Cube, cells: Columns) -> Iterator[tuple[int, Columns]]:
    """The cells of each value of the dimension by which the cube is kept apart; all under 0 without one."""
    if not cube.apart:
        yield 0, cells
        return
    order = np.argsort(cells[cube.apart], kind="stable")
    values, starts = np.unique(cells[cube.apart][order], return_index=True)
    for value, rows in zip(values, np.split(order, starts)[1:], strict=True):
        yield int(value), {name: column[rows] for name, column in cells.items()}


def empty(cube: Cube) -> Columns:
    return {name: np.zeros(0, dtype=_DTYPES[name]) for name in cube.columns}


def joined(cube: Cube, parts: Sequence[Mapping[str, np.ndarray]]) -> Columns:
    """The cells of all parts one after the other."""
    if not parts:
        return empty(cube)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def narrow(cells: Mapping[str, np.ndarray]) -> Columns:
    """The same whole numbers in the smallest types that hold them, each column by itself."""
    return {name: _narrow(values) for name, values in cells.items()}


def _narrow(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind not in "iu" or not len(values):
        return values
    low, high = int(values.min()), int(values.max())
    # A signed type reaches one further below nought than above.
    farthest = high if low >= 0 else min(low, -high - 1)
    return values.astype(np.min_scalar_type(farthest), copy=False)


def packed(cube: Cube, cells: Mapping[str, np.ndarray]) -> bytes:
    """The columns one after the other, little-endian."""
    return b"".join(np.ascontiguousarray(cells[name], dtype=_DTYPES[name]).tobytes() for name in cube.columns)


def unpacked(cube: Cube, data: bytes | memoryview, count: int) -> Columns:
    """Undo ``packed``; the arrays are views of ``data``.

    Raises:
        RecommenderError: ``data`` is not ``count`` cells of this cube.
    """
    if len(data) != count * cube.width:
        raise RecommenderError(
            f"Sums of {cube.name} are damaged: {len(data)} bytes for {count} cells.",
            "Run: manage.py rebuild_rollups",
        )
    cells, start = {}, 0
    for name in cube.columns:
        dtype = np.dtype(_DTYPES[name])
        cells[name] = np.frombuffer(data, dtype, count, start)
        start += count * dtype.itemsize
    return cells
