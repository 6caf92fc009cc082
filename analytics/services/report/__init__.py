"""The report on what reviewers feel: every figure from rollups, every one with the reviews behind it."""

from analytics.services.report.breakdown import breakdown, impact
from analytics.services.report.compare import compare
from analytics.services.report.emerging import counted_among, emerging, telling_terms, terms_both_ways
from analytics.services.report.emerging_aspects import emerging_aspects
from analytics.services.report.evidence import (
    SEARCHED_AMONG,
    SORTED_AMONG,
    oldest_day,
    reviews,
    reviews_page,
    searched_since,
)
from analytics.services.report.figures import compares_with_before, overview, trend
from analytics.services.report.filters import DEFAULT_DAYS, WORDS_MOST, Filters, directly_in
from analytics.services.report.items import TITLE_MOST, items_called
from analytics.services.report.labels import labelled
from analytics.services.report.parts import ORDERS, Order, Parts
from analytics.services.report.scorers import ScoredBy, model_in_service, scored_by
from analytics.services.report.shapes import (
    BYS,
    GRAINS,
    AspectChange,
    AspectChanges,
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
from analytics.services.report.sides import OTHER, SIDES_DAYS, Sides, period_of

__all__ = [
    "BYS",
    "DEFAULT_DAYS",
    "GRAINS",
    "ORDERS",
    "OTHER",
    "SEARCHED_AMONG",
    "SIDES_DAYS",
    "SORTED_AMONG",
    "TITLE_MOST",
    "WORDS_MOST",
    "AspectChange",
    "AspectChanges",
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
    "ScoredBy",
    "Sides",
    "Slice",
    "Term",
    "breakdown",
    "compare",
    "compares_with_before",
    "counted_among",
    "directly_in",
    "emerging",
    "emerging_aspects",
    "impact",
    "items_called",
    "labelled",
    "model_in_service",
    "oldest_day",
    "overview",
    "period_of",
    "reviews",
    "reviews_page",
    "scored_by",
    "searched_since",
    "telling_terms",
    "terms_both_ways",
    "trend",
]
