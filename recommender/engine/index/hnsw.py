"""Graphs for approximate search (HNSW, Malkov and Yashunin 2016), kept on disk and mapped into memory.

The graphs hold half-precision copies of the vectors: what they propose is scored again from the full ones.
faiss is imported inside the functions, because a process that never meets a large snapshot needs none of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from recommender.engine.index.composition import modalities_of
from recommender.errors import SnapshotError
from recommender.said import gettext_noop as _
from recommender.said import say

LINKS = 32  # M: links a node, twice as many on the ground floor
BUILD_EFFORT = 100  # efConstruction
SEARCH_EFFORT = 128  # efSearch: the least number of proposals
_AT_ONCE = 16_384


class Graph:
    """The graph of a group of items that have the same modalities; blocks they lack are left out."""

    def __init__(self, index: Any, code: int, dim: int) -> None:
        self._index = index
        self._columns = columns_of(code, dim)

    @classmethod
    def open(cls, path: Path, code: int, dim: int) -> Graph:
        """Map the graph at ``path``.

        Raises:
            SnapshotError: faiss cannot read it.
        """
        import faiss

        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            told = say(_("The graph {name} cannot be read: {error}"), name=path.name, error=str(error))
            raise SnapshotError(told) from error
        return cls(index, code, dim)

    def nearest(self, query: np.ndarray, count: int) -> np.ndarray:
        """Up to ``count`` rows of the group by inner product with ``query`` (3 * dim,), best first.

        faiss answers a single query in the thread that asks, so web threads do not compete for cores.
        """
        import faiss

        part = np.ascontiguousarray(query[self._columns])[None]
        effort = faiss.SearchParametersHNSW(efSearch=count)  # type: ignore[attr-defined]
        _scores, rows = self._index.search(part, count, params=effort)
        return rows[0][rows[0] >= 0]


def write_graph(path: Path, vectors: np.ndarray, code: int, dim: int) -> None:
    """Build the graph of ``vectors`` (n, 3 * dim), all of presence code ``code``, on all cores."""
    import faiss

    columns = columns_of(code, dim)
    half: Any = faiss.ScalarQuantizer.QT_fp16
    index = faiss.IndexHNSWSQ(len(columns), half, LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = BUILD_EFFORT
    index.train(np.zeros((1, len(columns)), np.float32))  # half precision has nothing to learn
    for start in range(0, len(vectors), _AT_ONCE):
        index.add(np.ascontiguousarray(vectors[start : start + _AT_ONCE][:, columns]))
    faiss.write_index(index, str(path))


def columns_of(code: int, dim: int) -> np.ndarray:
    """The columns of the modalities in a presence code."""
    return np.concatenate([np.arange(number * dim, (number + 1) * dim) for number in modalities_of(code)])
