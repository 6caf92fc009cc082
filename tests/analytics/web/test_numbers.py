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
from analytics.services import report
from analytics.services.report import kept
from analytics.web.charts import Chart
from recommender.models import Category, Item, Review
from tests.analytics.scored import Shop, add_review, make_shop, sum_up
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_page(cast: Cast) -> Any:
    """The context of a page, by its name and query, on reviews of two months by many people."""
    kept.forget()
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
    for days in range(2, 56, 2):
        said, felt = ("A fine fit, fine.", 0.8) if days % 4 else ("No fit, a bad outfit.", -0.8)
        add_review(shop.phone, said, felt, days_ago=days, language="", channels="", aspects=[("fit", felt)])


def numbers(charts: list[Chart]) -> Iterator[tuple[str, int, dict[str, str]]]:
    """Where it stands, a count, and the query that it opens; every count but 0 opens one."""
    for chart in charts:
        for row in chart.rows:
            for column, cell in zip(chart.columns[1:], row[1:], strict=True):
                if re.fullmatch(r"[\d,]+", cell.text) and (cell.href or cell.text != "0"):
                    where = f"{chart.key}: {row[0].text}: {column}"
                    yield where, int(cell.text.replace(",", "")), asked_by("sentiment_reviews", cell.href)


def asked_by(page: str, href: str) -> dict[str, str]:
    address = urlsplit(href)
    assert address.path == reverse(page), href
    return dict(parse_qsl(address.query))


SELECTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"label": "negative"},
    {"abstained": "0"},
    {"aspect": "fit"},
    {"aspect": "fit", "label": "negative"},
    {"channel": "text"},
    {"words": "fit"},
    {"words": "fit", "label": "positive"},
    {"language": "none"},
    {"rating": "none", "words": "fit"},
    {"channel": "none", "category": "none"},
)


@pytest.mark.parametrize("query", SELECTIONS)
@pytest.mark.parametrize("name", ["sentiment", "sentiment_compare", "sentiment_terms"])
def test_every_number_opens_as_many_reviews(open_page: Any, name: str, query: dict[str, Any]) -> None:
    found = list(numbers(charts_of(open_page(name, days=28, **query))))
    opened = [(where, rows_of(open_page, asked)) for where, _count, asked in found]
    assert found or "label" in query  # of one feeling no word tells two apart
    assert opened == [(where, count) for where, count, _asked in found]


@pytest.mark.parametrize("query", SELECTIONS)
def test_every_mark_and_name_of_a_part_leads_to_its_reviews(open_page: Any, query: dict[str, Any]) -> None:
    charts = open_page("sentiment", days=28, **query)["charts"]
    for by in report.BYS:
        marks = [(one["href"], one["reviews"]) for one in charts[by].data["rows"]]
        names = [(row[0].href, int(row[-1].text)) for row in charts[by].rows]
        for href, count in {*marks, *names}:
            assert open_page("sentiment", **asked_by("sentiment", href))["figures"].reviews == count, href


def test_parts_without_a_value_are_among_those_that_are_followed(open_page: Any) -> None:
    charts = open_page("sentiment", days=28)["charts"]
    names = {by: {row[0].text for row in charts[by].rows} for by in report.BYS}
    assert "no rating" in names["rating"]
    assert "unknown language" in names["language"]
    assert "no category" in names["category"]
    assert "nothing readable" in names["channel"]
    home = Category.objects.get(name="Home")
    inside = open_page("sentiment", days=28, category=home.pk)
    assert {row[0].text for row in inside["charts"]["category"].rows} == {"Lamps", "directly in Home"}
    parts = sum(int(row[-1].text) for row in inside["charts"]["category"].rows)
    assert parts == inside["figures"].reviews
    test = list(numbers([inside["charts"]["category"]]))
    assert [rows_of(open_page, asked) for _where, _count, asked in test] == [one[1] for one in test]


@pytest.mark.parametrize(
    ("language", "titles"),
    [
        ("zh-hans", {"无分类", "直属于家居", "无可读内容", "未知语言", "无评分"}),
        ("en", {"no category", "directly in Home", "nothing readable", "unknown language", "no rating"}),
    ],
)
def test_what_has_no_value_can_be_chosen_in_the_bar(cast: Cast, language: str, titles: set[str]) -> None:
    shop, client = make_shop(), Client(headers={"accept-language": language})
    client.force_login(cast.analyst)
    asked = {"category": f"{shop.category.pk}-direct", "rating": "none"}
    bar = client.get(reverse("sentiment"), asked).context["bar"]
    options = [option for field in bar["fields"] for option in field.options]
    assert titles <= {option.label.strip() for option in options}
    assert [option.value for option in options if option.value and option.on] == list(asked.values())
    assert {limit["value"] for limit in bar["limits"]} <= titles


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
