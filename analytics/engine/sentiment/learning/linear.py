"""Logistic regression over sparse rows, by L-BFGS: a reference class at 0, a column for each other."""

from __future__ import annotations

import numpy as np
import scipy.optimize
import scipy.sparse as sparse


def fit(
    rows: sparse.csr_matrix,
    labels: np.ndarray,
    columns: int,
    penalty: float,
    *,
    offsets: np.ndarray | None = None,
    importance: np.ndarray | None = None,
    hold_shift: bool = False,
    rounds: int = 120,
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (d, columns) and shifts (columns,).

    Args:
        rows: (n, d).
        labels: (n,) 0 for the reference class, else the column plus 1.
        penalty: L2, per example: the sum of squares times ``penalty`` * n / 2 is added to the loss.
        offsets: (n, columns) added to the scores before anything is learned.
        importance: (n,) of each example.
        hold_shift: keep the shifts near 0, where the examples must not speak for all texts.
    """
    count, width = rows.shape
    # A column of small constant value for the shift: it is hardly penalised.
    rows = sparse.csr_matrix(sparse.hstack([rows, sparse.csr_matrix(np.ones((count, 1)))]))
    back = rows.T.tocsr()
    wanted = np.zeros((count, columns + 1))
    wanted[np.arange(count), labels] = 1
    weight = np.ones(count) if importance is None else importance
    weight = (weight / weight.sum())[:, None]
    held = np.full((width + 1, 1), penalty)
    held[-1] = 100 if hold_shift else penalty * 1e-3

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = flat.reshape(width + 1, columns)
        scores = rows @ parameters
        scores = np.hstack([np.zeros((count, 1)), scores if offsets is None else scores + offsets])
        scores -= scores.max(1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        value = -(weight * wanted * logs).sum() + 0.5 * (held * parameters**2).sum()
        gradient = back @ (weight * (np.exp(logs) - wanted))[:, 1:] + held * parameters
        return float(value), gradient.ravel()

    start = np.zeros((width + 1) * columns)
    found = scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": rounds})
    parameters = found.x.reshape(width + 1, columns)
    return parameters[:-1], parameters[-1]
