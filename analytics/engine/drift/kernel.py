"""Maximum mean discrepancy: how far apart two samples lie for a smooth judge, and by chance alone how often.

Gretton et al. (2012), "A kernel two-sample test": the unbiased estimate of the square, a Gaussian kernel as
wide as the median distance, and the p value from permuting who belongs where.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PERMUTATIONS = 499
_FOR_MEDIAN = 500  # rows whose distances say how wide the kernel is


@dataclass(frozen=True)
class Discrepancy:
    """The unbiased estimate of the squared discrepancy, which may fall below 0, and its p value."""

    mmd2: float
    p: float


def kernel_test(
    window: np.ndarray, reference: np.ndarray, *, permutations: int = PERMUTATIONS, seed: int = 0
) -> Discrepancy:
    """Whether (n, d) and (m, d) come from one distribution."""
    rng = np.random.default_rng(seed)
    rows = np.concatenate([window, reference]).astype(np.float64)
    n = len(window)
    kernel = gaussian_kernel(rows, median_width(rows, rng))
    belongs = np.zeros((len(rows), permutations + 1))
    belongs[:n, 0] = 1.0
    for column in range(1, permutations + 1):
        belongs[rng.permutation(len(rows))[:n], column] = 1.0
    found = _squares(kernel, belongs, n)
    p = (1 + int((found[1:] >= found[0]).sum())) / (permutations + 1)
    return Discrepancy(float(found[0]), p)


def _squares(kernel: np.ndarray, belongs: np.ndarray, n: int) -> np.ndarray:
    """(b,) the unbiased estimate for each way (a column of ones and zeros) to choose n of the rows."""
    m = len(kernel) - n
    np.fill_diagonal(kernel, 0.0)
    reach = kernel @ belongs  # (n + m, b)
    within = (belongs * reach).sum(axis=0)
    across = reach.sum(axis=0) - within
    others = kernel.sum() - within - 2 * across
    return np.asarray(within / (n * (n - 1)) + others / (m * (m - 1)) - 2 * across / (n * m))


def median_width(rows: np.ndarray, rng: np.random.Generator) -> float:
    """The median distance between two of the rows (n, d), of a sample of them."""
    some = rows[rng.permutation(len(rows))[:_FOR_MEDIAN]]
    far = squared_distances(some)[np.triu_indices(len(some), 1)]
    width = float(np.sqrt(np.median(far)))
    return width if width > 0 else 1.0


def gaussian_kernel(rows: np.ndarray, width: float) -> np.ndarray:
    """(n, n)."""
    return np.asarray(np.exp(squared_distances(rows) / (-2 * width**2)))


def squared_distances(rows: np.ndarray) -> np.ndarray:
    """(n, n) of rows (n, d)."""
    lengths = np.einsum("nd,nd->n", rows, rows)
    return np.asarray(np.maximum(lengths[:, None] + lengths[None, :] - 2 * rows @ rows.T, 0.0))
