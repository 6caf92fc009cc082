"""A page of the report with all that its address says: what is kept under a name, mailed and exported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Self

from django.urls import reverse

from analytics.models import SavedView
from analytics.services.names import ORDER_NAMES
from analytics.services.report import Filters, Sides

Page = SavedView.Page
#: The address of each page by its name.
ROUTES: dict[str, str] = {
    Page.OVERVIEW: "sentiment",
    Page.REVIEWS: "sentiment_reviews",
    Page.COMPARISON: "sentiment_compare",
    Page.TERMS: "sentiment_terms",
}
#: Those whose files and letters are tables of their own; the others' are the report on their selection.
WITH_TABLES: frozenset[str] = frozenset((Page.COMPARISON, Page.TERMS))
USUAL_ORDER = "newest"


@dataclass(frozen=True, slots=True)
class Asked:
    """One page.

    Attributes:
        page: one of ``ROUTES``.
        filters: the selection; of a comparison the second one.
        own: what a comparison puts beside it; None for the period before.
        order: of a list of reviews; "" for the usual one.
    """

    page: str
    filters: Filters
    own: Filters | None = None
    order: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, Any], page: str = Page.OVERVIEW) -> Self:
        """Of an address; what the page does not know is dropped, and an unknown page is the overview."""
        if page == Page.COMPARISON:
            sides = Sides.from_query(query)
            return cls(page, sides.b, own=sides.own)
        order = str(query.get("order", "")) if page == Page.REVIEWS else ""
        kept = order if order in ORDER_NAMES and order != USUAL_ORDER else ""
        return cls(page if page in ROUTES else Page.OVERVIEW, Filters.from_query(query), order=kept)

    @property
    def sides(self) -> Sides:
        """Of a comparison."""
        return Sides(self.filters, self.own)

    @property
    def route(self) -> str:
        return ROUTES[self.page]

    @property
    def address(self) -> str:
        """Where it is opened."""
        query = self.as_query()
        return f"{reverse(self.route)}{'?' if query else ''}{query}"

    @property
    def has_tables(self) -> bool:
        return self.page in WITH_TABLES

    def as_query(self) -> str:
        """The address's query string; "" for a page as it opens by itself."""
        if self.page == Page.COMPARISON:
            return self.sides.as_query()
        ordered = f"order={self.order}" if self.order else ""
        return "&".join(part for part in (self.filters.as_query(), ordered) if part)

    @property
    def export_query(self) -> str:
        """What an export of it is asked for by."""
        query = self.as_query()
        named = f"of={self.page}" if self.has_tables else ""
        return "&".join(part for part in (named, query) if part)

    def moved_to(self, day: date) -> Self:
        """A pinned period of the same length that ends on ``day``; one that moves by itself stays as it is.

        What is put beside a pinned period moves as far; beside one that moves by itself it stays.
        """
        if self.filters.days is not None:
            return self
        way = day - self.filters.end
        return replace(self, filters=_moved(self.filters, way), own=self.own and _moved(self.own, way))

    def pinned(self) -> Self:
        """The same, over the days that it is about today."""
        own = self.own.replace(start=self.own.start) if self.own else None
        return replace(self, filters=self.filters.replace(start=self.filters.start), own=own)


def _moved(filters: Filters, way: timedelta) -> Filters:
    if filters.days is not None:
        return filters
    return filters.replace(start=filters.start + way, end=filters.end + way)
