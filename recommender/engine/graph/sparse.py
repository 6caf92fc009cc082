"""The largest entries of each row, from dense blocks and from sparse matrices."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.sparse import csr_matrix


def top_of_block(block: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns and values, each (rows, min(top, n)), of the largest entries of a dense ``block`` (rows, n).

    Equal entries are chosen in no particular order.
    """
    n = block.shape[1]
    if top >= n:
        columns = np.broadcast_to(np.arange(n), block.shape)
        return columns, block
    columns = np.argpartition(block, n - top, axis=1)[:, n - top :]
    return columns, np.take_along_axis(block, columns, axis=1)


def empty(rows: int, columns: int) -> csr_matrix:
    """A csr matrix float32 without entries."""
    nothing = np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(rows + 1, np.int32)
    return csr_matrix(nothing, shape=(rows, columns))


def assemble(parts: Iterable[tuple[np.ndarray, np.ndarray]], columns: int) -> csr_matrix:
    """Rows of a csr matrix (n, ``columns``) float32 from blocks of (columns, values), without the zeros."""
    taken = list(parts)
    if not taken:
        return empty(0, columns)
    widths = np.concatenate([np.full(len(places), places.shape[1]) for places, _ in taken])
    pointers = np.concatenate([[0], np.cumsum(widths)])
    matrix = csr_matrix(
        (
            np.concatenate([values.ravel() for _, values in taken]).astype(np.float32, copy=False),
            np.concatenate([places.ravel() for places, _ in taken]).astype(np.int32, copy=False),
            pointers,
        ),
        shape=(len(widths), columns),
    )
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return matrix


def top_of_rows(matrix: csr_matrix, top: int) -> csr_matrix:
    """The same matrix with only the ``top`` largest stored entries of each row."""
    counts = np.diff(matrix.indptr)
    if not len(counts) or counts.max() <= top:
        return matrix
    # A partition of each row on its own is several times faster than one sort of all entries.
    kept = np.ones(len(matrix.data), bool)
    for row in np.flatnonzero(counts > top):
        start, end = matrix.indptr[row], matrix.indptr[row + 1]
        least = np.argpartition(matrix.data[start:end], end - start - top)[: end - start - top]
        kept[start + least] = False
    pointers = np.concatenate([[0], np.cumsum(np.minimum(counts, top))])
    return csr_matrix((matrix.data[kept], matrix.indices[kept], pointers), shape=matrix.shape)
