"""The graph as it serves: memory-mapped rows, summed over a person's history at each answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from recommender.engine.graph.files import read_graph

#: What somebody turned down says nothing about what other people go on to do; it works through content.
POSITIVE_ONLY = frozenset({"crowd"})
#: Up to so many numbers for each item a table finds its row, which takes a fifth of a binary search.
_GAPS = 8


@dataclass(frozen=True, slots=True)
class Accumulated:
    """The weighted sums of a history's rows, over the items that any of them reaches.

    Attributes:
        ids: (c,) int64, ascending.
        values: (sources, c) float32; 0 where a source does not reach the item.
        sources: names of the rows of ``values``.
        known: (sources, c) bool, whether the item has anything at all in that source.
        places: (c,) rows of the items in the graph, so that ``graph.popularity[places]`` is theirs.
    """

    ids: np.ndarray
    values: np.ndarray
    sources: tuple[str, ...]
    known: np.ndarray
    places: np.ndarray


class _Rows(NamedTuple):
    """One source's csr matrix."""

    indptr: np.ndarray
    indices: np.ndarray
    data: np.ndarray


class _Slices(NamedTuple):
    """Entries of several rows one after the other: column, value, and which of the rows it is of."""

    columns: np.ndarray
    values: np.ndarray
    owners: np.ndarray


