"""Levels of the pipeline, with planted rows and a clock of the test's own."""

from __future__ import annotations

import pytest
from django.utils import timezone

from analytics.services.monitoring import levels_pipeline
from analytics.services.monitoring.levels_pipeline import Pace, seconds_left
from recommender.models import EncoderSpace, Job, Media
from recommender.services import encoding_job
from tests.analytics.services.monitoring.levels.conftest import Said, make_item, make_space, make_vector

pytestmark = pytest.mark.django_db
NOW = 1_700_000_000.0


def test_items_media_and_jobs_are_counted_by_state(said: Said) -> None:
    make_item(1)
    item = make_item(2, availability="retired")
    for state in ("ready", "ready", "failed"):
        Media.objects.create(item=item, kind="image", state=state)
    Job.objects.create(kind="import", state="running")
    Job.objects.create(kind="import", state="done")
    levels_pipeline.take_pipeline(NOW)
    assert said("mmsite_catalogue_items") == {("available",): 1.0, ("retired",): 1.0}
    assert said("mmsite_catalogue_media") == {("image", "ready"): 2.0, ("image", "failed"): 1.0}
    assert said("mmsite_jobs_unfinished") == {("import", "running"): 1.0}


def test_vectors_are_counted_in_the_spaces_that_are_filled(space: EncoderSpace, said: Said) -> None:
    item = make_item(1)
    make_vector(space, item)
    make_vector(make_space("shadow"), item, state="claimed")
    make_vector(make_space("retired"), item)
    levels_pipeline.take_pipeline(NOW)
    assert said("mmsite_embeddings") == {
        ("active", "text", "ready"): 1.0, ("shadow", "text", "claimed"): 1.0,
    }  # fmt: skip


def test_what_waits_is_what_has_no_vector_or_is_not_prepared(space: EncoderSpace, said: Said) -> None:
    make_vector(space, make_item(1))
    make_vector(space, make_item(2), state="claimed")
    item = make_item(3)
    Media.objects.create(item=item, kind="image", state="pending")
    Media.objects.create(item=item, kind="image", state="ready")
    levels_pipeline.take_pipeline(NOW)
    # Words of the third, its picture that is ready, and the one that a worker is at.
    assert said("mmsite_pipeline_waiting") == {("media",): 1.0, ("vectors",): 3.0}


def test_speed_and_time_left_come_from_what_was_settled(space: EncoderSpace, said: Said) -> None:
    items = [make_item(number) for number in range(10)]
    make_vector(space, items[0])
    levels_pipeline.take_pipeline(NOW)
    assert ("vectors",) not in said("mmsite_pipeline_eta_seconds")
    for one in items[1:5]:
        make_vector(space, one)
    levels_pipeline.take_pipeline(NOW + 40)
    assert said("mmsite_pipeline_settled_per_second")["vectors",] == pytest.approx(0.1)
    assert said("mmsite_pipeline_eta_seconds")["vectors",] == pytest.approx(50)


def test_while_encoding_rests_there_is_no_time_left_to_tell(space: EncoderSpace, said: Said) -> None:
    make_item(1)
    make_vector(space, make_item(2))
    levels_pipeline.take_pipeline(NOW)
    make_vector(space, make_item(3))
    Job.objects.create(kind=encoding_job.KIND, state="cancelled", finished_at=timezone.now())
    levels_pipeline.take_pipeline(NOW + 30)
    assert ("vectors",) not in said("mmsite_pipeline_eta_seconds")


def test_a_pace_is_that_of_the_last_ten_minutes() -> None:
    pace = Pace()
    for minute in range(31):
        pace.note(NOW + 60 * minute, 600 * min(minute, 15))
    assert pace.per_second == 0.0
    pace.note(NOW + 60 * 31, 600 * 16)
    assert pace.per_second == pytest.approx(1.0)


def test_rows_that_were_removed_are_no_negative_speed() -> None:
    pace = Pace()
    for second, count in ((0, 100), (10, 20), (20, 40)):
        pace.note(NOW + second, count)
    assert pace.per_second == pytest.approx(2.0)


def test_nothing_is_left_when_nothing_waits_and_unknown_while_nothing_moves() -> None:
    assert seconds_left(0, None) == 0.0
    assert seconds_left(5, 0.0) is None
    assert seconds_left(5, None) is None
    assert seconds_left(5, 2.0) == 2.5
