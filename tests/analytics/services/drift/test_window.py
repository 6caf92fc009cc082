"""Where "lately" begins."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.services.drift.window import Stream, Window, newest
from recommender.models import ImportBatch, Item
from tests.analytics.services.drift.conftest import NOW, Upload

pytestmark = pytest.mark.django_db


def window() -> Window:
    found = newest(Stream(Item.objects.available(), "created_at"), NOW)
    assert found is not None
    return found


def test_nothing_at_all_is_no_window() -> None:
    assert newest(Stream(Item.objects.available(), "created_at"), NOW) is None


def test_what_came_in_the_last_day_is_held_against_what_came_before(upload: Upload) -> None:
    old = upload(80, hours_ago=48)
    new = upload(60, hours_ago=3, as_upload=False)
    found = window()
    assert found.new.tolist() == [item.pk for item in new]
    assert found.old.tolist() == [item.pk for item in old]
    assert found.is_enough


def test_a_quiet_day_takes_the_last_fifty_whatever_their_age(upload: Upload) -> None:
    upload(200, hours_ago=96)
    new = upload(70, hours_ago=60, as_upload=False)
    assert window().new.tolist() == [item.pk for item in new[-50:]]


def test_a_small_upload_of_today_is_not_lost_among_a_large_one(upload: Upload) -> None:
    upload(300, hours_ago=5)
    new = upload(60, hours_ago=1)
    found = window()
    assert found.new.tolist() == [item.pk for item in new]
    assert len(found.old) == 300


def test_the_only_upload_is_never_compared_with_its_own_end(upload: Upload) -> None:
    upload(700, hours_ago=1)
    found = window()
    assert len(found.old) == 0
    assert len(found.new) == 500  # sampled
    assert not found.is_enough


def test_an_upload_that_is_still_being_read_is_one(upload: Upload) -> None:
    old = upload(100, hours_ago=2)
    upload(120, hours_ago=1)
    ImportBatch.objects.order_by("-created_at").first().delete()
    batch = ImportBatch.objects.create(filename="b.csv", path="b.csv", state="running")
    ImportBatch.objects.filter(pk=batch.pk).update(created_at=NOW - timedelta(hours=1))
    found = window()
    assert len(found.new) == 120
    assert len(found.old) == len(old)


def test_a_tiny_upload_does_not_make_a_window_of_its_own(upload: Upload) -> None:
    upload(100, hours_ago=48)
    upload(60, hours_ago=4)
    upload(5, hours_ago=1)
    assert len(window().new) == 65


def test_the_sample_is_the_same_each_time(upload: Upload) -> None:
    upload(2_300, hours_ago=48)
    upload(60, hours_ago=1)
    assert window().old.tolist() == window().old.tolist()
    assert len(window().old) == 2_000
