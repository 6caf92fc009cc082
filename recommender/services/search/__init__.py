"""Search: words, a picture, a sound and items, composed; filters, facets and pages of what is found."""

from recommender.services.search.answers import search
from recommender.services.search.calibrations import forget_scales
from recommender.services.search.columns import forget_catalogue
from recommender.services.search.facts import forget_categories, forget_facts
from recommender.services.search.filters import forget_filters
from recommender.services.search.playable import forget_playable
from recommender.services.search.prices import HIGHEST_PRICE, forget_currencies, main_currency
from recommender.services.search.question import (
    MINUS_ALONE,
    CategoryCount,
    Facets,
    Filters,
    PriceRange,
    SearchPage,
    SearchQuery,
)

__all__ = [
    "HIGHEST_PRICE",
    "MINUS_ALONE",
    "CategoryCount",
    "Facets",
    "Filters",
    "PriceRange",
    "SearchPage",
    "SearchQuery",
    "forget",
    "main_currency",
    "search",
]


def forget() -> None:
    """Read everything that this process remembers anew at its next use."""
    for one in (
        forget_catalogue, forget_categories, forget_currencies, forget_facts, forget_filters, forget_playable,
        forget_scales,
    ):  # fmt: skip
        one()
