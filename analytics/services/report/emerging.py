"""Words that come up."""

from __future__ import annotations

from analytics.services.report.filters import Filters
from analytics.services.report.shapes import Term


def emerging(filters: Filters, *, most: int = 30) -> list[Term]:
    raise NotImplementedError


def telling_terms(filters: Filters, *, most: int = 120) -> list[Term]:
    raise NotImplementedError
