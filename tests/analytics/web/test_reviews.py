"""The reviews behind a number, a page at a time."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.analytics.scored import add_review, make_shop, sum_up
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(cast: Cast) -> Any:
    """The context of a page of 30 reviews of one item by 30 people, for what the address asks."""
    item = make_shop().lamp
    for number in range(30):
        score = add_review(item, "Very good <b>lamp</b>" if number % 2 else "Bad", (number - 15) / 15)
        author = User.objects.create(username=f"rita-{number}")
        type(score.review).objects.filter(pk=score.review_id).update(user=author)
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


def test_words_are_found_whatever_their_case_and_shown_as_they_are(page: Any) -> None:
    answer = page(q="VERY good <b>")
    assert len(answer.context["rows"]) == 15
    assert b"Very good &lt;b&gt;lamp" in answer.content


@pytest.mark.parametrize(
    "asked", [{"q": "a\0"}, {"page": "9" * 40}, {"alert": "9" * 40}, {"item": str(2**63)}]
)
def test_nonsense_in_the_address_is_no_error(page: Any, asked: dict[str, str]) -> None:
    assert page(**asked).status_code == 200


@pytest.mark.parametrize("number", [2**63, 10**30])
def test_a_review_of_an_impossible_number_is_not_found(cast: Cast, client: Client, number: int) -> None:
    client.force_login(cast.analyst)
    assert client.get(reverse("sentiment_review", args=[number])).status_code == 404
