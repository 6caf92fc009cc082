"""One ranking from several whose scores cannot be compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def reciprocal_rank_fusion(
    rankings: Sequence[Iterable[int]], k: float = 60.0, weights: Sequence[float] | None = None
) -> dict[int, float]:
    """Reciprocal rank fusion (Cormack, Clarke and Buettcher 2009).

    Args:
        rankings: ids, best first, one sequence for each way of searching; an id counts once in each.
        k: how little the first places stand out.
        weights: worth of each ranking; 1 where not given.

    Returns:
        id to the sum of weight / (k + rank), ranks from 1, best first; of equals, the one met first.
    """
    scores: dict[int, float] = {}
    for number, ranking in enumerate(rankings):
        worth = 1.0 if weights is None else weights[number]
        for rank, item_id in enumerate(dict.fromkeys(int(one) for one in ranking), 1):
            scores[item_id] = scores.get(item_id, 0.0) + worth / (k + rank)
    return dict(sorted(scores.items(), key=lambda pair: -pair[1]))
