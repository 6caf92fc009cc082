"""An immutable index on disk, mapped into memory by whoever reads it.

Rows are grouped by which modalities an item has. Within a group all rows have the same length, so inner
products rank as similarities do; a group that is large has a graph of its own, and one query asks each group
that has anything to meet. That keeps items that lack a modality comparable: the groups' scores are scaled,
each by its own factor, before they are merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recommender.engine.index.composition import BLOCKS, Asked
from recommender.engine.index.exact import best_rows
from recommender.engine.index.files import read_manifest, write_manifest
from recommender.engine.index.hnsw import SEARCH_EFFORT, Graph, write_graph
from recommender.engine.index.rows import Directory, Span, check_rows, grouped
from recommender.errors import SnapshotError
from recommender.said import gettext_noop as _
from recommender.said import say

IDS, VECTORS = "ids.npy", "vectors.npy"
_GRAPH_SHARE = 4  # groups from a quarter of ``hnsw_from`` have a graph, once the whole has reached it
_WIDER = 4
_WIDEST = 8_192  # proposals; beyond, exact search is as quick
_PROPOSAL_COST = 10  # a proposal of the graph costs as much as so many rows of an exact search
_AT_ONCE = 16_384


# -- writing -----------------------------------------------------------------------------------------------


def write_snapshot(
    folder: Path,
    ids: np.ndarray,
    matrix: np.ndarray,
    *,
    space_key: str,
    watermark: int,
    modalities: Sequence[str],
    hnsw_from: int,
) -> dict[str, Any]:
    """Write a snapshot into the empty ``folder``, its manifest last, and return the manifest.

    Args:
        ids: (n,) ascending without repetition.
        matrix: (n, 3 * dim), as ``item_matrix`` makes it.
        space_key: the encoder space of the vectors; readers name it again.
        watermark: highest number of a vector that is certainly in; for the reader, not used here.
        modalities: what the encoder can encode.
        hnsw_from: number of items from which graphs are built.

    Raises:
        SnapshotError: the folder holds a snapshot, or ids and matrix do not fit together.
    """
    ids = np.asarray(ids, np.int64)
    if any(folder.iterdir()):
        told = _("The folder {name} is not empty: a snapshot is never written over.")
        raise SnapshotError(say(told, name=folder.name))
    check_rows(ids, matrix)
    order, spans = grouped(matrix)
    np.save(folder / IDS, ids[order])
    vectors = _write_vectors(folder / VECTORS, matrix, order)
    groups = [_write_group(folder, vectors, span, len(ids) >= hnsw_from, hnsw_from) for span in spans]
    facts = {
        "space_key": space_key,
        "watermark": int(watermark),
        "modalities": list(modalities),
        "items": len(ids),
        "dim": matrix.shape[1] // BLOCKS,
        "hnsw_from": hnsw_from,
        "groups": groups,
    }
    return write_manifest(folder, facts)


def _write_vectors(path: Path, matrix: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The rows of ``matrix`` in the given order, as a file and mapped from it."""
    vectors = np.lib.format.open_memmap(path, "w+", np.dtype(np.float32), matrix.shape)
    for start in range(0, len(order), _AT_ONCE):
        some = order[start : start + _AT_ONCE]
        vectors[start : start + len(some)] = matrix[some]
    vectors.flush()
    return vectors


def _write_group(
    folder: Path, vectors: np.ndarray, span: Span, is_large: bool, hnsw_from: int
) -> dict[str, Any]:
    name, size = None, span.stop - span.start
    if is_large and span.code and size * _GRAPH_SHARE >= hnsw_from:
        name = f"graph-{span.code}.faiss"
        write_graph(folder / name, vectors[span.start : span.stop], span.code, vectors.shape[1] // BLOCKS)
    return {"code": span.code, "start": span.start, "stop": span.stop, "graph": name}


# -- reading -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group(Span):
    """A group of rows and the graph that it may have."""

    graph: Graph | None


class Snapshot(Directory):
    """A snapshot opened for reading; all arrays are read-only, and files may be deleted while it is open.

    A ``SnapshotReader``.

    Attributes:
        manifest: what ``write_snapshot`` returned.
        vectors: (n, 3 * dim) float32 in the order of rows, mapped from disk.
    """

    def __init__(
        self, manifest: dict[str, Any], row_ids: np.ndarray, vectors: np.ndarray, groups: list[Group]
    ) -> None:
        super().__init__(manifest["dim"], row_ids, groups)
        self.manifest = manifest
        self.vectors = vectors
        self.groups = groups

    @classmethod
    def open(cls, path: Path, *, space_key: str) -> Snapshot:
        """Map the snapshot at ``path``.

        Raises:
            SnapshotError: missing, incomplete, damaged, or of another encoder space than ``space_key``.
        """
        manifest = read_manifest(path, space_key=space_key)
        try:
            row_ids = np.load(path / IDS)
            vectors = np.load(path / VECTORS, mmap_mode="r").view(np.ndarray)
            groups = [cls._group(path, facts, manifest["dim"]) for facts in manifest["groups"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            told = say(_("The snapshot {name} cannot be read: {error}."), name=path.name, error=str(error))
            raise SnapshotError(told) from error
        return cls(manifest, row_ids, vectors, groups)

    @staticmethod
    def _group(path: Path, facts: dict[str, Any], dim: int) -> Group:
        graph = Graph.open(path / facts["graph"], facts["code"], dim) if facts["graph"] else None
        return Group(facts["code"], facts["start"], facts["stop"], graph)

    def vectors_of(self, rows: np.ndarray) -> np.ndarray:
        """(m, 3 * dim) float32, the vectors of rows (m,)."""
        return self.vectors[rows]

    def best_rows(self, asked: Asked, k: int, allowed: np.ndarray) -> np.ndarray:
        """Rows that hold the ``k`` best of the ``allowed`` (n,) bool, and perhaps some more, in any order.

        Never fewer than ``k`` where so many are allowed and have anything to meet.
        """
        if not any(group.graph for group in self.groups):
            return best_rows(self.vectors, self.codes, allowed, asked, k)
        found = [self._best_of(group, asked, k, allowed) for group in self.groups if asked.meets[group.code]]
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    def _best_of(self, group: Group, asked: Asked, k: int, allowed: np.ndarray) -> np.ndarray:
        part = slice(group.start, group.stop)
        size, count = group.stop - group.start, int(np.count_nonzero(allowed[part]))
        if group.graph is not None and count:
            # What is not allowed is among the proposals too, so there must be that many more of them.
            proposals = max(SEARCH_EFFORT, 2 * k) * size // count
            while proposals <= min(_WIDEST, size) and proposals * _PROPOSAL_COST <= count:
                rows = group.start + group.graph.nearest(asked.query, proposals)
                rows = rows[allowed[rows]]
                if len(rows) >= k:
                    return rows
                proposals *= _WIDER
        return group.start + best_rows(self.vectors[part], self.codes[part], allowed[part], asked, k)
