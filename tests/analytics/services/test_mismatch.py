"""Likely sarcasm and mismatch: what is listed, in which order, and for which reasons."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import translation

from analytics.contracts import LABELS
from analytics.engine.sentiment.disagreement import star_gap
from analytics.models import AspectScore, SentimentScore
from analytics.services import corrections, mismatch, scoring
from analytics.services.report import Filters
from recommender.engine.demo.world import build_world
from recommender.models import Item, Review
from tests.analytics.services.fakes import make_item, make_review
from tests.analytics.services.scored import LAST_90, scored
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def item() -> Item:
    return make_item()


def read(item: Item, text: float | None, rating: int | None = None, **fields: Any) -> SentimentScore:
    """A review whose words are read as ``text`` says."""
    said = {"text_polarity": text, "model_polarity": text or 0.0, "rating": rating} | fields
    number = User.objects.count()
    score = scored(item, "positive" if (text or 0) > 0 else "negative", **said)
    Review.objects.filter(pk=score.review_id).update(user=User.objects.create(username=f"w{number}"))
    return score


def codes(score: SentimentScore) -> list[str]:
    return [one.code for one in mismatch.reasons(score)]


# -- the figure ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rating", [None, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("polarity", [-0.9, 0.0, 0.9])
def test_the_database_keeps_the_wider_of_disagreement_and_star_gap(
    item: Item, rating: int | None, polarity: float
) -> None:
    score = read(item, polarity, rating, disagreement=0.3)
    score.refresh_from_db()
    assert score.mismatch == pytest.approx(max(0.3, star_gap(rating, polarity)))


def test_where_there_are_no_words_stars_stand_against_everything_read(item: Item) -> None:
    score = read(item, None, 1, model_polarity=0.8, channels="image")
    score.refresh_from_db()
    assert score.mismatch == pytest.approx(0.8)


def test_the_figure_follows_stars_that_are_changed(item: Item) -> None:
    score = read(item, 0.9, 5)
    SentimentScore.objects.filter(pk=score.pk).update(rating=1)
    score.refresh_from_db()
    assert score.mismatch == pytest.approx(0.9)


def test_stars_leave_the_disagreement_of_the_scorer_alone() -> None:
    review = make_review("It is a good thing, good and good.", rating=1)
    scoring.score_pending()
    score = SentimentScore.objects.get(review=review)
    assert score.mismatch > mismatch.LIKELY > score.disagreement


# -- the list -----------------------------------------------------------------------------------------------


def test_glowing_praise_under_low_stars_stands_before_what_is_lukewarm_or_mixed(item: Item) -> None:
    sarcastic = [read(item, 0.75 + number / 100, 1 + number % 2) for number in range(20)]
    for number in range(20):
        read(item, 0.4, 3)
        read(item, 0.1 + number / 200, 2)
        read(item, 0.2, 1)
        read(item, 0.1, disagreement=0.5)  # words that pull both ways, without stars
        read(item, 0.9, 5)
    assert {one.pk for one in mismatch.likely(LAST_90)[:20]} == {one.pk for one in sarcastic}


def test_sarcasm_of_the_demo_world_fills_the_first_rows() -> None:
    """Read by the shipped scorer, with the stars and nothing else to tell it by."""
    planted = build_world(items=60, people=60, events=400, reviews=1200).reviews
    item = make_item()
    people = User.objects.bulk_create(User(username=f"p{number}") for number in range(len(planted)))
    made = Review.objects.bulk_create(
        Review(item=item, user=user, text=one.text, language=one.language, rating=one.rating)
        for user, one in zip(people, planted, strict=True)
    )
    while scoring.score_pending(seconds=60):
        pass
    sarcastic = {review.pk for review, one in zip(made, planted, strict=True) if one.sarcastic}
    first = [one.review_id for one in mismatch.likely(Filters.latest())[:20]]
    assert len(sarcastic) > 20
    assert len(sarcastic & set(first)) >= 15


def test_it_is_of_the_selection_alone(item: Item) -> None:
    inside, other = read(item, 0.9, 1, language="en"), read(item, 0.95, 1, language="zh")
    read(item, 0.9, 1, days_ago=120)
    assert [one.pk for one in mismatch.likely(LAST_90)] == [other.pk, inside.pk]
    assert [one.pk for one in mismatch.likely(replace(LAST_90, language="en"))] == [inside.pk]


def test_what_was_corrected_leaves_it_until_that_is_taken_back(item: Item, cast: Cast) -> None:
    score = read(item, 0.9, 1)
    corrections.correct(cast.analyst, [score.review_id], LABELS[0], "irony")
    assert not mismatch.likely(LAST_90).exists()
    corrections.undo(cast.analyst, score.review.corrections.get().pk)
    assert mismatch.likely(LAST_90).exists()


# -- the reasons --------------------------------------------------------------------------------------------

PRAISED, BLAMED = [0.02, 0.05, 0.93], [0.93, 0.05, 0.02]


@pytest.mark.parametrize(
    ("channels", "reason"),
    [
        ({"text": PRAISED, "speech": BLAMED}, "voice against words"),
        ({"text": PRAISED, "image": BLAMED}, "photo against words"),
        ({"image": PRAISED, "speech": BLAMED}, "photo against voice"),
    ],
)
def test_channels_that_contradict_each_other_are_named(
    item: Item, channels: dict[str, list[float]], reason: str
) -> None:
    assert codes(read(item, 0.9, 5, details={"channels": channels})) == [reason]


def test_what_was_written_is_told_from_what_was_heard(item: Item) -> None:
    mixed = [0.475, 0.05, 0.475]
    heard = {"probabilities": BLAMED, "share": 0.5, "words": []}
    score = read(item, 0.0, details={"channels": {"text": mixed}, "heard": [heard]})
    assert codes(score) == ["heard against written"]


def test_words_that_pull_both_ways_are_named(item: Item) -> None:
    score = read(item, 0.0, details={"words": [["great", 0, 5, 0.8], ["poor", 6, 10, -0.8]]})
    assert codes(score) == ["words both ways"]
    other = read(item, 0.0)
    for name, polarity in (("price", 0.7), ("battery", -0.7)):
        AspectScore.objects.create(score=other, aspect=name, polarity=polarity)
    assert codes(other) == ["words both ways"]


def test_the_widest_contradiction_is_named_first(item: Item) -> None:
    details = {"channels": {"text": PRAISED, "speech": [0.6, 0.3, 0.1]}}
    assert codes(read(item, 0.91, 1, details=details)) == ["praise under low stars", "voice against words"]


def test_a_review_in_keeping_with_itself_has_no_reason(item: Item) -> None:
    details = {"channels": {"text": PRAISED, "speech": PRAISED}, "words": [["great", 0, 5, 0.8]]}
    assert codes(read(item, 0.9, 5, details=details)) == []


@pytest.mark.parametrize(
    ("language", "praise", "blame"),
    [
        ("zh-hans", "只给 1 星却在称赞", "给了 5 星却在批评"),
        ("en", "praise under 1 star", "blame under 5 stars"),
    ],
)
def test_reasons_are_told_in_the_language_of_the_reader(
    item: Item, language: str, praise: str, blame: str
) -> None:
    with translation.override(language):
        told = [str(mismatch.reasons(read(item, *said))[0]) for said in ((0.9, 1), (-0.9, 5))]
    assert told == [praise, blame]
