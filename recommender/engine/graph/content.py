"""Rows of content: the nearest items by cosine in one modality."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_matrix

from recommender.engine.graph.sparse import assemble, empty, top_of_block

#: Above so many items an approximate index is used: comparing all pairs would take minutes.
EXACT_ITEMS = 30_000
_BLOCK_BYTES = 64 * 2**20
_LINKS, _EFFORT_BUILD, _EFFORT_SEARCH = 24, 80, 96


def content_rows(vectors: np.ndarray, *, top: int, exact_items: int = EXACT_ITEMS) -> csr_matrix:
    """The ``top`` most similar items of every item.

    Args:
        vectors: (n, dim) unit rows; a row of zeros is an item without this modality.
        top: neighbours of each item.
        exact_items: up to so many items all pairs are compared; beyond, HNSW finds the neighbours.

    Returns:
        (n, n) float32, cosines above 0, zero diagonal; items without the modality have an empty row and are
        nobody's neighbour.
    """
    vectors = np.ascontiguousarray(vectors, np.float32)
    n = len(vectors)
    places = np.flatnonzero(vectors.any(axis=1))
    if len(places) < 2:
        return empty(n, n)
    present = vectors[places]
    top = min(top, len(places) - 1)
    blocks = _compared(present, top) if len(places) <= exact_items else _approximate(present, top)
    counts = np.zeros(n, np.int64)
    rows = assemble(blocks, len(places))
    counts[places] = np.diff(rows.indptr)
    pointers = np.concatenate([[0], np.cumsum(counts)])
    return csr_matrix((rows.data, places[rows.indices].astype(np.int32), pointers), shape=(n, n))


def _compared(vectors: np.ndarray, top: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Columns and cosines of the nearest, a block of rows at a time, so that memory stays flat."""
    n = len(vectors)
    step = max(1, _BLOCK_BYTES // (4 * n))
    for start in range(0, n, step):
        block = vectors[start : start + step] @ vectors.T  # (rows, n)
        block[np.arange(len(block)), np.arange(start, start + len(block))] = -np.inf
        columns, values = top_of_block(block, top)
        yield columns, np.maximum(values, 0.0)


def _approximate(vectors: np.ndarray, top: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Columns and cosines of the nearest that a graph index (Malkov and Yashunin 2016) finds."""
    import faiss

    index = faiss.IndexHNSWFlat(vectors.shape[1], _LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _EFFORT_BUILD
    index.hnsw.efSearch = max(_EFFORT_SEARCH, top + 1)
    index.add(vectors)
    for start in range(0, len(vectors), 4096):
        values, columns = index.search(vectors[start : start + 4096], top + 1)  # each (rows, top + 1)
        own = np.arange(start, start + len(columns))[:, None]
        values[(columns == own) | (columns < 0)] = 0.0
        values[values.astype(bool).sum(axis=1) > top, -1] = 0.0  # itself was not among its nearest
        yield np.maximum(columns, 0), np.maximum(values, 0.0)
