"""The reviews behind a figure."""

from __future__ import annotations

from analytics.models import SentimentScore
from analytics.models.scores import SentimentScoreQuerySet
from analytics.services.report.filters import Filters


def reviews(filters: Filters, order: str = "newest") -> SentimentScoreQuerySet:
    raise NotImplementedError


def reviews_page(
    filters: Filters, page: int = 1, size: int = 25, order: str = "newest"
) -> list[SentimentScore]:
    raise NotImplementedError
