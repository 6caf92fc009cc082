"""What a superuser writes by hand on the database pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from recommender.models import Item
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def change(cast: Cast) -> Any:
    """Posts the form of an item, of which a few fields are given, and says what came back."""
    item = Item.objects.create(external_id="bag-1", title="Bag")
    given = {"external_id": "bag-1", "title": "Bag", "attributes": "{}", "availability": "available"}
    given |= {f"media-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}

    def post(language: str = "en", **fields: str) -> str:
        client = Client(headers={"accept-language": language})
        client.force_login(cast.superuser)
        answer = client.post(reverse("admin:recommender_item_change", args=[item.pk]), given | fields)
        return answer.content.decode()

    return post


@pytest.mark.parametrize(
    ("price", "written", "kept"),
    [
        ("12.5", "eur", "EUR"),
        ("12.5", " usd", "USD"),
        ("12.5", "€", "EUR"),
        ("12.5", "", ""),
        ("", "eur", "EUR"),
    ],
)
def test_a_currency_by_hand_is_read_as_an_import_reads_it(
    change: Any, price: str, written: str, kept: str
) -> None:
    change(price=price, currency=written)
    item = Item.objects.get()
    assert (item.price, item.currency) == (Decimal(price) if price else None, kept)


@pytest.mark.parametrize("written", ["EU", "12", "E R", "€€"])
def test_what_is_no_currency_is_refused_in_both_languages(change: Any, written: str) -> None:
    told = change("zh-hans", price="12.5", currency=written)
    assert f"“{written}” 不是货币。" in told
    assert "请写三个字母的代码，例如 EUR。" in told
    told = change("en", price="12.5", currency=written)
    assert f"“{written}” is not a currency." in told
    assert "Write a code of three letters, such as EUR." in told
    assert Item.objects.get().currency == ""
