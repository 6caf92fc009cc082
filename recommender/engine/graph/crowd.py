"""Rows of what people did: the closed-form item model EASE, and its first order for catalogues beyond it.

EASE (Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data") regresses every item on all others:
with G = X'X + lambda I and P its inverse, the weight from item i to item j is -P_ij / P_jj. The inverse of n
items takes n^3 operations and 4 n^2 bytes, so it is taken over the ``DENSE_ITEMS`` most active items; the
other pairs get the first order of the same formula in the off-diagonal of G, which is G_ij / (G_ii + lambda).
Both are weights of one regression in the same unit, so they may stand in one row.

A tenth deed with one item says little that the first did not, so the root of what somebody did with an item
is taken; and who did very much says little with each deed, so their row is divided by a power of its sum.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csr_matrix, diags, vstack

from recommender.engine.graph.sparse import assemble, empty, top_of_block, top_of_rows
from recommender.errors import RecommenderError

#: Power of a person's sum that their row is divided by (chosen on the validation split of Amazon Baby).
PEOPLE_DAMPING = 0.25
#: Items that are solved exactly: 400 MB, and about a quarter of a minute on two cores.
DENSE_ITEMS = 10_000
_BLOCK = 1_000  # rows at a time


def fit_crowd(
    matrix: csr_matrix,
    *,
    regularisation: float,
    top: int,
    people_damping: float = PEOPLE_DAMPING,
    dense_items: int = DENSE_ITEMS,
) -> csr_matrix:
    """Weights from item to item, the ``top`` largest a row.

    Args:
        matrix: (people, items), what each person did with each item; 0 for nothing.
        regularisation: lambda, in units of the squared weights; above 0.
        top: entries kept in each row.
        people_damping: 0 takes every person's row as it is, 0.5 as a row whose squares sum to about one.
        dense_items: how many of the most active items are solved exactly.

    Returns:
        (items, items) float32, zero diagonal; the row of an item that nobody touched is empty. The scores of
        a person are the sum of the rows of what they did, weighted.
    """
    if not regularisation > 0:
        raise RecommenderError(f"The regularisation must be above 0, not {regularisation}.", "Use 200.")
    people = damped(saturated_roots(matrix), people_damping)
    active = np.flatnonzero(np.diff(people.tocsc().indptr))
    found = people[:, active].tocsr()
    if len(active) <= dense_items:
        rows = _exact(found, regularisation, top)
    else:
        rows = _mixed(found, regularisation, top, dense_items)
    return _spread(rows, active, matrix.shape[1])


def saturated_roots(matrix: csr_matrix) -> csr_matrix:
    """The root of each entry, its sign kept; a new matrix in float32 without stored zeros."""
    people = csr_matrix(matrix, dtype=np.float32, copy=True)
    people.sum_duplicates()
    people.data = np.sign(people.data) * np.sqrt(np.abs(people.data))
    people.eliminate_zeros()
    return people


def damped(people: csr_matrix, power: float) -> csr_matrix:
    """Each row divided by ``power`` of the sum of its sizes, where that is above one; float32."""
    total = np.maximum(np.asarray(abs(people).sum(axis=1)).ravel(), 1.0)
    return csr_matrix(diags(total.astype(np.float32) ** np.float32(-power)) @ people, dtype=np.float32)


def _exact(people: csr_matrix, regularisation: float, top: int) -> csr_matrix:
    n = people.shape[1]
    if n == 0:
        return empty(0, 0)
    inverse = _inverse(_gram(people), regularisation)
    return assemble(_weights(inverse, top), n)


def _gram(people: csr_matrix) -> np.ndarray:
    """X'X as a dense (n, n) float32 array in Fortran order, a block of rows at a time."""
    n = people.shape[1]
    gram = np.empty((n, n), np.float32, order="F")
    flipped = people.T.tocsr()
    for start in range(0, n, _BLOCK):
        # Symmetric: a block of rows is written as columns, which lie together.
        gram[:, start : start + _BLOCK] = (flipped[start : start + _BLOCK] @ people).toarray().T
    return gram


def _inverse(gram: np.ndarray, regularisation: float) -> np.ndarray:
    """Inverse of ``gram`` + lambda I by Cholesky, in place; only the lower triangle is valid."""
    gram.flat[:: len(gram) + 1] += regularisation
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    if not failed:
        inverse, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise RecommenderError(
            f"The crowd model has no solution with a regularisation of {regularisation}.",
            "Use a larger one.",
        )
    return inverse


def _weights(inverse: np.ndarray, top: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Columns and values of the ``top`` largest -P_ij / P_jj of each row i, a block of rows at a time."""
    n = len(inverse)
    diagonal = inverse.diagonal().copy()
    for start in range(0, n, _BLOCK):
        end = min(start + _BLOCK, n)
        block = np.empty((end - start, n), np.float32)
        block[:, :start] = inverse[start:end, :start]
        square = np.tril(inverse[start:end, start:end])
        block[:, start:end] = square + np.tril(square, -1).T
        block[:, end:] = inverse[end:, start:end].T
        block /= -diagonal
        block[np.arange(end - start), np.arange(start, end)] = 0.0
        yield top_of_block(block, top)


def _mixed(people: csr_matrix, regularisation: float, top: int, dense_items: int) -> csr_matrix:
    """Exact among the ``dense_items`` most active items, first order elsewhere."""
    n = people.shape[1]
    activity = np.asarray(people.multiply(people).sum(axis=0)).ravel()
    order = np.argsort(-activity, kind="stable")
    head = np.sort(order[:dense_items])
    is_head = np.zeros(n, bool)
    is_head[head] = True
    exact = _spread(_exact(people[:, head].tocsr(), regularisation, top), head, n)
    flipped = people.T.tocsr()
    blocks = []
    for start in range(0, n, _BLOCK):
        rows = slice(start, min(start + _BLOCK, n))
        first = _first_order(flipped[rows] @ people, activity[rows], regularisation, start)
        _forget(first, is_head[rows], is_head)
        blocks.append(top_of_rows(csr_matrix(first + exact[rows]), top))
    rows_of_all = csr_matrix(vstack(blocks, format="csr"), dtype=np.float32)
    rows_of_all.sort_indices()
    return rows_of_all


def _first_order(gram: csr_matrix, activity: np.ndarray, regularisation: float, start: int) -> csr_matrix:
    """G_ij / (G_ii + lambda) of the rows from ``start`` on, the diagonal zero."""
    first = csr_matrix(gram)
    counts = np.diff(first.indptr)
    first.data = first.data / np.repeat(activity + regularisation, counts).astype(np.float32)
    first.data[np.repeat(np.arange(start, start + len(counts)), counts) == first.indices] = 0.0
    return first


def _forget(first: csr_matrix, head_rows: np.ndarray, head: np.ndarray) -> None:
    """Drop the pairs of two head items, which the exact solution has, in place."""
    first.data[np.repeat(head_rows, np.diff(first.indptr)) & head[first.indices]] = 0.0
    first.eliminate_zeros()


def _spread(rows: csr_matrix, places: np.ndarray, n: int) -> csr_matrix:
    """``rows`` over a selection of items as rows over all ``n``; ``places`` ascending."""
    counts = np.zeros(n, np.int64)
    counts[places] = np.diff(rows.indptr)
    pointers = np.concatenate([[0], np.cumsum(counts)])
    return csr_matrix((rows.data, places[rows.indices].astype(np.int32), pointers), shape=(n, n))
