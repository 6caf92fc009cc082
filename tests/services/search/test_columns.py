"""The catalogue in memory says what the database says, and hears of every change."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommender.models import Category, Item, Media
from recommender.services.search import Filters, forget
from recommender.services.search import columns as module
from recommender.services.search.columns import catalogue
from recommender.services.search.filters import matching
from tests.services.search.asking import Items

pytestmark = pytest.mark.django_db


@pytest.fixture
def mixed(items: Items) -> Items:
    """Prices in euro and yen, some without currency, one without a price; a film, sounds, one withdrawn."""
    rows = list(items.values())
    for number, item in enumerate(rows):
        item.currency = ("EUR", "JPY", "")[number % 3]
        item.price = None if number == 5 else Decimal(f"{10 + number}.99")
        item.save()
    for item, kind in ((rows[0], "video"), (rows[1], "audio"), (rows[2], "audio")):
        Media.objects.create(item=item, kind=kind, state="ready", checksum=f"{item.pk:064}")
    Media.objects.create(item=rows[3], kind="video", state="failed", checksum="f" * 64)
    Item.objects.filter(pk=rows[4].pk).update(availability="retired")
    forget()
    return items


def found(filters: Filters) -> list[int]:
    columns = catalogue()
    return columns.ids[columns.matching(filters)].tolist()


@pytest.mark.parametrize(
    "asked",
    [
        {}, {"language": "en"}, {"language": "zh"}, {"language": "xx"}, {"currency": "JPY"}, {"currency": ""},
        {"currency": "XXX"}, {"has_video": True}, {"has_audio": True, "language": "en"},
        {"price_min": Decimal("20.99")}, {"price_max": Decimal("20.99"), "currency": "EUR"},
        {"price_min": Decimal("12.985"), "price_max": Decimal("40.994"), "currency": "JPY"},
        {"category": 10**9},
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["", "Things", "lamp"])
def test_what_matches_is_what_the_database_says(mixed: Items, asked: dict[str, Any], name: str) -> None:
    more = {"category": Category.objects.get(name=name).pk} if name else {}
    filters = Filters(**more | asked)
    assert found(filters) == sorted(matching(filters).values_list("pk", flat=True))


def retire(item: Item) -> None:
    item.availability = "retired"
    item.save()


def bring_back(item: Item) -> None:
    catalogue()
    retire(item)
    catalogue()
    item.availability = "available"
    item.save()


def reprice(item: Item) -> None:
    item.price, item.currency = Decimal("0.01"), "XTS"
    item.save()


def delete(item: Item) -> None:
    item.delete()


def add(item: Item) -> None:
    Item.objects.create(external_id="new", title="New", price=5, currency="XTS")


@pytest.mark.parametrize("change", [retire, bring_back, reprice, delete, add])
@pytest.mark.parametrize("most", [0, 10_000])
def test_a_change_counts_at_once(
    mixed: Items, change: Callable[[Item], None], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_CHANGES", most)
    item = mixed["red metal chair"]
    for filters in (Filters(), Filters(currency="XTS")):
        found(filters)
    change(item)
    for filters in (Filters(), Filters(currency="XTS"), Filters(category=item.category_id)):
        assert found(filters) == sorted(matching(filters).values_list("pk", flat=True))


def test_counts_are_those_of_a_look_at_every_item(mixed: Items) -> None:
    columns, rows = catalogue(), list(Item.objects.available())
    everything = columns.matching(Filters())
    priced = [one for one in rows if one.price is not None]
    for code, count in columns.currencies(everything).items():
        assert count == sum(one.currency == code for one in priced)
        amounts = columns.prices(everything, code)
        assert sorted(amounts.elements()) == sorted(100 * one.price for one in priced if one.currency == code)
    for code, count in columns.languages(everything).items():
        assert count == sum(one.language == code or (code == "zh" and bool(one.title_zh)) for one in rows)
    for pk, count in columns.categories(everything).items():
        assert count == sum(one.category_id == pk for one in rows)


def test_what_has_not_changed_is_not_read_again(mixed: Items) -> None:
    catalogue()
    mixed["red metal chair"].save()
    catalogue()
    with CaptureQueriesContext(connection) as seen:
        catalogue()
    assert len(seen) == 2
    assert not any("title_zh" in one["sql"] for one in seen)
