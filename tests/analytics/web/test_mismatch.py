"""Likely sarcasm or mismatch: why each review is listed, and labels in place."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from analytics.models import SentimentScore
from analytics.web import mismatch
from recommender.models import Review
from tests.analytics.scored import Shop, add_review, make_shop, sum_up
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
ADDRESS = "sentiment_mismatch"


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.fixture
def analyst(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.analyst)
    return client


def praised(shop: Shop, number: int, **fields: Any) -> SentimentScore:
    """By somebody new: high praise under one star."""
    score = add_review(shop.lamp, f"Wonderful {number}", 0.9, **({"rating": 1} | fields))
    writer = User.objects.create(username=f"rita-{number}")
    Review.objects.filter(pk=score.review_id).update(user=writer)
    return score


def test_an_empty_list_says_that_nothing_contradicts_itself(shop: Shop, analyst: Client) -> None:
    add_review(shop.lamp, "Lovely.", 0.9, rating=5)
    page = analyst.get(reverse(ADDRESS)).content.decode()
    assert "is likely sarcasm or a mismatch" in page
    assert "No review has been scored yet" not in page


def test_an_item_that_is_chosen_leads_back_to_the_list(shop: Shop, analyst: Client) -> None:
    add_review(shop.lamp, "Lovely.", 0.9)
    sum_up()
    found = analyst.get(reverse("sentiment_items"), {"on": ADDRESS, "find": "lamp"}).content.decode()
    assert f'href="{reverse(ADDRESS)}?item={shop.lamp.pk}"' in found


@pytest.mark.parametrize(
    ("language", "title", "reason"),
    [
        ("zh-hans", "可能的反讽或不一致", "只给 1 星却在称赞 0.90"),
        ("en", "Likely sarcasm or mismatch", "praise under 1 star 0.90"),
    ],
)
def test_each_row_says_why_it_is_there(
    shop: Shop, cast: Cast, language: str, title: str, reason: str
) -> None:
    praised(shop, 1)
    add_review(shop.phone, "As it should be.", 0.9, rating=5)
    client = Client(headers={"accept-language": language})
    client.force_login(cast.analyst)
    shown = client.get(reverse(ADDRESS)).content.decode()
    assert (title in shown, shown.count(reason), "As it should be." in shown) == (True, 1, False)


def test_a_label_in_place_takes_the_row_off_and_says_so(shop: Shop, analyst: Client) -> None:
    score = praised(shop, 1)
    page = analyst.get(reverse(ADDRESS)).content.decode()
    assert f'hx-post="{reverse("sentiment_correct")}"' in page
    sent = {"review": score.review_id, "label": "negative"}
    answer = analyst.post(reverse("sentiment_correct"), sent, headers={"hx-request": "true"})
    assert "corrected" in answer["HX-Trigger"]
    assert analyst.get(reverse(ADDRESS)).context["rows"] == []


def test_a_label_without_javascript_comes_back_to_the_same_selection(shop: Shop, analyst: Client) -> None:
    score = praised(shop, 1)
    page = analyst.get(reverse(ADDRESS), {"rating": 1, "days": 30})
    sent = {"review": score.review_id, "label": "negative", "next": page.context["next"]}
    answer = analyst.post(reverse("sentiment_correct"), sent)
    assert answer["Location"] == reverse(ADDRESS) + "?days=30&rating=1"


def test_the_address_limits_it_and_its_tab_keeps_the_selection(shop: Shop, analyst: Client) -> None:
    praised(shop, 1)
    assert analyst.get(reverse(ADDRESS), {"rating": 2}).context["rows"] == []
    assert (
        f'{reverse(ADDRESS)}?rating=2"' in analyst.get(reverse("sentiment"), {"rating": 2}).content.decode()
    )


def test_a_page_that_labels_have_emptied_gives_way_to_the_one_before(shop: Shop, analyst: Client) -> None:
    for number in range(mismatch.LENGTH + 1):
        praised(shop, number)
    last = analyst.get(reverse(ADDRESS), {"page": 2})
    assert [len(last.context["rows"]), last.context["next_url"]] == [1, ""]
    SentimentScore.objects.filter(review=last.context["rows"][0]["pk"]).update(corrected=True)
    again = analyst.get(reverse(ADDRESS), {"page": 2})
    assert [again.context["number"], len(again.context["rows"])] == [1, mismatch.LENGTH]
    assert "page" not in again.context["address"]


def test_nonsense_in_the_address_is_no_error(shop: Shop, analyst: Client) -> None:
    assert analyst.get(reverse(ADDRESS), {"page": "9" * 40, "words": "a\0"}).status_code == 200


def test_a_page_costs_a_fixed_number_of_queries(
    shop: Shop, analyst: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(10):
        praised(shop, number)
    analyst.get(reverse(ADDRESS))
    with django_assert_max_num_queries(14):
        analyst.get(reverse(ADDRESS))


def test_the_page_of_a_review_names_what_contradicts(shop: Shop, analyst: Client) -> None:
    score = praised(shop, 1)
    address = reverse("sentiment_review", args=[score.review_id])
    assert "praise under 1 star 0.90" in analyst.get(address).content.decode()