class ItemGraph:
    """A graph opened for reading; threads may share it.

    Attributes:
        ids: (n,) int64, ascending.
        sources: names of the sources that have rows.
        popularity, freshness: (n,) float32 in [0, 1], in the order of ``ids``.
        manifest: what the graph was fitted from.
    """

    def __init__(self, manifest: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        self.ids: np.ndarray = np.array(arrays["ids"])
        self.popularity: np.ndarray = np.array(arrays["popularity"])
        self.freshness: np.ndarray = np.array(arrays["freshness"])
        self.sources: tuple[str, ...] = tuple(manifest["sources"])
        self.manifest: dict[str, Any] = manifest["about"]
        self._rows = {
            source: _Rows(*(arrays[f"{source}.{part}"] for part in _Rows._fields)) for source in self.sources
        }
        filled = [np.diff(self._rows[source].indptr) > 0 for source in self.sources]
        self._known = np.array(filled, bool).reshape(len(self.sources), len(self.ids))
        self._place_of = _table(self.ids)
        self._popular = np.argsort(-self.popularity, kind="stable")
        self._fresh = np.argsort(-self.freshness, kind="stable")

    @classmethod
    def open(cls, path: Path) -> ItemGraph:
        """The graph below ``path``; SnapshotError where it is missing, incomplete or damaged."""
        return cls(*read_graph(Path(path)))

    def __len__(self) -> int:
        return len(self.ids)

    # -- looking up -------------------------------------------------------------------------------------

    def places(self, ids: np.ndarray) -> np.ndarray:
        """Rows (m,) of items by id; -1 for those that are not in the graph."""
        ids = np.asarray(ids, np.int64)
        if not len(self.ids):
            return np.full(len(ids), -1)
        if self._place_of is not None:
            first = int(self.ids[0])
            return self._place_of[np.clip(ids - (first - 1), 0, len(self._place_of) - 1)]
        places = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[places] == ids, places, -1)

    def popular(self, count: int) -> np.ndarray:
        """Ids of the most popular items, best first."""
        return self.ids[self._popular[:count]]

    def fresh(self, count: int) -> np.ndarray:
        """Ids of the newest items, newest first."""
        return self.ids[self._fresh[:count]]

    def popularity_of(self, ids: np.ndarray) -> np.ndarray:
        """(m,) float32; 0 for items that are not in the graph."""
        return self._of(self.popularity, ids)

    def freshness_of(self, ids: np.ndarray) -> np.ndarray:
        """(m,) float32; 0 for items that are not in the graph."""
        return self._of(self.freshness, ids)

    def _of(self, column: np.ndarray, ids: np.ndarray) -> np.ndarray:
        places = self.places(ids)
        if not len(column):
            return np.zeros(len(places), np.float32)
        return np.where(places >= 0, column[places], np.float32(0.0))

    def row(self, source: str, item_id: int) -> tuple[np.ndarray, np.ndarray]:
        """Neighbours of an item through ``source``: ids (m,) and weights (m,), the largest first."""
        place = int(self.places(np.array([item_id]))[0])
        if place < 0 or source not in self._rows:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        rows = self._rows[source]
        part = slice(int(rows.indptr[place]), int(rows.indptr[place + 1]))
        order = np.argsort(-rows.data[part], kind="stable")
        return self.ids[rows.indices[part][order]], rows.data[part][order]

    # -- summing ----------------------------------------------------------------------------------------

    def accumulate(
        self, seed_ids: np.ndarray, weights: np.ndarray, also: np.ndarray | None = None
    ) -> Accumulated:
        """For each source the weighted sum of the seeds' rows, over the items that are reached.

        Args:
            seed_ids: (m,) items of a history, in any order; unknown ones are passed over.
            weights: (m,) what each is worth, negative for what was turned down; negative ones work through
                content only.
            also: ids of items that are to be among the candidates whether reached or not.
        """
        places, worth = self._seeds(seed_ids, weights)
        slices = [self._slices(source, places, worth) for source in self.sources]
        reached = np.zeros(len(self.ids), bool)
        for part in slices:
            reached[part.columns] = True
        if also is not None:
            extra = self.places(also)
            reached[extra[extra >= 0]] = True
        union = np.flatnonzero(reached)
        position = np.empty(len(self.ids), np.int32)
        position[union] = np.arange(len(union), dtype=np.int32)
        values = np.zeros((len(self.sources), len(union)), np.float32)
        for number, part in enumerate(slices):
            values[number] = np.bincount(position[part.columns], part.values, len(union))
        return Accumulated(self.ids[union], values, self.sources, self._known[:, union], union)

    def best_seed(
        self, source: str, item_ids: np.ndarray, seed_ids: np.ndarray, weights: np.ndarray
    ) -> np.ndarray:
        """For each item the seed that gave it most through ``source``, (items,) int64; -1 where none did."""
        item_ids = np.asarray(item_ids, np.int64)
        places, worth = self._seeds(seed_ids, weights)
        if source not in self._rows or not len(places) or not len(item_ids):
            return np.full(len(item_ids), -1, np.int64)
        part = self._slices(source, places, worth)
        asked = np.full(len(self.ids) + 1, -1)  # one more, for items that are not in the graph
        wanted, back = np.unique(self.places(item_ids), return_inverse=True)
        asked[wanted] = np.arange(len(wanted))
        asked[-1] = -1
        column = asked[part.columns]
        given = np.zeros((len(places), len(wanted)))
        given[part.owners[column >= 0], column[column >= 0]] = part.values[column >= 0]
        best = given.argmax(axis=0)
        seeds = np.where(given.max(axis=0) > 0, self.ids[places[best]], -1)
        return seeds[back]

    def _seeds(self, seed_ids: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows and summed weights of the seeds that are in the graph, each once."""
        places = self.places(seed_ids)
        there = places >= 0
        places, back = np.unique(places[there], return_inverse=True)
        return places, np.bincount(back, np.asarray(weights, np.float64)[there], len(places))

    def _slices(self, source: str, places: np.ndarray, weights: np.ndarray) -> _Slices:
        """The rows ``places`` of ``source`` one after the other, each times its weight."""
        rows = self._rows[source]
        if source in POSITIVE_ONLY:
            weights = np.maximum(weights, 0.0)
        starts, counts = rows.indptr[places], rows.indptr[places + 1] - rows.indptr[places]
        before = np.cumsum(counts) - counts
        owners = np.repeat(np.arange(len(places)), counts)
        entries = np.arange(len(owners)) + (starts - before).take(owners)
        return _Slices(rows.indices.take(entries), rows.data.take(entries) * weights.take(owners), owners)


def _table(ids: np.ndarray) -> np.ndarray | None:
    """Rows by ``id - (first - 1)``, -1 for gaps and at both ends; None where ids are far apart."""
    if not len(ids) or int(ids[-1]) - int(ids[0]) > _GAPS * len(ids):
        return None
    table = np.full(int(ids[-1]) - int(ids[0]) + 3, -1, np.int64)
    table[ids - ids[0] + 1] = np.arange(len(ids))
    return table
