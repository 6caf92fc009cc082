"""The report on what reviewers feel: every figure from rollups, every one with the reviews behind it."""

from analytics.services.report.breakdown import breakdown, impact
from analytics.services.report.compare import compare
from analytics.services.report.emerging import counted_among, emerging, telling_terms, terms_both_ways
from analytics.services.report.evidence import (
    SEARCHED_AMONG,
    SORTED_AMONG,
    oldest_day,
    reviews,
    reviews_page,
    searched_since,
)
from analytics.services.report.figures import compares_with_before, model_in_service, overview, trend
from analytics.services.report.filters import DEFAULT_DAYS, WORDS_MOST, Filters, directly_in
from analytics.services.report.items import TITLE_MOST, items_called
from analytics.services.report.labels import labelled
from analytics.services.report.parts import ORDERS, Order, Parts
from analytics.services.report.shapes import (
    BYS,
    GRAINS,
    By,
    Comparison,
    Driver,
    Grain,
    Impact,
    Overview,
    Point,
    Slice,
    Term,
)

__all__ = [
    "BYS",
    "DEFAULT_DAYS",
    "GRAINS",
    "ORDERS",
    "SEARCHED_AMONG",
    "SORTED_AMONG",
    "TITLE_MOST",
    "WORDS_MOST",
    "By",
    "Comparison",
    "Driver",
    "Filters",
    "Grain",
    "Impact",
    "Order",
    "Overview",
    "Parts",
    "Point",
    "Slice",
    "Term",
    "breakdown",
    "compare",
    "compares_with_before",
    "counted_among",
    "directly_in",
    "emerging",
    "impact",
    "items_called",
    "labelled",
    "model_in_service",
    "oldest_day",
    "overview",
    "reviews",
    "reviews_page",
    "searched_since",
    "telling_terms",
    "terms_both_ways",
    "trend",
]
