"""Which item each row of a snapshot is of: what every kind of snapshot has, wherever its vectors lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from recommender.engine.index.composition import BLOCKS, Asked, presence
from recommender.errors import SnapshotError
from recommender.said import gettext_noop as _
from recommender.said import say

_AT_ONCE = 16_384


class SnapshotReader(Protocol):
    """An immutable snapshot opened for reading, as ``LiveIndex`` asks it.

    What reads from elsewhere than this machine raises ``IndexUnavailable`` where that does not answer.

    Attributes:
        dim: width of one modality's vectors.
        ids: (n,) int64 ascending.
        row_ids: (n,) int64, the id of each row.
        codes: (n,) uint8, the presence code of each row.
    """

    dim: int
    ids: np.ndarray
    row_ids: np.ndarray
    codes: np.ndarray

    def __len__(self) -> int: ...

    def rows_of(self, ids: np.ndarray) -> np.ndarray:
        """(m,) the row of each id, -1 where it is not in."""
        ...

    def vectors_of(self, rows: np.ndarray) -> np.ndarray:
        """(m, 3 * dim) float32, the vectors of rows (m,)."""
        ...

    def best_rows(self, asked: Asked, k: int, allowed: np.ndarray) -> np.ndarray:
        """Rows that hold the ``k`` best of the ``allowed`` (n,) bool, and perhaps some more, in any order.

        Never fewer than ``k`` where so many are allowed and have anything to meet.
        """
        ...


@dataclass(frozen=True, slots=True)
class Span:
    """Rows ``start`` to ``stop``, all of presence code ``code``."""

    code: int
    start: int
    stop: int


class Directory:
    """The rows of a snapshot by item and by group; its arrays are read-only."""

    def __init__(self, dim: int, row_ids: np.ndarray, spans: Sequence[Span]) -> None:
        self.dim = dim
        self.row_ids = row_ids
        self.codes = np.zeros(len(row_ids), np.uint8)
        for span in spans:
            self.codes[span.start : span.stop] = span.code
        self._order = np.argsort(row_ids)
        self.ids = row_ids[self._order]
        for array in (self.codes, self.ids, self._order):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.ids)

    def rows_of(self, ids: np.ndarray) -> np.ndarray:
        """(m,) the row of each id, -1 where it is not in."""
        return find_rows(self.ids, self._order, ids)


def find_rows(ids: np.ndarray, rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(m,) the row of each wanted id, -1 where there is none, from ascending ids (n,) and their rows (n,)."""
    if not len(ids):
        return np.full(len(wanted), -1, np.int64)
    places = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[places] == wanted, rows[places], -1)


def check_rows(ids: np.ndarray, matrix: np.ndarray) -> None:
    """What is to become a snapshot.

    Raises:
        SnapshotError: ids and matrix do not fit together.
    """
    if matrix.ndim != 2 or ids.shape != (len(matrix),) or matrix.shape[1] % BLOCKS:
        told = _("Ids {ids} and vectors {vectors} do not fit together.")
        raise SnapshotError(say(told, ids=str(ids.shape), vectors=str(matrix.shape)))
    if (np.diff(ids) <= 0).any():
        raise SnapshotError(_("The ids of a snapshot must ascend without repetition."))
    for start in range(0, len(ids), _AT_ONCE):
        if not np.isfinite(matrix[start : start + _AT_ONCE]).all():
            raise SnapshotError(_("A vector for the snapshot is not finite."), _("Encode its item again."))


def grouped(matrix: np.ndarray) -> tuple[np.ndarray, list[Span]]:
    """The order (n,) that puts the rows of ``matrix`` (n, 3 * dim) into groups, ids ascending; and these."""
    dim = matrix.shape[1] // BLOCKS
    codes = np.concatenate(
        [presence(matrix[start : start + _AT_ONCE], dim) for start in range(0, len(matrix), _AT_ONCE)]
        or [np.zeros(0, np.uint8)]
    )
    order = np.argsort(codes, kind="stable")
    found, starts, counts = np.unique(codes[order], return_index=True, return_counts=True)
    spans = zip(found.tolist(), starts.tolist(), counts.tolist(), strict=True)
    return order, [Span(code, start, start + count) for code, start, count in spans]
