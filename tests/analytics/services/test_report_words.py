"""A report of words: looked for on days whose sums are not made yet, and in no more reviews than need be."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.models import SentimentScore
from analytics.services import report
from analytics.services.report import Filters, evidence, kept
from analytics.services.report.names import Kind, codes, named
from analytics.services.report.rollups import rebuild_rollups, refresh_rollups, touch
from tests.analytics.scored import Shop, add_review, make_shop, stocked, sum_up

pytestmark = pytest.mark.django_db
ON_SQLITE = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL reads so small a table whole"
)


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    kept.forget()


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


def a_day(days_ago: int) -> date:
    return timezone.localdate() - timedelta(days=days_ago)


def noon(days_ago: int) -> datetime:
    """When ``add_review`` has reviews written."""
    day = a_day(days_ago)
    return timezone.make_aware(datetime(day.year, day.month, day.day, 12))


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


# -- how far back -------------------------------------------------------------------------------------------


@pytest.fixture
def cut(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Words are looked for in the newest three of these five: of today, and of the two days before it."""
    monkeypatch.setattr(evidence, "SEARCHED_AMONG", 3)
    just_scored(shop, 0, rating=1)
    add_review(shop.phone, "The zip jammed.", -0.9, days_ago=1, aspects=[("zip", -0.9)])
    sum_up()
    return shop


ZIP = "zip"


def test_a_search_that_is_cut_off_still_reaches_today_and_no_further_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "SEARCHED_AMONG", 1)
    today, _long_ago = just_scored(shop, 0), just_scored(shop, 60)
    assert found() == [today.pk]


def test_a_day_with_more_reviews_than_are_looked_through_is_not_looked_through_whole(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "SEARCHED_AMONG", 2)
    for hour in range(4):
        just_scored(shop, 1, reviewed_at=noon(1) + timedelta(hours=hour))
    assert report.searched_since(Filters.latest(words=ZIP)) == noon(1) + timedelta(hours=2)
    assert len(found()) == 2


def test_as_many_reviews_as_are_looked_through_are_the_whole(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "SEARCHED_AMONG", 3)
    assert report.searched_since(Filters.latest(words=ZIP)) is None
    just_scored(shop, 0)
    assert report.searched_since(Filters.latest(words=ZIP)) == noon(20)


def test_how_far_back_depends_on_the_period_alone(cut: Shop) -> None:
    for limit in ({}, {"rating": 1}, {"item": cut.phone.pk}, {"aspect": "zip"}, {"label": "negative"}):
        assert report.searched_since(Filters.latest(words=ZIP, **limit)) == noon(2)
    assert report.searched_since(Filters.latest(words="", item=cut.phone.pk)) is None


@pytest.mark.parametrize("by", report.BYS)
def test_every_number_of_a_breakdown_opens_as_many_reviews(cut: Shop, by: report.By) -> None:
    """A narrower selection would reach further back, had it a newest few of its own."""
    filters = Filters.latest(words=ZIP)
    slices = report.breakdown(filters, by)
    assert slices
    for one in slices:
        narrower = filters.replace(**{by: one.key})
        assert len(report.reviews_page(narrower)) == report.reviews(narrower).count() == one.reviews
        assert report.overview(narrower, previous=False).reviews == one.reviews


def test_the_figures_are_the_same_before_and_after_their_days_are_summed(cut: Shop) -> None:
    add_review(cut.phone, "The zip broke.", days_ago=0)
    touch([(noon(0), cut.phone.pk)])
    filters = Filters.latest(words=ZIP)

    def told() -> Any:
        kept.forget()
        listed = [one.pk for one in report.reviews_page(filters)]
        return (
            report.overview(filters),
            report.trend(filters),
            list(report.breakdown(filters, "item")),
            listed,
        )

    before = told()
    assert refresh_rollups() == 1
    assert told() == before
    assert before[0].reviews == len(before[3]) == 3


def test_what_is_kept_follows_a_rebuild_of_sums(shop: Shop) -> None:
    """A score that was changed behind the back of the sums, as by hand in the database."""
    filters = Filters.latest(words=ZIP)
    assert report.overview(filters, previous=False).reviews == 3
    SentimentScore.objects.filter(reviewed_at=noon(2)).update(state="failed")
    add_review(shop.phone, "No such word.", days_ago=2)
    rebuild_rollups()
    assert report.overview(filters, previous=False).reviews == 2


