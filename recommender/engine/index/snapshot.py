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

from recommender.engine.index.composition import BLOCKS, Asked, presence
from recommender.engine.index.exact import best_rows
from recommender.engine.index.files import read_manifest, write_manifest
from recommender.engine.index.hnsw import SEARCH_EFFORT, Graph, write_graph
from recommender.errors import SnapshotError

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
    _check_input(folder, ids, matrix)
    dim = matrix.shape[1] // BLOCKS
    codes = np.concatenate(
        [presence(matrix[start : start + _AT_ONCE], dim) for start in range(0, len(ids), _AT_ONCE)]
        or [np.zeros(0, np.uint8)]
    )
    order = np.argsort(codes, kind="stable")  # by group, ids ascending within
    np.save(folder / IDS, ids[order])
    vectors = _write_vectors(folder / VECTORS, matrix, order)
    groups = [
        _write_group(folder, vectors, codes[order], code, len(ids) >= hnsw_from, hnsw_from)
        for code in np.unique(codes).tolist()
    ]
    facts = {
        "space_key": space_key,
        "watermark": int(watermark),
        "modalities": list(modalities),
        "items": len(ids),
        "dim": dim,
        "hnsw_from": hnsw_from,
        "groups": groups,
    }
    return write_manifest(folder, facts)


def _check_input(folder: Path, ids: np.ndarray, matrix: np.ndarray) -> None:
    if any(folder.iterdir()):
        raise SnapshotError(f"The folder {folder.name} is not empty: a snapshot is never written over.")
    if matrix.ndim != 2 or ids.shape != (len(matrix),) or matrix.shape[1] % BLOCKS:
        raise SnapshotError(f"Ids {ids.shape} and vectors {matrix.shape} do not fit together.")
    if (np.diff(ids) <= 0).any():
        raise SnapshotError("The ids of a snapshot must ascend without repetition.")
    for start in range(0, len(ids), _AT_ONCE):
        if not np.isfinite(matrix[start : start + _AT_ONCE]).all():
            raise SnapshotError("A vector for the snapshot is not finite.", "Encode its item again.")


def _write_vectors(path: Path, matrix: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The rows of ``matrix`` in the given order, as a file and mapped from it."""
    vectors = np.lib.format.open_memmap(path, "w+", np.dtype(np.float32), matrix.shape)
    for start in range(0, len(order), _AT_ONCE):
        some = order[start : start + _AT_ONCE]
        vectors[start : start + len(some)] = matrix[some]
    vectors.flush()
    return vectors


def _write_group(
    folder: Path, vectors: np.ndarray, codes: np.ndarray, code: int, is_large: bool, hnsw_from: int
) -> dict[str, Any]:
    start, stop = (int(np.searchsorted(codes, code, side)) for side in ("left", "right"))
    name = None
    if is_large and code and (stop - start) * _GRAPH_SHARE >= hnsw_from:
        name = f"graph-{code}.faiss"
        write_graph(folder / name, vectors[start:stop], code, vectors.shape[1] // BLOCKS)
    return {"code": code, "start": start, "stop": stop, "graph": name}


# -- reading -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """Rows ``start`` to ``stop`` of a snapshot, all of presence code ``code``."""

    code: int
    start: int
    stop: int
    graph: Graph | None


class Snapshot:
    """A snapshot opened for reading; all arrays are read-only, and files may be deleted while it is open.

    Attributes:
        ids: (n,) int64 ascending.
        dim: width of one modality's vectors.
        manifest: what ``write_snapshot`` returned.
        vectors: (n, 3 * dim) float32 in the order of rows, mapped from disk.
        row_ids: (n,) int64, the id of each row.
        codes: (n,) uint8, the presence code of each row.
    """

    def __init__(
        self, manifest: dict[str, Any], row_ids: np.ndarray, vectors: np.ndarray, groups: list[Group]
    ) -> None:
        self.manifest = manifest
        self.dim: int = manifest["dim"]
        self.row_ids = row_ids
        self.vectors = vectors
        self.groups = groups
        self.codes = np.zeros(len(row_ids), np.uint8)
        for group in groups:
            self.codes[group.start : group.stop] = group.code
        self._order = np.argsort(row_ids)
        self.ids = row_ids[self._order]
        for array in (self.codes, self.ids, self._order):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.ids)

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
            raise SnapshotError(f"The snapshot {path.name} cannot be read: {error}.") from error
        return cls(manifest, row_ids, vectors, groups)

    @staticmethod
    def _group(path: Path, facts: dict[str, Any], dim: int) -> Group:
        graph = Graph.open(path / facts["graph"], facts["code"], dim) if facts["graph"] else None
        return Group(facts["code"], facts["start"], facts["stop"], graph)

    def rows_of(self, ids: np.ndarray) -> np.ndarray:
        """(m,) the row of each id, -1 where it is not in."""
        return find_rows(self.ids, self._order, ids)

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


def find_rows(ids: np.ndarray, rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(m,) the row of each wanted id, -1 where there is none, from ascending ids (n,) and their rows (n,)."""
    if not len(ids):
        return np.full(len(wanted), -1, np.int64)
    places = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[places] == wanted, rows[places], -1)
