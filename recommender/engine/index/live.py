"""The index as a process sees it: a snapshot, less what has left, plus what has come since."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommender.contracts import MODALITIES, Hit
from recommender.engine.index.composition import BLOCKS, Asked, modalities_of
from recommender.engine.index.delta import Delta
from recommender.engine.index.exact import best_rows
from recommender.engine.index.rows import SnapshotReader
from recommender.errors import IndexUnavailable, RecommenderError, SnapshotError
from recommender.said import gettext_noop as _
from recommender.said import say

Ids = np.ndarray | Iterable[int]


@dataclass(frozen=True)
class _State:
    """One moment of a live index; replaced whole, so a reader sees all of a change or nothing.

    Attributes:
        kept: (n,) bool, the rows of the snapshot that were neither withdrawn nor replaced.
    """

    snapshot: SnapshotReader | None
    kept: np.ndarray
    delta: Delta

    @cached_property
    def ids(self) -> np.ndarray:
        """(n,) present ids, ascending."""
        if self.snapshot is None:
            return self.delta.present
        kept = self.snapshot.row_ids[self.kept]
        ids = np.sort(np.concatenate([kept, self.delta.present]))
        ids.flags.writeable = False
        return ids

    def rows_of(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Two (m,): the row of each id in the snapshot and in the delta, -1 where it is not present."""
        if self.snapshot is None:
            old = np.full(len(ids), -1, np.int64)
        else:
            old = self.snapshot.rows_of(ids)
            there = np.flatnonzero(old >= 0)
            old[there[~self.kept[old[there]]]] = -1
        return old, self.delta.rows_of(ids)

    def read(self, old: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Vectors (m, 3 * dim) and presence codes (m,) of what ``rows_of`` gave; zeros where unknown."""
        vectors = np.zeros((len(old), self.delta.vectors.shape[1]), np.float32)
        codes = np.zeros(len(old), np.uint8)
        vectors[new >= 0] = self.delta.vectors[new[new >= 0]]
        codes[new >= 0] = self.delta.codes[new[new >= 0]]
        if self.snapshot is not None:
            vectors[old >= 0] = self.snapshot.vectors_of(old[old >= 0])
            codes[old >= 0] = self.snapshot.codes[old[old >= 0]]
        return vectors, codes


class LiveIndex:
    """Searches in any number of threads while one changes it; a search never waits for a change.

    While what keeps the snapshot does not answer, the answers are those of an index that has only what came
    since: who must tell the difference asks whoever opened the snapshot.

    Args:
        snapshot: where to begin; None for an empty index.
        dim: width of one modality's vectors.

    Raises:
        SnapshotError: the snapshot's vectors have another width.
    """

    def __init__(self, snapshot: SnapshotReader | None, dim: int) -> None:
        if snapshot is not None and snapshot.dim != dim:
            told = _("The snapshot has vectors of {dim} numbers, the space of {wanted}.")
            raise SnapshotError(say(told, dim=snapshot.dim, wanted=dim))
        self.dim = dim
        kept = np.ones(len(snapshot) if snapshot else 0, bool)
        self._state = _State(snapshot, kept, Delta.empty(dim))
        self._writing = threading.Lock()

    @property
    def ids(self) -> np.ndarray:
        """(n,) int64, the ids of the items present, ascending."""
        return self._state.ids

    def __len__(self) -> int:
        return len(self._state.ids)

    # -- changing ------------------------------------------------------------------------------------------

    def upsert(self, ids: Ids, matrix: np.ndarray) -> None:
        """Put items in, or in the place of what they were; of an id that is given twice the last row counts.

        Args:
            ids: (n,).
            matrix: (n, 3 * dim), as ``item_matrix`` makes it.
        """
        wanted, rows = _ids(ids), np.asarray(matrix, np.float32)
        if rows.shape != (len(wanted), BLOCKS * self.dim) or not np.isfinite(rows).all():
            told = _("{n} items need finite vectors of {blocks} times {dim} numbers, got {shape}.")
            raise RecommenderError(
                say(told, n=len(wanted), blocks=BLOCKS, dim=self.dim, shape=str(rows.shape))
            )
        unique, last = np.unique(wanted[::-1], return_index=True)
        with self._writing:
            state = self._state
            delta = state.delta.with_rows(unique, rows[::-1][last])
            self._state = _State(state.snapshot, _less(state, unique), delta)

    def remove(self, ids: Ids) -> None:
        """Withdraw items; ids that are not present are passed over."""
        gone = np.unique(_ids(ids))
        with self._writing:
            state = self._state
            self._state = _State(state.snapshot, _less(state, gone), state.delta.without(gone))

    # -- asking --------------------------------------------------------------------------------------------

    def search(
        self,
        query: np.ndarray,
        k: int,
        *,
        among: Ids | None = None,
        exclude: Ids | None = None,
        typical: Mapping[str, float] | None = None,
    ) -> list[Hit]:
        """The ``k`` items most similar to ``query`` (3 * dim,), best first, equals by their ids.

        An item that has none of the asked modalities cannot be compared and is no hit; all others are, so
        fewer than ``k`` come back only where fewer exist. ``Hit.parts`` is weight times similarity by
        modality; ``Hit.score`` is their sum, scaled up where the item lacks some of the asked weight.

        Args:
            among: only these items, however many or few.
            exclude: not these.
            typical: the similarity of things that match, by modality, where their scales differ; it decides
                how what an item lacks is made up for, and nothing else.
        """
        found = self._best(query, k, among, exclude, typical)
        return found.hits() if found is not None else []

    def nearest(
        self,
        query: np.ndarray,
        k: int,
        *,
        among: Ids | None = None,
        exclude: Ids | None = None,
        typical: Mapping[str, float] | None = None,
    ) -> np.ndarray:
        """The ids (n,) of what ``search`` finds, in its order, for whoever wants nothing else."""
        found = self._best(query, k, among, exclude, typical)
        return found.ids if found is not None else np.zeros(0, np.int64)

    def _best(
        self,
        query: np.ndarray,
        k: int,
        among: Ids | None,
        exclude: Ids | None,
        typical: Mapping[str, float] | None,
    ) -> _Found | None:
        asked = Asked.of(query, self.dim, typical)
        if k <= 0 or asked.is_nothing:
            return None
        state = self._state
        picked = None if among is None else _ids(among)
        left_out = np.zeros(0, np.int64) if exclude is None else _ids(exclude)
        new = _delta_rows(state.delta, asked, k, picked, left_out)
        try:
            old = _snapshot_rows(state, asked, k, picked, left_out)
            return _scored(state, asked, k, old, new)
        except IndexUnavailable:
            return _scored(state, asked, k, np.zeros(0, np.int64), new)

    def similarity(
        self, query: np.ndarray, ids: Ids, *, typical: Mapping[str, float] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Scores (n,) and parts (n, 3) of the given items in the order of ``MODALITIES``, as in a search.

        Zeros for items that are not present or have nothing to meet.
        """
        asked = Asked.of(query, self.dim, typical)
        state = self._state
        vectors, codes = _read(state, _ids(ids))
        parts = asked.parts(vectors)
        return asked.scores(parts, codes), parts

    def vectors(self, ids: Ids) -> np.ndarray:
        """(n, 3 * dim) float32: the items' vectors, rows of zeros for those not present."""
        return _read(self._state, _ids(ids))[0]

    def part_of(self, item_id: int) -> str:
        """Where an item's vectors are read from: "snapshot", "delta", or "" where it is not present."""
        old, new = self._state.rows_of(np.array([item_id], np.int64))
        return "delta" if new[0] >= 0 else "snapshot" if old[0] >= 0 else ""


def _ids(ids: Ids) -> np.ndarray:
    """(n,) int64 of whatever holds ids."""
    return np.asarray(ids if isinstance(ids, np.ndarray) else list(ids), np.int64).reshape(-1)


def _read(state: _State, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As ``_State.read``, of given items (m,)."""
    old, new = state.rows_of(ids)
    try:
        return state.read(old, new)
    except IndexUnavailable:
        return state.read(np.full(len(ids), -1), new)


def _less(state: _State, ids: np.ndarray) -> np.ndarray:
    """``state.kept`` without the rows of these ids."""
    if state.snapshot is None:
        return state.kept
    rows = state.snapshot.rows_of(ids)
    kept = state.kept.copy()
    kept[rows[rows >= 0]] = False
    return kept


def _allowed(alive: np.ndarray, picked: np.ndarray | None, left_out: np.ndarray) -> np.ndarray:
    """(n,) bool: alive, one of the rows ``picked`` (None for all) and none of ``left_out``; -1 is no row."""
    if picked is None:
        allowed = alive.copy() if len(left_out) else alive
    else:
        allowed = np.zeros(len(alive), bool)
        rows = picked[picked >= 0]
        allowed[rows] = alive[rows]
    if len(left_out):
        allowed[left_out[left_out >= 0]] = False
    return allowed


def _snapshot_rows(
    state: _State, asked: Asked, k: int, picked: np.ndarray | None, left_out: np.ndarray
) -> np.ndarray:
    snapshot = state.snapshot
    if snapshot is None or not len(snapshot):
        return np.zeros(0, np.int64)
    rows = None if picked is None else snapshot.rows_of(picked)
    return snapshot.best_rows(asked, k, _allowed(state.kept, rows, snapshot.rows_of(left_out)))


def _delta_rows(
    delta: Delta, asked: Asked, k: int, picked: np.ndarray | None, left_out: np.ndarray
) -> np.ndarray:
    if not len(delta):
        return np.zeros(0, np.int64)
    rows = None if picked is None else delta.rows_of(picked)
    allowed = _allowed(delta.alive, rows, delta.rows_of(left_out))
    return best_rows(delta.vectors, delta.codes, allowed, asked, k)


@dataclass(frozen=True, slots=True)
class _Found:
    """Items (n,), best first, with their scores, their parts (n, 3) by modality and their codes (n,)."""

    asked: Asked
    ids: np.ndarray
    scores: np.ndarray
    parts: np.ndarray
    codes: np.ndarray

    def hits(self) -> list[Hit]:
        asked_for = np.flatnonzero(self.asked.blocks.any(axis=1)).tolist()
        codes = np.unique(self.codes).tolist()
        met = {code: [m for m in asked_for if m in modalities_of(code)] for code in codes}
        columns = (self.ids, self.scores, self.parts, self.codes)
        return [
            Hit(item, score, {MODALITIES[m]: shares[m] for m in met[code]})
            for item, score, shares, code in zip(*(one.tolist() for one in columns), strict=True)
        ]


def _scored(state: _State, asked: Asked, k: int, old: np.ndarray, new: np.ndarray) -> _Found:
    """The best ``k`` of the rows proposed from snapshot and delta, all scored in the same way."""
    ids = np.concatenate([state.snapshot.row_ids[old] if state.snapshot else old, state.delta.ids[new]])
    no_old, no_new = np.full(len(new), -1), np.full(len(old), -1)
    vectors, codes = state.read(np.concatenate([old, no_old]), np.concatenate([no_new, new]))
    parts = asked.parts(vectors)
    scores = asked.scores(parts, codes)
    best = np.lexsort((ids, -scores))[:k]
    return _Found(asked, ids[best], scores[best], parts[best], codes[best])
