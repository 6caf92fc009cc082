"""How much of the truth an index finds: its hits held against exact search, in flat memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from recommender.engine.index.composition import Asked, presence

_ROUNDING = 1e-5  # two ways to sum a product of unit vectors differ by less


class Truth:
    """Exact answers to some queries, gathered from the vectors a portion at a time.

    Args:
        queries: (q, 3 * dim), as ``compose_query`` makes them.
        dim: width of one modality's vectors.
        k: how many answers a query has.
        exclude: (q,) the id that is not an answer of each, such as that of the item it was made from.
    """

    def __init__(self, queries: np.ndarray, dim: int, k: int, exclude: Sequence[int]) -> None:
        self._asked = [Asked.of(query, dim) for query in queries]
        self._queries = np.ascontiguousarray(queries, np.float32)
        self._dim, self._k, self._exclude = dim, k, exclude
        self._best = np.full((len(queries), k), -np.inf, np.float32)
        self._scores: list[dict[int, float]] = [{} for _ in queries]

    def look_at(self, ids: np.ndarray, matrix: np.ndarray, hits: Sequence[Iterable[int]]) -> None:
        """Take up one portion of all items.

        Args:
            ids: (n,), in no other portion.
            matrix: (n, 3 * dim), as ``item_matrix`` makes it.
            hits: of each query the ids that the index found; their scores are kept.
        """
        codes = presence(matrix, self._dim)
        raw = matrix @ self._queries.T  # (n, q)
        for number, asked in enumerate(self._asked):
            scores = np.where(asked.meets[codes], raw[:, number] * asked.factors[codes], -np.inf)
            scores[ids == self._exclude[number]] = -np.inf
            together = np.concatenate([self._best[number], scores])
            self._best[number] = np.partition(together, len(together) - self._k)[-self._k :]
            found = np.isin(ids, list(hits[number]))
            self._scores[number] |= dict(zip(ids[found].tolist(), scores[found].tolist(), strict=True))

    def recall(self) -> np.ndarray:
        """(q,) share of each query's true answers that are among its hits; NaN where there is no answer.

        A hit counts when it scores as high as the last true answer, whichever of several equals that is; one
        that was in no portion does not exist, and does not count.
        """
        shares = np.full(len(self._asked), np.nan)
        for number, best in enumerate(self._best):
            answers = int(np.isfinite(best).sum())
            if answers:
                least = best[np.isfinite(best)].min() - _ROUNDING
                right = sum(score >= least for score in self._scores[number].values())
                shares[number] = min(right, answers) / answers
        return shares
