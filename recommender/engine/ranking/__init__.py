"""From the sums of a history's rows to the order of an answer, and the words for it."""

from recommender.engine.ranking.diversity import diversify, fold_duplicates
from recommender.engine.ranking.fusion import reciprocal_rank_fusion
from recommender.engine.ranking.history import (
    EVENT_WEIGHTS,
    HALF_LIFE_DAYS,
    event_weights,
    saturated,
    stars_of,
)
from recommender.engine.ranking.mixing import Mixed, explain, mix

__all__ = [
    "EVENT_WEIGHTS",
    "HALF_LIFE_DAYS",
    "Mixed",
    "diversify",
    "event_weights",
    "explain",
    "fold_duplicates",
    "mix",
    "reciprocal_rank_fusion",
    "saturated",
    "stars_of",
]
