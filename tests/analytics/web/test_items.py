"""Items on the pages of the report: in orders and pages, and one chosen by its title."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from analytics.services.report import kept
from analytics.web import items
from recommender.models import Item
from tests.analytics.scored import add_review, make_shop, sum_up
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The answer of an address; of five items, the first has the most reviews, the last two the worst."""
    kept.forget()
    monkeypatch.setattr(items, "PAGE", 2)
    make_shop()
    for place in range(5):
        item = Item.objects.create(external_id=f"T-{place}", title=f"Thing {place}", title_zh=f"东西{place}")
        for days in range(9 - place):
            add_review(item, "", 0.8 - 0.4 * place, days_ago=days)
    sum_up()
    client = Client()
    client.force_login(cast.analyst)
    return lambda href, **more: client.get(href, **more)


def names(answer: Any) -> list[str]:
    return [row[0].text for row in answer.context["charts"]["item"].rows]


def test_the_items_are_paged_through_and_the_address_says_where_one_is(opened: Any) -> None:
    answer, seen, told = opened(reverse("sentiment")), [], []
    while True:
        pages = answer.context["charts"]["item"].pages
        seen += names(answer)
        told.append(pages.told)
        if not pages.next_url:
            break
        answer = opened(pages.next_url, headers={"hx-request": "true"})
        assert answer["HX-Push-Url"] == pages.next_url
    assert seen == [f"Thing {place}" for place in range(5)]
    assert told == ["1 to 2 of 5 items", "3 to 4 of 5 items", "5 to 5 of 5 items"]
    assert names(opened(pages.before_url)) == ["Thing 2", "Thing 3"]
    assert names(opened(reverse("sentiment") + "?page=99")) == ["Thing 4"]


def test_the_worst_come_first_where_they_are_asked_for(opened: Any) -> None:
    chips = opened(reverse("sentiment")).context["charts"]["item"].pages.orders
    assert [(label, on) for label, on, _url in chips] == [
        ("Most reviews", True),
        ("Worst first", False),
        ("Best first", False),
    ]
    worst = opened(chips[1][2])
    assert names(worst) == ["Thing 3", "Thing 4"]
    assert "order=worst" in worst.context["charts"]["item"].pages.next_url
    assert names(opened(chips[2][2])) == ["Thing 0", "Thing 1"]
    kept = opened(chips[1][2]).context["bar"]["periods"][0]["url"]
    assert dict(parse_qsl(urlsplit(kept).query)) == {"days": "7", "order": "worst"}
    assert ("order", "worst") in worst.context["bar"]["hidden"]


@pytest.mark.parametrize(
    ("language", "told"), [("zh-hans", "第 1 至 2 件，共 5 件商品"), ("en", "1 to 2 of 5 items")]
)
def test_how_many_items_there_are_is_said(opened: Any, language: str, told: str) -> None:
    page = opened(reverse("sentiment"), headers={"accept-language": language}).content.decode()
    assert told in page


def choices(answer: Any) -> dict[str, str]:
    return {row["one"].label: row["url"] for row in answer.context["found"]}


@pytest.mark.parametrize("page", ["sentiment", "sentiment_reviews", "sentiment_terms", "sentiment_compare"])
def test_an_item_is_chosen_by_its_title_and_stands_in_the_address(opened: Any, page: str) -> None:
    bar = opened(reverse(page) + "?days=30&language=en&label=positive").context["bar"]
    asked = {name: str(value) for name, value in bar["find"]["hidden"]} | {"find": "thing 1"}
    found = opened(bar["find"]["action"], data=asked, headers={"hx-request": "true"})
    ((label, url),) = choices(found).items()
    assert label == "Thing 1"
    thing = Item.objects.get(external_id="T-1")
    assert urlsplit(url).path == reverse(page)
    assert dict(parse_qsl(urlsplit(url).query)) == {
        "days": "30", "language": "en", "label": "positive", "item": str(thing.pk)
    }  # fmt: skip
    limited = opened(url).context
    assert limited["filters"].item == thing.pk
    assert "Thing 1" in [limit["value"] for limit in limited["bar"]["limits"]]


def test_either_side_of_a_comparison_has_an_item_of_its_own(opened: Any) -> None:
    one, two = (Item.objects.get(external_id=key).pk for key in ("T-1", "T-2"))
    page = opened(f"{reverse('sentiment_compare')}?days=30&item={one}&a_language=en").context
    asked = dict(page["other"]["find"]["hidden"]) | {"find": "thing 2"}
    url = choices(opened(reverse("sentiment_items"), data=asked))["Thing 2"]
    chosen = opened(url).context
    assert (chosen["a"].item, chosen["a"].language, chosen["filters"].item) == (two, "en", one)


def test_the_period_of_a_comparison_stays_where_it_is_the_usual_one_elsewhere(opened: Any) -> None:
    page = opened(f"{reverse('sentiment_compare')}?days=90").context
    chosen = next(one for one in page["bar"]["periods"] if one["on"])
    for url in (page["address"], page["before_url"], chosen["url"]):
        assert opened(url).context["filters"].days == 90


def test_without_scripts_the_list_is_a_page(opened: Any) -> None:
    page = opened(
        reverse("sentiment_items"), data={"find": "thing", "on": "sentiment_reviews", "label": "positive"}
    )
    assert list(choices(page)) == ["Thing 0", "Thing 1"]
    assert "<h1>" in page.content.decode()
    assert (
        "No item of this selection is called that."
        in opened(reverse("sentiment_items"), data={"find": "xx"}).content.decode()
    )


def test_what_is_not_a_page_of_the_report_is_not_gone_to(opened: Any) -> None:
    found = choices(opened(reverse("sentiment_items"), data={"find": "thing 1", "on": "logout"}))
    assert urlsplit(found["Thing 1"]).path == reverse("sentiment")
