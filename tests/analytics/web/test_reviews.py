"""The reviews behind a number, a page at a time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analytics.models import Alert, SentimentScore
from analytics.services import report
from analytics.services.report import evidence
from analytics.web.reviews import PAGE
from recommender.models import Item, Review
from tests.analytics.scored import add_review, make_shop, sum_up
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


def by_another(number: int, score: SentimentScore) -> None:
    """A person has one review of an item; this one is by somebody new."""
    author = User.objects.create(username=f"rita-{number}")
    Review.objects.filter(pk=score.review_id).update(user=author)


@pytest.fixture
def page(cast: Cast) -> Any:
    """The context of a page of 30 reviews of one item by 30 people, for what the address asks."""
    item = make_shop().lamp
    for number in range(30):
        text = "Very good <b>lamp</b>" if number % 2 else "Bad"
        by_another(number, add_review(item, text, (number - 15) / 15))
    sum_up()
    client = Client()
    client.force_login(cast.analyst)
    return lambda **asked: client.get(reverse("sentiment_reviews"), asked)


@pytest.mark.parametrize("order", ["newest", "negative", "disagreement"])
def test_two_pages_hold_every_review_once(page: Any, order: str) -> None:
    first, second = (page(order=order, page=number).context for number in (1, 2))
    assert (len(first["rows"]), len(second["rows"])) == (25, 5)
    assert len({row["pk"] for row in first["rows"] + second["rows"]}) == 30
    assert "page=2" in first["next_url"]
    assert not second["next_url"]


@pytest.mark.parametrize("asked", [{}, {"order": "negative"}, {"words": "lamp"}])
def test_beyond_the_last_page_the_last_is_shown(page: Any, asked: dict[str, str]) -> None:
    shown = page(page=300, **asked).context
    assert len(shown["rows"]) == (15 if asked.get("words") else 5)
    assert shown["number"] == (1 if asked.get("words") else 2)
    assert not shown["next_url"]


def test_a_list_that_is_not_counted_ends_with_its_last_full_page(page: Any) -> None:
    some, now = Review.objects.values_list("pk", flat=True)[:PAGE], timezone.now()
    since = now - timedelta(days=2)
    alert = Alert.objects.create(key="all", evidence=list(some), starts_at=since, ends_at=now)
    shown = page(alert=alert.pk).context
    assert (len(shown["rows"]), shown["next_url"]) == (PAGE, "")
    assert page(alert=alert.pk, page=2).context["number"] == 1


def test_words_are_found_whatever_their_case_and_shown_as_they_are(page: Any) -> None:
    answer = page(q="VERY good <b>")
    assert len(answer.context["rows"]) == 15
    assert b'<mark class="hit">Very good &lt;b&gt;</mark>lamp' in answer.content


def test_the_passage_that_has_the_words_is_shown_marked_and_no_text_is_markup(page: Any) -> None:
    item = Item.objects.get(external_id="L-1")
    said = "It came on time. " * 30 + "<i>The ZIP</i> jammed. " + "I sent it back. " * 30
    by_another(99, add_review(item, said, days_ago=0))
    sum_up()
    shown = page(words="zip</i> JAMMED").content.decode()
    assert '&lt;i&gt;The <mark class="hit">ZIP&lt;/i&gt; jammed</mark>. I sent' in shown
    assert said[:100] not in shown


def test_chinese_words_are_marked_where_they_stand(page: Any) -> None:
    said = "包装很好，送货也快。" * 40 + "可是拉链卡住了。"
    by_another(99, add_review(Item.objects.get(external_id="L-1"), said, days_ago=0))
    sum_up()
    assert '可是<mark class="hit">拉链</mark>卡住了。</p>' in page(words="拉链").content.decode()


def test_words_that_were_only_heard_are_shown_before_what_is_written_and_said_to_be_heard(page: Any) -> None:
    heard = "well " * 80 + "then the zip jammed"
    by_another(99, add_review(Item.objects.get(external_id="L-1"), "A lovely bag.", days_ago=0, heard=heard))
    sum_up()
    shown = page(words="ZIP").content.decode()
    first, second = shown.index("Words heard"), shown.index("A lovely bag.")
    assert first < shown.index('then the <mark class="hit">zip</mark> jammed') < second
    found = page(words="lovely").content.decode()
    assert found.index('A <mark class="hit">lovely</mark> bag.') < found.index("Words heard")


@pytest.mark.parametrize(
    "asked", [{"q": "a\0"}, {"page": "9" * 40}, {"alert": "9" * 40}, {"item": str(2**63)}]
)
def test_nonsense_in_the_address_is_no_error(page: Any, asked: dict[str, str]) -> None:
    assert page(**asked).status_code == 200


@pytest.mark.parametrize("number", [2**63, 10**30])
def test_a_review_of_an_impossible_number_is_not_found(cast: Cast, client: Client, number: int) -> None:
    client.force_login(cast.analyst)
    assert client.get(reverse("sentiment_review", args=[number])).status_code == 404


# -- how far back --------------------------------------------------------------------------------------------


@pytest.fixture
def over_days(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Nine reviews on three days: a search reaches the first of the second, an order into the newest."""
    item = make_shop().lamp
    for number in range(9):
        by_another(number, add_review(item, "Good lamp", days_ago=1 + number // 3))
    for number, score in enumerate(SentimentScore.objects.order_by("-reviewed_at", "pk")):
        when = score.reviewed_at - timedelta(minutes=number)
        SentimentScore.objects.filter(pk=score.pk).update(reviewed_at=when)
    sum_up()
    monkeypatch.setattr(evidence, "SEARCHED_AMONG", 4)
    monkeypatch.setattr(report, "SEARCHED_AMONG", 4)
    monkeypatch.setattr(report, "SORTED_AMONG", 3)
    client = Client()
    client.force_login(cast.analyst)
    return lambda **asked: client.get(reverse("sentiment_reviews"), asked)


def days_ago(number: int) -> date:
    return timezone.localdate() - timedelta(days=number)


def test_a_search_says_how_far_back_it_looks(over_days: Any) -> None:
    answer = over_days(words="lamp")
    fourth = SentimentScore.objects.order_by("-reviewed_at")[3].reviewed_at
    assert answer.context["bar"]["reach"] == {"most": 4, "since": fourth}
    assert timezone.localdate(fourth) == days_ago(2)
    assert "Searched among the newest 4 reviews of the period, back to" in answer.content.decode()
    assert "4 reviews with “lamp”" in answer.content.decode()


def test_an_order_says_how_far_back_it_goes(over_days: Any) -> None:
    answer = over_days(order="negative")
    assert answer.context["reach"] == {"most": 3, "since": days_ago(1)}
    assert "Ordered among the newest 3 reviews" in answer.content.decode()


def test_the_newest_first_are_all_of_them(over_days: Any) -> None:
    assert over_days().context["reach"] is None


def test_a_selection_within_the_limit_is_looked_through_as_a_whole(over_days: Any) -> None:
    answer = over_days(q="lamp", start=days_ago(1).isoformat(), end=days_ago(1).isoformat())
    assert answer.context["bar"]["reach"] is None
    assert "among the newest" not in answer.content.decode()


def test_a_day_is_looked_through_no_further_than_the_limit(over_days: Any) -> None:
    answer = over_days(q="lamp", start=days_ago(2).isoformat(), end=days_ago(1).isoformat())
    assert answer.context["bar"]["reach"]["most"] == len(answer.context["rows"]) == 4


def test_reviews_behind_an_alert_are_all_looked_through(over_days: Any) -> None:
    now = timezone.now()
    alert = Alert.objects.create(
        key="lamp", item=Item.objects.get(external_id="L-1"), starts_at=now, ends_at=now
    )
    assert over_days(q="lamp", alert=alert.pk).context["bar"]["reach"] is None


def test_how_many_have_the_words_is_said_and_ends_the_pages(page: Any) -> None:
    answer = page(words="very good")
    assert "15 reviews with “very good”" in answer.content.decode()
    assert answer.context["total"] == len(answer.context["rows"]) == 15
    first = page(words="bad", order="negative").context
    assert (first["total"], first["next_url"]) == (15, "")