def test_the_trend_of_a_search_that_is_cut_off_begins_where_it_does(cut: Shop) -> None:
    points = report.trend(Filters.latest(30, words=ZIP), "day")
    assert [(point.start.date(), point.reviews) for point in points] == [
        (a_day(2), 1),
        (a_day(1), 1),
        (a_day(0), 1),
    ]
    assert len(report.trend(Filters.latest(30), "day")) == 30


def test_nothing_is_told_of_the_period_before_where_either_is_cut_off(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    filters = Filters.latest(10, words=ZIP)
    for days in (0, 3, 11, 12, 13, 14):
        just_scored(shop, days)
    sum_up()
    assert report.overview(filters).previous is not None
    monkeypatch.setattr(evidence, "SEARCHED_AMONG", 3)
    assert report.searched_since(filters) is None
    assert report.searched_since(filters.previous()) is not None
    assert report.overview(filters).previous is None
    assert report.overview(filters.replace(words="")).previous is not None
    monkeypatch.setattr(evidence, "SEARCHED_AMONG", 2)
    assert report.overview(filters).previous is None


# -- plans --------------------------------------------------------------------------------------------------


@ON_SQLITE
def test_how_far_back_is_read_off_an_index_alone(shop: Shop) -> None:
    plan = evidence._moments(Filters.latest(words=ZIP))[19_999:20_001].explain()
    assert "USING COVERING INDEX sentiment_state_recent (state=? AND reviewed_at>? AND reviewed_at<?)" in plan
    assert "TEMP B-TREE" not in plan


@ON_SQLITE
def test_reviews_are_found_by_an_index_and_none_outside_of_the_time_is_read(shop: Shop) -> None:
    just_scored(shop, 0)
    plan = report.reviews(Filters.latest(words=ZIP)).explain()
    assert "sentiment_state_recent (state=? AND reviewed_at>? AND reviewed_at<?)" in plan


@ON_SQLITE
def test_reviews_of_an_item_are_found_by_an_index_without_a_look_at_those_of_others(shop: Shop) -> None:
    plan = report.reviews(Filters.latest(365, item=1)).explain()
    assert "sentiment_item_recent (state=? AND item_id=? AND reviewed_at>? AND reviewed_at<?)" in plan


@ON_SQLITE
def test_a_sparse_selection_is_told_apart_by_the_index_alone(shop: Shop) -> None:
    sparse = Filters.latest(365, rating=3, language="zh", channel="image", label="positive", category=1)
    plan = report.reviews(sparse).values_list("pk").explain()
    assert "USING COVERING INDEX sentiment_state_recent" in plan


@ON_SQLITE
def test_names_are_looked_up_by_their_number_and_not_among_all_of_their_kind(shop: Shop) -> None:
    with CaptureQueriesContext(connection) as seen:
        named(Kind.TERM, range(1, 101))
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {seen[0]['sql']}")
        plan = " ".join(str(row[-1]) for row in cursor.fetchall())
    assert "USING INTEGER PRIMARY KEY" in plan


def test_a_number_of_another_kind_has_no_name(db: None) -> None:
    numbers = codes(Kind.ASPECT, {"price"}) | codes(Kind.TERM, {"cheap"})
    assert named(Kind.TERM, numbers.values()) == {numbers["cheap"]: "cheap"}


def test_texts_of_reviews_that_have_the_words_are_not_fetched_for_figures(shop: Shop) -> None:
    filters = Filters.latest(words=ZIP)
    with CaptureQueriesContext(connection) as seen:
        report.overview(filters, previous=False)
        report.breakdown(filters, "aspect")
    fetched = [one["sql"].partition(" FROM ")[0] for one in seen if "LIKE" in one["sql"].upper()]
    assert len(fetched) == 2
    assert not [one for one in fetched if '"text"' in one or '"heard"' in one]


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


def test_the_reviews_behind_a_term_have_the_words_too_before_any_day_is_summed() -> None:
    shop = make_shop()
    wanted = just_scored(shop, 1)
    add_review(shop.lamp, "It jammed.", days_ago=0)
    listed = report.reviews_page(Filters.latest(words=ZIP), term="jammed")
    assert [one.pk for one in listed] == [wanted.pk]
    assert report.reviews_page(Filters.latest(words=ZIP), 2, term="jammed") == []
