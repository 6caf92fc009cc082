"""The two selections of a comparison, read from an address and written to one."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import QueryDict
from django.utils import timezone

from analytics.services.report import Filters, Sides


def sides(query: str) -> Sides:
    return Sides.from_query(QueryDict(query))


def test_by_itself_a_month_stands_beside_the_one_before() -> None:
    found = sides("language=zh&abstained=0")
    assert (found.b.days, found.b.language, found.b.abstained) == (30, "zh", False)
    assert (found.own, found.a) == (None, found.b.previous())
    assert sides(found.as_query()) == found


def test_ninety_days_stay_ninety_days_in_the_address() -> None:
    assert sides(Sides(Filters.latest(90)).as_query()).b.days == 90


def test_a_first_side_without_a_period_moves_with_the_second() -> None:
    found = sides("days=7&a_language=en")
    assert found.own == Filters.latest(7, language="en")
    assert found.as_query() == "days=7&a_days=7&a_language=en"


def test_two_sides_with_dates_of_their_own_are_kept() -> None:
    today = timezone.localdate()
    b = Filters(today - timedelta(days=9), today, aspect="price")
    found = Sides(b, Filters(date(2025, 1, 1), date(2025, 3, 1), category=4))
    assert sides(found.as_query()) == found
