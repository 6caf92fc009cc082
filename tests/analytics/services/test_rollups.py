"""Sums follow the scores: what is touched is summed anew, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from analytics.models import RollupDay, RollupSegment
from analytics.services import report
from analytics.services.report import rollups
from analytics.services.report.rollups import rebuild_rollups, refresh_rollups, touch
from recommender.errors import RecommenderError
from tests.analytics.services.scored import LAST_90, NOW, counting, scored, shop

pytestmark = pytest.mark.django_db
Touch = Callable[[object], None]


def brought_up_to_date(*scores: object) -> None:
    touch((score.reviewed_at, score.item_id) for score in scores)  # type: ignore[attr-defined]
    refresh_rollups()


def counted() -> int:
    return report.overview(LAST_90, previous=False).reviews


def test_a_scored_review_is_counted_once_its_day_is_summed() -> None:
    score = scored(shop()["items"][0])
    assert counted() == 0
    brought_up_to_date(score)
    assert counted() == 1


def test_summing_twice_changes_nothing() -> None:
    score = scored(shop()["items"][0])
    brought_up_to_date(score)
    brought_up_to_date(score)
    assert refresh_rollups() == 0
    assert counted() == 1


def test_a_correction_moves_the_review_to_its_new_label() -> None:
    score = scored(shop()["items"][0], "negative")
    brought_up_to_date(score)
    score.label, score.corrected = "positive", True
    score.save()
    brought_up_to_date(score)
    assert report.overview(LAST_90).net == 1.0


def test_a_deleted_review_is_no_longer_counted() -> None:
    item = shop()["items"][0]
    gone, _stays = scored(item), scored(item)
    brought_up_to_date(gone)
    gone.review.delete()
    refresh_rollups()
    assert counted() == 1


def test_reviews_go_with_their_item() -> None:
    items = shop()["items"]
    brought_up_to_date(scored(items[0]), scored(items[1], days_ago=40))
    items[1].delete()
    refresh_rollups()
    assert counted() == 1


def test_a_day_without_reviews_keeps_no_segment() -> None:
    score = scored(shop()["items"][0])
    brought_up_to_date(score)
    score.delete()
    refresh_rollups()
    assert not RollupSegment.objects.exists()


def test_only_touched_days_are_summed_anew() -> None:
    item = shop()["items"][0]
    first, second = scored(item, days_ago=3), scored(item, days_ago=9)
    brought_up_to_date(first, second)
    untouched = RollupSegment.objects.get(cube="reviews", grain="day", start=second.reviewed_at.date())
    brought_up_to_date(first)
    assert RollupSegment.objects.filter(version=untouched.version).exists()


def test_a_whole_month_is_read_from_one_segment() -> None:
    item = shop()["items"][0]
    scores = [scored(item, days_ago=n) for n in range(20, 48)]  # all of February 2026
    brought_up_to_date(*scores)
    RollupSegment.objects.filter(grain="day").delete()
    february = report.Filters(date(2026, 2, 1), date(2026, 2, 28))
    assert report.overview(february, previous=False).reviews == 28


def test_what_is_touched_while_its_day_is_summed_stays_to_be_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    score = scored(shop()["items"][0])
    touch([(score.reviewed_at, score.item_id)])
    read = rollups.read_day

    def interrupted(day: date, known: dict[str, int] | None = None) -> object:
        rows = read(day, known)
        touch([(score.reviewed_at, score.item_id)])
        return rows

    monkeypatch.setattr(rollups, "read_day", interrupted)
    refresh_rollups()
    assert RollupDay.objects.stale().count() == 1


def test_an_older_sum_does_not_replace_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    item = shop()["items"][0]
    touch([(scored(item).reviewed_at, item.pk)])
    read = rollups.read_day
    overtaken = []

    def slow(day: date, known: dict[str, int] | None = None) -> object:
        rows = read(day, known)
        if not overtaken:
            overtaken.append(True)
            brought_up_to_date(scored(item))  # another worker, meanwhile
        return rows

    monkeypatch.setattr(rollups, "read_day", slow)
    refresh_rollups()
    assert counted() == 2


def test_days_are_those_of_the_time_zone_of_the_site(settings: object) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"  # type: ignore[attr-defined]
    timezone.get_default_timezone.cache_clear()
    try:
        late = datetime(2026, 3, 19, 20, tzinfo=UTC)  # 4 o'clock on the 20th in Shanghai
        score = scored(shop()["items"][0], reviewed_at=late)
        brought_up_to_date(score)
        day = report.Filters(date(2026, 3, 20), date(2026, 3, 20))
        assert report.overview(day, previous=False).reviews == 1
        hours = [point.start.hour for point in report.trend(day, "hour") if point.reviews]
        assert hours == [4]
    finally:
        settings.TIME_ZONE = "UTC"  # type: ignore[attr-defined]
        timezone.get_default_timezone.cache_clear()


def test_the_command_sums_everything_anew() -> None:
    items = shop()["items"]
    for n in range(6):
        scored(items[n % 4], days_ago=20 * n)
    said = StringIO()
    call_command("rebuild_rollups", stdout=said)
    assert "6 days summed" in said.getvalue()
    assert counted() == len(counting(LAST_90)) == 5


def test_a_rebuild_forgets_what_nobody_scored() -> None:
    score = scored(shop()["items"][0], days_ago=1)
    brought_up_to_date(score)
    type(score).objects.filter(pk=score.pk).update(reviewed_at=NOW - timedelta(days=2))  # behind our back
    assert rebuild_rollups(say=lambda text: None) == 1
    assert [point.start.day for point in report.trend(LAST_90) if point.reviews] == [18]


def test_damaged_sums_say_how_to_mend_them() -> None:
    brought_up_to_date(scored(shop()["items"][0]))
    RollupSegment.objects.update(data=b"short")
    with pytest.raises(RecommenderError, match="rebuild_rollups"):
        report.overview(LAST_90)
