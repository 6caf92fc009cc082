"""Prices are compared in one currency, and ranges of them say what they would leave."""

from __future__ import annotations

import itertools
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.models import Item
from recommender.services.search import Filters, forget
from recommender.services.search.filters import loosened
from recommender.services.search.prices import price_ranges
from tests.services.search.asking import Items, ask, names


@pytest.fixture
def mixed(items: Items) -> Items:
    """Of the 48 things in euro, the bags are priced in yen and two chairs in nothing that is stated."""
    for name, item in items.items():
        if name.endswith("bag"):
            Item.objects.filter(pk=item.pk).update(currency="JPY", price=item.price * 100)
    Item.objects.filter(external_id__in=["red metal chair", "blue metal chair"]).update(currency="")
    forget()
    return items


def limits(low: int | None, high: int | None, currency: str | None = None) -> Filters:
    ends = [None if end is None else Decimal(end) for end in (low, high)]
    return Filters(price_min=ends[0], price_max=ends[1], currency=currency)


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "red bag"])
def test_a_price_in_another_currency_meets_no_limit(mixed: Items, text: str) -> None:
    page = ask(text, filters=limits(0, 100_000, "EUR"), limit=100)
    assert {card.item.currency for card in page.cards} == {"EUR"}
    page = ask(text, filters=limits(0, 100_000, "JPY"), limit=100)
    assert page.cards
    assert all(name.endswith("bag") for name in names(page))


@pytest.mark.django_db
def test_limits_without_a_currency_are_in_that_of_the_most_items(mixed: Items) -> None:
    page = ask(filters=limits(20, None), limit=100)
    assert {card.item.currency for card in page.cards} == {"EUR"}
    assert page.facets.currency == "EUR"
    assert names(page) == names(ask(filters=limits(20, None, "EUR"), limit=100))


@pytest.mark.django_db
def test_a_currency_alone_leaves_what_has_a_price_in_it(mixed: Items) -> None:
    Item.objects.create(external_id="no price", title="No price", currency="JPY")
    assert ask(filters=Filters(currency="JPY")).total == 12
    assert set(names(ask(filters=Filters(currency="")))) == {"red metal chair", "blue metal chair"}


@pytest.mark.django_db
def test_the_currency_facet_counts_without_the_price_filter(mixed: Items) -> None:
    counts = {"EUR": 34, "JPY": 12, "": 2}
    assert ask(filters=Filters(language="en")).facets.currencies == counts
    assert ask(filters=limits(20, 30, "JPY")).facets.currencies == counts


@pytest.mark.django_db
@pytest.mark.parametrize("currency", ["EUR", "JPY"])
def test_each_range_leaves_as_many_as_it_says(mixed: Items, currency: str) -> None:
    page = ask(filters=Filters(currency=currency), limit=100)
    ranges = page.facets.prices
    assert 2 <= len(ranges) <= 4
    assert sum(one.count for one in ranges) == page.total
    for one in ranges:
        chosen = ask(filters=Filters(price_min=one.low, price_max=one.high, currency=currency))
        assert chosen.total == one.count
        assert chosen.facets.prices == ranges, "the others stay to be chosen"


@pytest.mark.django_db
def test_ranges_of_an_answer_count_its_results(mixed: Items) -> None:
    page = ask("red", limit=100)
    assert page.facets.currency == "EUR"
    prices = [card.item.price for card in page.cards if card.item.currency == "EUR"]
    for one in page.facets.prices:
        held = [price for price in prices if (one.low or 0) <= price <= (one.high or price)]
        assert len(held) == one.count


@pytest.mark.django_db
def test_a_catalogue_that_was_empty_when_asked_first_has_its_currency_when_it_comes() -> None:
    forget()
    assert ask(filters=limits(0, 80)).total == 0
    Item.objects.create(external_id="first", title="First", price=20, currency="EUR")
    assert names(ask(filters=limits(0, 81))) == ["first"]


@pytest.mark.django_db
def test_where_all_prices_are_in_one_currency_nothing_more_is_ranked_for_it(items: Items) -> None:
    under = loosened(limits(20, 30, "EUR"))
    assert under["currency"] == under["price"] == Filters(currency="EUR")
    assert ask("bag").facets.currencies.keys() == {"EUR"}


@given(st.dictionaries(st.integers(0, 10**9), st.integers(1, 50), max_size=60))
def test_ranges_share_out_all_prices_without_gap_or_overlap(prices: dict[int, int]) -> None:
    ranges = price_ranges(Counter(prices))
    if not ranges:
        return  # nearly everything costs the same
    assert ranges[0].low is None
    assert ranges[-1].high is None
    assert sum(one.count for one in ranges) == sum(prices.values())
    assert all(one.count for one in ranges)
    for one, following in itertools.pairwise(ranges):
        assert following.low == one.high + Decimal("0.01")


@pytest.mark.parametrize(
    ("amounts", "edges"),
    [
        ([5, 12, 18, 26, 35, 49, 77, 120], [10, 25, 50]),
        ([900, 1200, 2500, 4000], [1000, 2500]),
        ([20, 21, 22, 23, 24], [21, 22, 23]),
        ([10, 10, 10], []),
        ([], []),
    ],
)
def test_edges_are_round(amounts: list[int], edges: list[int]) -> None:
    found = price_ranges(Counter(100 * amount for amount in amounts))
    assert [one.low for one in found[1:]] == edges
