"""Addresses and filters say the same, whatever stands in them."""

from __future__ import annotations

from datetime import date

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.services import report
from analytics.services.report import Filters, kept
from tests.analytics.services.scored import LAST_90

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    kept.forget()


def test_an_address_and_its_filters_say_the_same() -> None:
    filters = Filters(
        date(2026, 1, 1), date(2026, 2, 1), 3, 4, "zh", "image", "price", 5, "negative", abstained=False
    )
    assert Filters.from_query(QueryDict(filters.as_query())) == filters


@pytest.mark.parametrize(
    "query", ["category=none", "category=4-direct", "language=none", "channel=none", "rating=none"]
)
def test_what_has_no_value_stands_in_the_address(query: str) -> None:
    assert Filters.from_query(QueryDict(query)).as_query() == query
    name, _, key = query.partition("=")
    assert LAST_90.replace(**{name: key}).given() == {name: key}


@pytest.mark.parametrize(
    ("given", "meant"), [(False, False), (0, False), ("0", False), (True, True), (1, True)]
)
def test_a_value_of_nothing_is_a_value(given: object, meant: bool) -> None:
    assert Filters.from_query({"abstained": given}).abstained is meant


def test_the_default_needs_no_address_and_moves_on_with_time() -> None:
    assert Filters.from_query(QueryDict("")).as_query() == ""
    assert Filters.from_query(QueryDict("")).length == 90


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "start",
                "end",
                "days",
                "item",
                "category",
                "language",
                "channel",
                "aspect",
                "rating",
                "abstained",
            ]
        ),
        st.one_of(
            st.text(max_size=40),
            st.integers().map(str),
            st.dates().map(str),
            st.sampled_from(["none", "7-direct", "0-direct", "-direct"]),
        ),
    )
)
def test_nonsense_in_an_address_counts_as_not_given(query: dict[str, str]) -> None:
    filters = Filters.from_query(query)
    assert filters.start <= filters.end
    report.overview(filters)
    assert Filters.from_query(QueryDict(filters.as_query())).given() == filters.given()
