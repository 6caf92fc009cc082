"""Every number of a table opens as many reviews as it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analytics.models import SentimentScore
from analytics.services.report import cells
from analytics.web.charts import Chart
from recommender.models import Category, Item, Review
from tests.analytics.scored import Shop, add_review, make_shop, sum_up
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_page(cast: Cast) -> Any:
    """The context of a page, by its name and query, on reviews of two months by many people."""
    cells.forget()
    _fill(make_shop())
    sum_up()
    client = Client()
    client.force_login(cast.analyst)

    def opened(name: str, **query: Any) -> Any:
        return client.get(reverse(name), query).context

    return opened


def _fill(shop: Shop) -> None:
    lamps = Category.objects.create(name="Lamps", path=f"Home{Category.SEPARATOR}Lamps", parent=shop.category)
    for days in range(56):
        low = days < 28 and days % 3
        said = "It didn’t fit, a bad outfit." if low else "A fitting light. Fine fit."
        item = shop.phone if days % 4 else shop.lamp
        score = add_review(
            item,
            said,
            -0.8 if low else 0.8,
            days_ago=days,
            aspects=[("fit", -0.8 if low else 0.5), ("look", 0.1)],
            abstained=days % 5 == 0,
            rating=1 + days % 5,
            category=lamps if days % 4 else shop.category,
        )
        Review.objects.filter(pk=score.review_id).update(user=User.objects.create(username=f"r{days}"))


def numbers(charts: list[Chart]) -> Iterator[tuple[str, int, dict[str, str]]]:
    """Where it stands, a count, and the query that it opens."""
    page = reverse("sentiment_reviews")
    for chart in charts:
        for row in chart.rows:
            for column, cell in zip(chart.columns, row, strict=True):
                if cell.href.startswith(page) and re.fullmatch(r"[\d,]+", cell.text):
                    where = f"{chart.key}: {row[0].text}: {column}"
                    asked = dict(parse_qsl(urlsplit(cell.href).query))
                    yield where, int(cell.text.replace(",", "")), asked


SELECTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"label": "negative"},
    {"abstained": "0"},
    {"aspect": "fit"},
    {"aspect": "fit", "label": "negative"},
    {"channel": "text"},
    {"words": "fit"},
    {"words": "fit", "label": "positive"},
)


@pytest.mark.parametrize("query", SELECTIONS)
@pytest.mark.parametrize("name", ["sentiment", "sentiment_compare", "sentiment_terms"])
def test_every_number_opens_as_many_reviews(open_page: Any, name: str, query: dict[str, Any]) -> None:
    found = list(numbers(charts_of(open_page(name, days=28, **query))))
    opened = [(where, rows_of(open_page, asked)) for where, _count, asked in found]
    assert found or "label" in query  # of one feeling no word tells two apart
    assert opened == [(where, count) for where, count, _asked in found]


def charts_of(context: Any) -> list[Chart]:
    sides = [side["trend"] for side in context.get("sides", []) if side["trend"]]
    single = [context[name] for name in ("drivers", "emerging", "aspects", "telling") if name in context]
    return [*context.get("charts", {}).values(), *single, *sides]


def rows_of(open_page: Any, asked: dict[str, str]) -> int:
    """How many are listed, on two pages at most."""
    first = open_page("sentiment_reviews", **asked)
    second = open_page("sentiment_reviews", **asked, page=2)["rows"] if first["next_url"] else []
    return len(first["rows"]) + len(second)


@pytest.mark.parametrize("query", [{"days": 1}, {"days": 2}, {"days": 2, "words": "fit", "rating": 1}])
def test_every_hour_opens_as_many_reviews(open_page: Any, query: dict[str, Any]) -> None:
    score = add_review(Item.objects.get(external_id="L-1"), "Late, but it does fit.", days_ago=0, rating=1)
    noon = score.reviewed_at
    SentimentScore.objects.filter(pk=score.pk).update(reviewed_at=noon.replace(hour=23, minute=59))
    sum_up()
    found = list(numbers(charts_of(open_page("sentiment", **query))[:1]))
    assert {asked["hour"] for _where, _count, asked in found} >= {"12", "23"}
    assert [rows_of(open_page, asked) for _where, _count, asked in found] == [one[1] for one in found]


def test_the_hour_of_a_list_is_lifted_and_counts_on_one_day_only(open_page: Any) -> None:
    day = str(timezone.localdate())
    listed = open_page("sentiment_reviews", start=day, end=day, hour=12)
    assert (listed["total"], len(listed["rows"])) == (1, 1)
    assert "hour" not in listed["bar"]["limits"][0]["url"]
    assert open_page("sentiment_reviews", start=day, end=day, hour=13)["total"] == 0
    for ignored in ({"days": 2, "hour": 13}, {"days": 1, "hour": 24}, {"days": 1, "hour": "x"}):
        assert open_page("sentiment_reviews", **ignored)["total"] > 0
