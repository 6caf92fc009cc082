"""The queue of reviews to check, second opinions given there, and disagreements settled."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from analytics.models import Correction, SentimentScore
from analytics.services import corrections
from recommender.models import Review
from tests.analytics.scored import add_review, make_shop, sum_up
from tests.analytics.services.fakes import add_medium
from tests.conftest import Cast
from tests.services.shop import tone

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


BLIND = {
    "zh-hans": "给出你的意见之后，才会显示其他人对这条评论的判断。",
    "en": "what others said of this review is shown once you have given yours.",
}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_review_shows_no_label_of_others_before_the_second_opinion_and_all_after_it(
    score: SentimentScore, cast: Cast, language: str
) -> None:
    Review.objects.filter(pk=score.review_id).update(text="")
    voice = add_medium(score.review, "audio", tone(220), duration=0.5)
    client, page = signed_in(cast.superuser, language), reverse("sentiment_review", args=[score.review_id])
    assert f'href="{page}">' in client.get(reverse("sentiment_queue")).content.decode()
    shown = client.get(page).content.decode()
    assert BLIND[language] in shown
    assert f'<audio id="voice-{voice.pk}"' in shown
    for part in ("sarcasm", "anna", " checked>", 'class="label label-negative"', 'id="trail"'):
        assert part not in shown
    assert '<input type="hidden" name="second_opinion" value="1">' in shown
    said(client, score, "positive", second_opinion="1")
    shown = client.get(page).content.decode()
    assert BLIND[language] not in shown
    for part in ("sarcasm", "anna", " checked>", 'class="label label-negative"', 'id="trail"'):
        assert part in shown


def test_who_was_not_asked_sees_the_label(score: SentimentScore, cast: Cast) -> None:
    shown = signed_in(cast.superuser).get(reverse("sentiment_review", args=[score.review_id]))
    assert "sarcasm" in shown.content.decode()


def test_lists_show_no_label_to_whose_second_opinion_is_asked_for(score: SentimentScore, cast: Cast) -> None:
    sum_up()
    client = signed_in(cast.superuser)
    assert "label-negative" in client.get(reverse("sentiment_reviews")).content.decode()
    client.get(reverse("sentiment_queue"))
    shown = client.get(reverse("sentiment_reviews")).content.decode()
    assert "label-negative" not in shown
    assert "Second opinion" in shown


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
