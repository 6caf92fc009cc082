"""Words that the report is limited to, kept and told on every page."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analytics.models import SentimentScore
from analytics.services import report
from analytics.services.report import Filters, evidence, kept
from analytics.web.charts import trend_chart
from tests.analytics.scored import add_review, make_shop, sum_up
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(cast: Cast) -> Any:
    """The answer of a page of the report on ten reviews of ten days, most of them of a zip."""
    kept.forget()
    shop = make_shop()
    for days in range(8):
        text, polarity = ("The zip glides.", 0.8) if days % 2 else ("The zip jammed.", -0.8)
        add_review(shop.lamp, text, polarity, days_ago=days)
    for days in range(2):
        add_review(shop.phone, "It jammed as well.", -0.8, days_ago=days)
    sum_up()
    client = Client()
    client.force_login(cast.analyst)
    return lambda name, **query: client.get(reverse(name), query)


def test_emerging_words_keep_the_words_and_so_do_all_links_from_there(asked: Any) -> None:
    answer = asked("sentiment_terms", words="zip")
    assert answer.context["figures"].reviews == 8
    assert answer.context["filters"].words == "zip"
    assert "words=zip" in next(one["url"] for one in answer.context["tabs"] if one["on"])
    hrefs = [cell.href for row in answer.context["telling"].rows for cell in row if cell.href]
    hrefs += [cell.href for row in answer.context["emerging"].rows for cell in row if cell.href]
    assert hrefs
    assert all("words=zip" in href and "term=" in href for href in hrefs)


def test_a_word_opens_the_reviews_that_have_it_and_the_words(asked: Any) -> None:
    listed = asked("sentiment_reviews", words="zip", term="jammed")
    assert len(listed.context["rows"]) == 4
    assert '<mark class="hit">jammed</mark>' in listed.content.decode()
    lifted = next(one for one in listed.context["bar"]["limits"] if one["name"] == "Word")
    assert "words=zip" in lifted["url"]
    assert "term=" not in lifted["url"]
    assert len(asked("sentiment_reviews", term="jammed").context["rows"]) == 6


def test_words_that_are_counted_in_a_part_of_the_reviews_say_so(
    asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line of equal use is then that of the reviews that were read."""
    told = "Counted in the newest 3 reviews of the period"
    monkeypatch.setattr(import_module("analytics.services.report.emerging"), "SAMPLE", 3)
    for query in ({"words": "zip"}, {"channel": "text"}):
        answer = asked("sentiment_terms", days=5, **query)
        assert told in answer.content.decode()
        assert answer.context["emerging"].data["ratio"] == 1
    assert told not in asked("sentiment_terms", days=5).content.decode()
    assert told not in asked("sentiment_terms", days=3, words="zip").content.decode()


def test_lifting_all_limits_lifts_the_word_too(asked: Any) -> None:
    bar = asked("sentiment_reviews", words="zip", term="jammed", days=30).context["bar"]
    assert len(bar["limits"]) == 2
    assert bar["clear_url"] == reverse("sentiment_reviews") + "?days=30"


def test_reasons_are_at_hand_where_many_reviews_are_labelled(asked: Any) -> None:
    assert '<option value="irony">' in asked("sentiment_reviews").content.decode()


def test_a_word_of_a_page_without_words_is_looked_for_as_it_was_counted(asked: Any) -> None:
    rows = asked("sentiment_terms").context["telling"].rows
    assert rows
    assert "term=" in rows[0][0].href
    assert "words=" not in rows[0][0].href


def test_no_change_is_told_where_a_search_is_cut_off(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told = "No change since the period before is told"
    assert told not in asked("sentiment", words="zip", days=3).content.decode()
    monkeypatch.setattr(evidence, "SEARCHED_AMONG", 4)
    kept.forget()
    answer = asked("sentiment", words="zip", days=3)
    assert told in answer.content.decode()
    assert answer.context["figures"].previous is None
    assert told not in asked("sentiment", days=3).content.decode()


def test_a_comparison_says_how_far_back_each_side_was_looked_through(
    asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "SEARCHED_AMONG", 4)
    sides = asked("sentiment_compare", words="zip", days=3).context["sides"]
    assert [side["reach"] is None for side in sides] == [True, False]
    assert sides[1]["reach"]["since"] == report.searched_since(Filters.latest(3, words="zip"))


def test_every_point_that_opens_a_list_opens_as_many_reviews(
    asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day that is looked through in part opens none: its list would look through all of it."""
    early = one_before_another()
    monkeypatch.setattr(evidence, "SEARCHED_AMONG", 5)
    filters = Filters.latest(30, words="zip")
    points = report.trend(filters)
    drawn = trend_chart(points, filters).data["points"]
    assert [point.reviews for point in points] == [1, 1, 1]
    assert timezone.localdate(early) == timezone.localdate(points[0].start)
    assert [bool(one["href"]) for one in drawn] == [False, True, True]
    for one, point in zip(drawn[1:], points[1:], strict=True):
        listed = asked("sentiment_reviews", **dict(parse_qsl(urlsplit(one["href"]).query)))
        assert len(listed.context["rows"]) == point.reviews


def one_before_another() -> datetime:
    """When one on the day before yesterday was written, before the one that is there."""
    score = add_review(report.reviews(Filters.latest(1))[0].item, "The zip again.", days_ago=2)
    when = score.reviewed_at - timedelta(hours=3)
    SentimentScore.objects.filter(pk=score.pk).update(reviewed_at=when)
    sum_up()
    return when


def test_with_no_reviews_before_nothing_comes_up_and_a_shorter_period_is_offered(asked: Any) -> None:
    young = asked("sentiment_terms", days=90).content.decode()
    assert "no reviews of the period before" in young
    assert f'href="{reverse("sentiment_terms")}?days=7">Look at the last 7 days' in young
    older = asked("sentiment_terms", days=7).content.decode()
    assert "no reviews of the period before" not in older
    charts = [f'id="figure-{name}"' for name in ("emerging", "aspects")]
    assert [(chart in young, chart in older) for chart in charts] == [(False, True)] * 2


def test_where_nothing_has_come_up_it_says_so(asked: Any) -> None:
    assert "No word has become more frequent" in asked("sentiment_terms", days=4).content.decode()


def test_where_no_usual_period_has_reviews_before_it_none_is_offered(asked: Any) -> None:
    SentimentScore.objects.filter(reviewed_at__lt=timezone.now() - timedelta(days=5)).delete()
    sum_up()
    answer = asked("sentiment_terms", days=30).content.decode()
    assert "no reviews of the period before" in answer
    assert "Look at the last" not in answer


def test_a_shorter_period_without_reviews_of_its_own_is_not_offered(asked: Any) -> None:
    SentimentScore.objects.update(reviewed_at=timezone.now() - timedelta(days=9))
    sum_up()
    kept.forget()
    answer = asked("sentiment_terms", days=30).content.decode()
    assert "no reviews of the period before" in answer
    assert "Look at the last" not in answer


def test_where_a_search_is_cut_it_does_not_say_that_nothing_was_before(
    asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "no reviews of the period before"
    assert told in asked("sentiment_terms", days=90, words="zip").content.decode()
    monkeypatch.setattr(evidence, "SEARCHED_AMONG", 3)
    assert told not in asked("sentiment_terms", days=90, words="zip").content.decode()
