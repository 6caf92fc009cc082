"""A report of words: looked for on days whose sums are not made yet, and on no more days than need be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.models import RollupDay, SentimentScore
from analytics.services import report
from analytics.services.report import Filters, cells, evidence
from analytics.services.report.rollups import touch
from tests.analytics.scored import Shop, add_review, make_shop, stocked, sum_up

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cells.forget()


@pytest.fixture
def shop() -> Shop:
    """Three reviews whose sums are made, of the day before yesterday and longer ago."""
    shop = make_shop()
    for days in (2, 20, 40):
        add_review(shop.lamp, "The zip holds.", days_ago=days)
    sum_up()
    return shop


def just_scored(shop: Shop, days_ago: int, **fields: Any) -> SentimentScore:
    """As a worker leaves it before the sums are made."""
    score = add_review(shop.lamp, "The zip jammed.", days_ago=days_ago, **fields)
    touch([(score.reviewed_at, score.item_id)])
    return score


def found(**asked: Any) -> list[int]:
    return [one.pk for one in report.reviews_page(Filters.latest(words="zip JAMMED", **asked))]


@pytest.mark.parametrize("days_ago", [0, 2, 10, 60])
def test_a_review_is_found_by_its_words_before_its_day_is_summed(shop: Shop, days_ago: int) -> None:
    score = just_scored(shop, days_ago)
    assert found() == [score.pk]
    figures = report.overview(Filters.latest(words="zip JAMMED"), previous=False)
    assert figures.reviews == 1


def test_it_is_where_nothing_is_summed_at_all() -> None:
    score = just_scored(make_shop(), 0)
    assert found() == found(language="en") == [score.pk]


def test_it_is_where_the_selection_had_nothing_before(shop: Shop) -> None:
    score = just_scored(shop, 0, language="zh")
    assert found(language="zh") == [score.pk]


def test_a_search_that_is_cut_off_still_reaches_today_and_no_further_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "SEARCHED_AMONG", 1)
    today, _long_ago = just_scored(shop, 0), just_scored(shop, 60)
    assert found() == [today.pk]
    assert len(report.reviews_page(Filters.latest(words="zip"))) == 2


def test_with_every_day_summed_no_day_without_such_a_review_is_looked_at(shop: Shop) -> None:
    assert not RollupDay.objects.stale().exists()
    asked = Filters.latest(words="zip", rating=3)
    assert evidence._searched(asked) is None
    searched = evidence._searched(Filters.latest(words="zip"))
    assert searched is not None
    assert searched.start == timezone.localdate() - timedelta(days=40)
    assert searched.end == timezone.localdate() - timedelta(days=2)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads so small a table whole")
def test_days_are_found_by_an_index_and_no_other_day_is_read(shop: Shop) -> None:
    just_scored(shop, 0)
    plan = report.reviews(Filters.latest(words="zip")).explain()
    assert "sentiment_state_recent (state=? AND reviewed_at>? AND reviewed_at<?)" in plan


# -- figures ------------------------------------------------------------------------------------------------


def test_the_figures_of_words_follow_a_correction() -> None:
    stocked()
    asked = Filters.latest(words="battery died")
    assert report.overview(asked, previous=False).net == -1.0
    score = report.reviews(asked)[0]
    SentimentScore.objects.filter(pk=score.pk).update(label="positive", corrected=True)
    touch([(score.reviewed_at, score.item_id)])
    figures = report.overview(asked, previous=False)
    assert (figures.reviews, figures.net) == (4, -0.5)


def test_a_page_of_figures_searches_once_for_reviews_and_once_for_aspects() -> None:
    stocked()
    asked = Filters.latest(words="day")
    with CaptureQueriesContext(connection) as seen:
        report.overview(asked, previous=False)
        report.trend(asked)
        report.impact(asked)
        for by in report.BYS:
            report.breakdown(asked, by)
    assert sum("LIKE" in one["sql"].upper() for one in seen) == 2


def test_terms_among_reviews_with_words_are_theirs_alone() -> None:
    stocked()
    terms = [
        {one.term for one in report.telling_terms(Filters.latest(words=words))} for words in ("day", "light")
    ]
    assert "battery" in terms[0]
    assert "battery" not in terms[1]
