"""Items in the report: ordered, a page at a time, and found by their titles."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.services import report
from analytics.services.report import Filters, kept
from analytics.services.report import items as by_title
from recommender.models import Item
from tests.analytics.scored import add_review, make_shop, sum_up

pytestmark = pytest.mark.django_db
LATEST = Filters.latest


@pytest.fixture(autouse=True)
def shop() -> Any:
    """A phone that most find bad, a lamp that most like, a mug that one hates, a kettle nobody is sure of."""
    kept.forget()
    shop = make_shop()
    for days in range(8):
        add_review(shop.phone, "", -0.8 if days else 0.8, days_ago=days, aspects=[("look", 0.4), ("size", 0)])
        add_review(shop.lamp, "", 0.8 if days else -0.8, days_ago=days)
    add_review(shop.phone, "", -0.8, language="zh")
    mug, kettle = (
        Item.objects.create(external_id=key, title=title)
        for key, title in (("NO-7", "Red mug"), ("NO-8", "Kettle"))
    )
    add_review(mug, "", -0.8)
    add_review(kettle, "", abstained=True)
    sum_up()
    return shop


def titles(order: str, **limits: Any) -> list[str]:
    return [one.label for one in report.breakdown(LATEST(**limits), "item", order)]


def test_items_are_ordered_by_reviews_or_by_how_surely_they_are_bad_or_good() -> None:
    assert titles("most") == ["Phone", "Desk lamp", "Red mug", "Kettle"]
    assert titles("worst") == ["Phone", "Red mug", "Desk lamp", "Kettle"]
    assert titles("best") == ["Desk lamp", "Phone", "Red mug", "Kettle"]
    assert titles("nonsense") == titles("most")


def test_one_bad_review_does_not_go_before_many(shop: Any) -> None:
    found = report.breakdown(LATEST(), "item", "worst").page(0, 2)
    assert [(one.label, one.reviews) for one in found] == [("Phone", 9), ("Red mug", 1)]
    assert [round(one.net or 0, 2) for one in found] == [-0.78, -1]


@pytest.mark.parametrize("by", report.BYS)
@pytest.mark.parametrize("order", report.ORDERS)
def test_pages_hold_every_slice_once_in_order(by: report.By, order: str) -> None:
    parts = report.breakdown(LATEST(), by, order)
    pages = [one for start in range(0, len(parts) + 1, 2) for one in parts.page(start, 2)]
    assert pages == list(parts)
    assert len({one.key for one in pages}) == len(parts)
    assert parts.page(len(parts), 2) == []


def test_only_items_of_the_page_are_looked_up() -> None:
    with CaptureQueriesContext(connection) as seen:
        report.breakdown(LATEST(), "item").page(1, 2)
    asked = [one["sql"] for one in seen if "recommender_item" in one["sql"]]
    assert len(asked) == 1
    assert not [one for one in seen if "analytics_sentimentscore" in one["sql"]]


def called(words: str, **limits: Any) -> list[str]:
    return [one.label for one in report.items_called(LATEST(**limits), words)]


@pytest.mark.parametrize("first", [0, 1, 1_000])
def test_an_item_is_found_by_parts_of_its_title_its_chinese_title_or_its_key(
    first: int, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among the most reviewed, and by the index of words beyond them."""
    monkeypatch.setattr(by_title, "_FIRST", first)
    assert called("red MU") == called(" mug red ") == called("NO-7") == ["Red mug"]
    assert called("台灯") == called("L-1") == ["Desk lamp"]
    assert called("red lamp") == called("%") == called("M\0ug red nothing") == []


@pytest.mark.parametrize("first", [0, 1_000])
def test_an_item_that_is_no_longer_sold_is_found_too(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_title, "_FIRST", first)
    Item.objects.filter(external_id="NO-7").update(availability="retired")
    assert called("mug") == ["Red mug"]


def test_items_are_of_the_selection_and_those_with_the_most_reviews_first(shop: Any) -> None:
    assert called("") == ["Phone", "Desk lamp", "Red mug", "Kettle"]
    assert called("e", abstained=False)[:2] == ["Phone", "Desk lamp"]
    assert called("phone", language="zh") == ["Phone"]
    assert called("lamp", language="zh") == []
    assert called("lamp", item=shop.phone.pk) == ["Desk lamp"]
