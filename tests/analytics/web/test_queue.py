"""The queue of reviews to check, second opinions given there, and disagreements settled."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from analytics.models import Correction, SentimentScore
from analytics.services import corrections
from tests.analytics.scored import add_review, make_shop
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "unscored", "labelled"),
    [
        ("zh-hans", "尚无已评分的评论。", "有帮助的评论都已标注。"),
        ("en", "No review has been scored yet.", "Every review that would help has been labelled."),
    ],
)
def test_before_anything_is_scored_it_does_not_say_that_all_is_labelled(
    cast: Cast, language: str, unscored: str, labelled: str
) -> None:
    client = Client(headers={"accept-language": language})
    client.force_login(cast.analyst)
    shown = client.get(reverse("sentiment_queue")).content.decode()
    assert shown.count(unscored) == 2  # in the place of the list, and at the foot
    assert labelled not in shown


# -- second opinions ----------------------------------------------------------------------------------------


@pytest.fixture
def score(cast: Cast) -> SentimentScore:
    """The only review there is; an analyst says that it is negative."""
    score = add_review(make_shop().lamp, "A lamp of a kind.", 0.8)
    corrections.correct(cast.analyst, [score.review_id], "negative", "sarcasm")
    return score


def signed_in(someone: Any, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(someone)
    return client


def said(client: Client, score: SentimentScore, label: str, **more: str) -> list[str]:
    given = {"review": score.review_id, "label": label, **more}
    return [str(one) for one in get_messages(client.post(reverse("sentiment_correct"), given).wsgi_request)]


@pytest.mark.parametrize(
    ("language", "label", "told"),
    [
        ("zh-hans", "positive", "你的复核意见已保存；anna 与你意见不同。"),
        ("en", "positive", "Your second opinion is kept; anna and you disagree."),
        ("en", "negative", "Your second opinion is kept; anna and you agree."),
    ],
)
def test_a_label_given_in_the_row_of_a_second_opinion_is_one_and_says_so(
    score: SentimentScore, cast: Cast, language: str, label: str, told: str
) -> None:
    client = signed_in(cast.superuser, language)
    shown = client.get(reverse("sentiment_queue")).content.decode()
    assert '<input type="hidden" name="second_opinion" value="1">' in shown
    assert "data-pick " not in shown  # it cannot be labelled with others at once
    assert said(client, score, label, second_opinion="1") == [told]
    score.refresh_from_db()
    assert score.label == "negative"


def test_a_label_given_elsewhere_counts_although_the_queue_was_looked_at(
    score: SentimentScore, cast: Cast
) -> None:
    client = signed_in(cast.superuser)
    client.get(reverse("sentiment_queue"))
    assert said(client, score, "positive") == ["1 review is positive now."]
    score.refresh_from_db()
    assert score.label == "positive"


def test_a_second_opinion_that_was_not_asked_for_is_refused(score: SentimentScore, cast: Cast) -> None:
    (told,) = said(signed_in(cast.superuser), score, "positive", second_opinion="1")
    assert "not asked for" in told
    assert Correction.objects.count() == 1


# -- disagreements ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "heading", "settled"),
    [
        ("zh-hans", "未解决的分歧", "已裁定：这条评论为中性。"),
        ("en", "Open disagreements", "Settled: the review is neutral."),
    ],
)
def test_a_disagreement_is_reached_from_the_queue_and_settled(
    score: SentimentScore, cast: Cast, language: str, heading: str, settled: str
) -> None:
    second = signed_in(cast.superuser)
    second.get(reverse("sentiment_queue"))
    said(second, score, "positive", second_opinion="1", reason="I like it")
    client, address = signed_in(cast.analyst, language), reverse("sentiment_disagreements")
    assert f'href="{address}"' in client.get(reverse("sentiment_queue")).content.decode()
    shown = client.get(address).content.decode()
    for part in (f"<h1>{heading}</h1>", "A lamp of a kind.", "sarcasm", "I like it", "anna", "root"):
        assert part in shown
    given = {"label": "neutral", "reason": "neither"}
    answer = client.post(reverse("sentiment_settle", args=[score.review_id]), given)
    assert [str(one) for one in get_messages(answer.wsgi_request)] == [settled]
    score.refresh_from_db()
    assert score.label == "neutral"
    assert "A lamp of a kind." not in client.get(address).content.decode()


@pytest.mark.parametrize("given", [{"label": "angry", "reason": "so"}, {"label": "neutral", "reason": " "}])
def test_what_settles_nothing_is_told(score: SentimentScore, cast: Cast, given: dict[str, str]) -> None:
    answer = signed_in(cast.analyst).post(reverse("sentiment_settle", args=[score.review_id]), given)
    assert len(list(get_messages(answer.wsgi_request))) == 1
    assert Correction.objects.count() == 1
