"""Pages of the report with all that their addresses say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from analytics.services.asked import ROUTES, Asked, Page
from analytics.services.report import Filters


def asked(query: str, page: str) -> Asked:
    return Asked.from_query(QueryDict(query), page)


@pytest.mark.parametrize(
    ("page", "query", "kept"),
    [
        (Page.OVERVIEW, "aspect=battery&order=unsure&page=7&a_days=7", "aspect=battery"),
        (Page.REVIEWS, "aspect=battery&order=unsure&page=7&a_days=7", "aspect=battery&order=unsure"),
        (Page.REVIEWS, "order=newest", ""),
        (Page.REVIEWS, "order=sideways&days=7", "days=7"),
        (Page.TERMS, "days=30&order=unsure", "days=30"),
        (Page.COMPARISON, "aspect=fit&a_aspect=look", "days=30&aspect=fit&a_days=30&a_aspect=look"),
        (Page.COMPARISON, "days=90&order=unsure", "days=90"),
        ("elsewhere", "aspect=battery", "aspect=battery"),
    ],
)
def test_each_page_keeps_what_it_knows(page: str, query: str, kept: str) -> None:
    found = asked(query, page)
    assert found.as_query() == kept
    route = reverse(ROUTES.get(page, "sentiment"))
    assert found.address == (f"{route}?{kept}" if kept else route)
    assert asked(kept, found.page) == found


def test_a_pinned_period_moves_along_and_keeps_its_length() -> None:
    today = timezone.localdate()
    pinned = Filters(start=today - timedelta(days=40), end=today - timedelta(days=34))
    moved = Asked(Page.OVERVIEW, pinned).moved_to(today - timedelta(days=1)).filters
    assert (moved.start, moved.end) == (today - timedelta(days=7), today - timedelta(days=1))
    assert Asked(Page.OVERVIEW, Filters.latest(7)).moved_to(today).filters == Filters.latest(7)


def test_both_sides_of_a_comparison_move_as_far() -> None:
    b = Filters(date(2026, 3, 1), date(2026, 3, 31))
    own = Filters(date(2025, 3, 1), date(2025, 3, 31))
    found = Asked(Page.COMPARISON, b, own).moved_to(date(2026, 4, 1))
    assert (found.filters.end, found.own) == (
        date(2026, 4, 1),
        own.replace(start=date(2025, 3, 2), end=date(2025, 4, 1)),
    )


def test_a_yardstick_stays_beside_a_period_that_moves_by_itself() -> None:
    own = Filters(date(2025, 3, 1), date(2025, 3, 31))
    found = Asked(Page.COMPARISON, Filters.latest(7), own)
    assert found.moved_to(date(2026, 4, 1)) == found


def test_pinned_it_shows_the_same_days_later() -> None:
    found = asked("days=7&a_days=7&a_language=zh", Page.COMPARISON).pinned()
    assert found.filters == Filters(found.filters.start, timezone.localdate())
    assert found.own == Filters(found.filters.start, timezone.localdate(), language="zh")
