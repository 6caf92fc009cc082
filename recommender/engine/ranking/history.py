"""What an event is worth as evidence of taste."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommender.errors import RecommenderError

#: Worth of one event just now, in likes. A rating has its worth from its stars.
EVENT_WEIGHTS = {
    "view": 0.2,
    "click": 0.5,
    "like": 1.0,
    "save": 1.0,
    "purchase": 1.5,
    "dislike": -1.0,
    "hide": -1.0,
    "rating": 0.0,
}
#: After so many days an event is worth half of what it was.
HALF_LIFE_DAYS = 30.0
_NEUTRAL, _BEST = 3.0, 5.0
_DAY = 86_400.0


#: Kinds that a review of the same item confirms or turns round.
_REVIEWED = frozenset({"view", "click", "like", "save", "purchase"})


def event_weights(
    kinds: Sequence[str], ages: np.ndarray, values: np.ndarray, polarities: np.ndarray | None = None
) -> np.ndarray:
    """Weight of each event, in likes.

    Args:
        kinds: (n,) kinds of event; see ``EVENT_WEIGHTS``.
        ages: (n,) seconds since; 0 gives the weight of the kind alone, below 0 counts as 0.
        values: (n,) stars from 1 to 5 where the kind is a rating, else ignored; nan where there is none.
        polarities: (n,) what the person's review of the item feels, from -1 to 1; nan where there is none.
            A purchase that ends in an angry review speaks against the item: at -1 its weight is turned round,
            at -0.5 nothing is left of it; from 0 on it stays as it is.

    Returns:
        (n,) float64; below 0 for what was turned down: dislikes, hides and ratings below 3 stars.
    """
    try:
        worth = np.array([EVENT_WEIGHTS[kind] for kind in kinds], np.float64)
    except KeyError as error:
        known = ", ".join(EVENT_WEIGHTS)
        raise RecommenderError(f"Events of kind {error} have no weight.", f"Known are: {known}.") from error
    stars = (np.asarray(values, np.float64) - _NEUTRAL) / (_BEST - _NEUTRAL)
    rated = np.array([kind == "rating" for kind in kinds], bool)
    worth[rated] = np.nan_to_num(np.clip(stars[rated], -1.0, 1.0))
    if polarities is not None:
        felt = np.nan_to_num(np.minimum(np.asarray(polarities, np.float64), 0.0))
        turned = np.array([kind in _REVIEWED for kind in kinds], bool)
        worth[turned] *= 1.0 + 2.0 * felt[turned]
    days = np.maximum(np.asarray(ages, np.float64), 0.0) / _DAY
    return np.asarray(worth * 0.5 ** (days / HALF_LIFE_DAYS))


def saturated(item_ids: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Items of a history, each once, and what all events with it are worth together.

    A tenth event with one item says little that the first did not: the sum grows by its logarithm.

    Args:
        item_ids: (n,) the item of each event.
        weights: (n,) as ``event_weights`` gives them.

    Returns:
        ids (m,) ascending and weights (m,) float64, sign(w) log(1 + |w|) of each sum w.
    """
    ids, back = np.unique(np.asarray(item_ids, np.int64), return_inverse=True)
    total = np.bincount(back, np.asarray(weights, np.float64), len(ids))
    return ids, np.sign(total) * np.log1p(np.abs(total))


def stars_of(polarities: np.ndarray) -> np.ndarray:
    """Stars from 1 to 5 for ``polarities`` (n,) from -1 to 1, so that a review counts as a rating does."""
    return _NEUTRAL + (_BEST - _NEUTRAL) * np.asarray(polarities, np.float64)
