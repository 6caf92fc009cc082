"""Faults planted among those who work: each turns its light, is named, and is gone after the remedy."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from analytics.models import AuditEntry, PausedQueue
from analytics.services.monitoring import lights, silent_worker
from analytics.services.monitoring.lights import Level
from analytics.services.monitoring.media_storage import forget_storage
from analytics.services.monitoring.periodic import KEY as PERIODIC
from recommender.models import Item, Job, Media
from recommender.models.telling import kept, translated
from recommender.said import Said, say
from recommender.services import stored
from recommender.services.redis_link import shared_redis
from tests.analytics.services.monitoring.planted import (
    NODES,
    NOW,
    all_is_well,
    beat,
    looked,
    moment,
    send,
    take,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _well() -> None:
    all_is_well()


@pytest.mark.parametrize("part", ["workers", "queues", "periodic", "media", "jobs"])
def test_where_nothing_is_planted_the_light_is_green(part: str) -> None:
    light = looked(part)
    assert (light.level, str(light.remedy)) == (Level.GREEN, "")


# -- workers -----------------------------------------------------------------------------------------------


def test_a_killed_worker_turns_its_light_within_a_minute_and_is_named() -> None:
    later = NOW + 20
    for queue in ("query", "default", "imports"):
        beat(queue, later)
    light = looked("workers", later)
    assert light.level is Level.RED
    assert "encode@here" in str(light.reason)
    assert "20 s ago" in str(light.reason)
    assert "manage.py serve" in str(light.remedy)
    beat("encode", later, pid=101)
    assert looked("workers", later).level is Level.GREEN


def test_a_worker_that_was_never_there_is_told_by_its_queue() -> None:
    shared_redis().delete("mmsite:heartbeats")
    for queue in ("default", "encode", "imports"):
        beat(queue)
    light = looked("workers")
    assert light.level is Level.RED
    assert str(light.reason) == "No worker has been heard from on: query."


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """What this machine, which is that of the workers, tells of the process 100."""
    monkeypatch.setattr(silent_worker, "_PROCESSES", tmp_path)
    monkeypatch.setattr(socket, "gethostname", lambda: "here")
    (tmp_path / "self").mkdir()
    (tmp_path / "100").mkdir()
    return tmp_path / "100" / "cmdline"


def silent_encoder() -> str:
    """The remedy for the worker of the queue encode, which was last heard from as process 100."""
    for queue in ("query", "default", "imports"):
        beat(queue, NOW + 20)
    return str(looked("workers", NOW + 20).remedy)


def test_a_worker_that_hangs_is_to_be_killed(process: Path) -> None:
    process.write_bytes(b"python\0-m\0celery\0worker")
    assert "it hangs: kill -9 100. Then manage.py serve starts it again" in silent_encoder()


@pytest.mark.parametrize("command", [None, b"", b"nginx"])
def test_a_worker_whose_process_is_gone_is_to_be_started(process: Path, command: bytes | None) -> None:
    if command is not None:
        process.write_bytes(command)
    assert silent_encoder().startswith("manage.py serve starts a dead worker again")


def test_of_a_worker_elsewhere_both_are_said(process: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "there")
    remedy = silent_encoder()
    assert "If process 100 still runs on its machine" in remedy
    assert "starts a dead worker again" in remedy


def test_a_silent_worker_whose_queue_another_serves_is_worth_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NODES, "default", "default@there")
    later = NOW + 30
    for queue in NODES:
        beat(queue, later)
    light = looked("workers", later)
    assert light.level is Level.YELLOW
    assert "default@here" in str(light.reason)


def test_a_worker_that_begins_anew_again_and_again_is_named() -> None:
    for attempt in range(4):
        beat("encode", NOW, pid=200 + attempt)
        light = looked("workers")
    assert light.level is Level.YELLOW
    assert "encode@here was started again 3 times" in str(light.reason)
    all_is_well(NOW + 700)
    beat("encode", NOW + 700, pid=203)
    assert looked("workers", NOW + 700).level is Level.GREEN


# -- queues ------------------------------------------------------------------------------------------------


def test_a_queue_that_backs_up_turns_its_light_within_a_minute_and_is_named() -> None:
    for _ in range(3):
        send("default", at=NOW)
    assert looked("queues", NOW + 20).level is Level.GREEN
    light = looked("queues", NOW + 40)
    assert light.level is Level.YELLOW
    assert str(light.reason) == "3 messages wait in the queue default, the oldest for 40 s."
    assert looked("queues", NOW + 200).level is Level.RED
    for _ in range(3):
        take("default")
    assert looked("queues", NOW + 200).level is Level.GREEN


def test_messages_that_say_no_time_are_as_old_as_they_have_been_seen() -> None:
    for _ in range(2):
        send("default")
    assert looked("queues", NOW).level is Level.GREEN
    assert looked("queues", NOW + 40).level is Level.YELLOW
    take("default")
    assert looked("queues", NOW + 41).level is Level.GREEN


def test_a_query_has_a_person_waiting_and_an_import_has_time() -> None:
    send("query", at=NOW)
    send("imports", at=NOW)
    light = looked("queues", NOW + 12)
    assert light.level is Level.RED
    assert "query" in str(light.reason)
    take("query")
    assert looked("queues", NOW + 300).level is Level.GREEN


def test_a_thousand_messages_are_worth_a_look_however_young() -> None:
    for _ in range(1000):
        send("encode", at=NOW)
    assert looked("queues", NOW).level is Level.YELLOW


def test_a_paused_queue_is_named_until_it_is_resumed() -> None:
    PausedQueue.objects.create(name="encode")
    send("encode", at=NOW - 500)
    light = looked("queues")
    assert light.level is Level.YELLOW
    assert str(light.reason) == "Paused by hand: encode. Messages that wait there: 1."
    assert light.actions == ("resume:encode",)
    PausedQueue.objects.all().delete()
    take("encode")
    assert looked("queues").level is Level.GREEN


# -- periodic tasks ----------------------------------------------------------------------------------------


def test_a_periodic_task_that_stopped_is_named_within_a_minute_of_its_third_period() -> None:
    all_is_well(NOW + 61)
    shared_redis().hset(PERIODIC, "analytics.tasks.refresh_rollups", repr(NOW))
    light = looked("periodic", NOW + 61)
    assert light.level is Level.RED
    assert "analytics.tasks.refresh_rollups has not been done for 61 s" in str(light.reason)
    all_is_well(NOW + 62)
    assert looked("periodic", NOW + 62).level is Level.GREEN


def test_a_task_that_never_ran_is_missed_from_when_somebody_looked() -> None:
    link = shared_redis()
    link.delete(PERIODIC)
    assert looked("periodic").level is Level.GREEN
    assert looked("periodic", NOW + 61).level is Level.RED


def test_when_beat_is_gone_it_is_beat_that_is_named() -> None:
    later = NOW + 300
    for queue in NODES:
        beat(queue, later)
    light = looked("periodic", later)
    assert light.level is Level.RED
    assert "beat sends none" in str(light.reason)
    assert "celery -A mmsite beat" in str(light.remedy)


def test_a_task_that_waits_behind_others_is_worth_a_look() -> None:
    all_is_well(NOW + 100)
    shared_redis().hset(PERIODIC, "analytics.tasks.score_pending", repr(NOW))
    send("encode", at=NOW + 100)
    assert looked("periodic", NOW + 100).level is Level.YELLOW
    take("encode")
    assert looked("periodic", NOW + 100).level is Level.RED


def resume_noted(queue: str, at: float) -> None:
    entry = AuditEntry.objects.create(action="queue.resume", subject=queue)
    AuditEntry.objects.filter(pk=entry.pk).update(created_at=moment(at))


def test_tasks_of_a_paused_queue_are_late_because_of_the_pause_and_never_red() -> None:
    later = NOW + 7200
    for queue in NODES:
        beat(queue, later)
    shared_redis().hset(PERIODIC, "analytics.tasks.score_pending", repr(later))
    PausedQueue.objects.create(name="default")
    light = looked("periodic", later)
    assert light.level is Level.YELLOW
    assert "Paused by hand: default;" in str(light.reason)
    assert str(light.remedy) == "Resume it, then they are done."
    assert light.actions == ("resume:default",)


def test_a_task_of_another_queue_is_red_while_one_is_paused() -> None:
    PausedQueue.objects.create(name="default")
    light = looked("periodic", NOW + 300)
    assert light.level is Level.RED
    assert "analytics.tasks.score_pending" in str(light.reason)


def test_after_a_resume_tasks_have_time_to_be_done() -> None:
    later = NOW + 7200
    all_is_well(later)
    shared_redis().hset(PERIODIC, "recommender.tasks.sweep", repr(NOW))
    resume_noted("default", later - 20)
    light = looked("periodic", later)
    assert light.level is Level.YELLOW
    assert str(light.reason) == (
        "The queue default was resumed 20 s ago; periodic tasks not yet done since: 1."
    )


def test_a_task_that_is_not_done_long_after_a_resume_is_red() -> None:
    later = NOW + 7200
    all_is_well(later)
    shared_redis().hset(PERIODIC, "recommender.tasks.sweep", repr(NOW))
    resume_noted("default", later - 600)
    assert looked("periodic", later).level is Level.RED


def test_a_bucket_that_is_away_is_red_and_not_asked_at_every_look(
    media_away: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    problem_now = stored.problem_now
    monkeypatch.setattr(stored, "problem_now", lambda: asked.append(1) or problem_now())
    forget_storage()
    with media_away():
        light = looked("media")
        assert light.level is Level.RED
        assert "the bucket does not answer" in str(light.reason)
        assert "MEDIA_STORAGE" in str(light.remedy)
        assert looked("media", NOW + 10).level is Level.RED
    assert len(asked) == 1
    assert looked("media", NOW + 16).level is Level.GREEN


def test_a_bucket_that_takes_nothing_is_red_though_it_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    monkeypatch.setattr(stored, "keeping_problem_now", lambda: tried.append(1) or "the bucket refuses (403)")
    forget_storage()
    light = looked("media")
    assert light.level is Level.RED
    assert str(light.reason) == "Media can be read, but nothing can be kept: the bucket refuses (403)."
    assert looked("media", NOW + 30).level is Level.RED
    assert len(tried) == 1
    monkeypatch.undo()
    assert looked("media", NOW + 61).level is Level.GREEN


# -- media and jobs ----------------------------------------------------------------------------------------


def files(count: int, **fields: Any) -> None:
    owner, _new = Item.objects.get_or_create(external_id="owner", defaults={"title": "Owner"})
    Media.objects.bulk_create(Media(item=owner, kind="image", **fields) for _ in range(count))


def test_files_that_fail_are_told_with_their_commonest_reason_and_a_button() -> None:
    files(90, state="ready")
    files(2, state="failed", error="The sound is empty.")
    files(8, state="failed", error="The picture is cut short.")
    light = looked("media")
    assert light.level is Level.YELLOW
    assert light.reason == "10 files (10%) could not be prepared. Most often: The picture is cut short."
    assert light.actions == ("retry_media",)
    Media.objects.update(state="ready")
    assert looked("media").level is Level.GREEN


@pytest.mark.parametrize(
    ("error", "chinese"),
    [
        (say("{name} is empty.", name="a.png"), "a.png 是空的。"),
        ("Redis does not answer.", "Redis 没有响应。"),
        ("Broken {0} by hand.", "Broken {0} by hand."),
    ],
)
def test_an_error_is_quoted_in_the_readers_language(error: str, chinese: str) -> None:
    told = kept(error=error, remedy="")
    files(2, state="failed", **told)
    Job.objects.create(kind="import", label="bags.csv", state="failed", **told)
    Job.objects.update(created_at=moment(NOW - 60))
    for part in ("media", "jobs"):
        stored = Said.of_json(looked(part).reason.as_json())
        assert stored.endswith(str(error))
        with override("zh-hans"):
            assert translated(stored).endswith("：" + chinese)


def test_a_long_error_is_quoted_with_its_beginning() -> None:
    files(2, state="failed", **kept(error=say("{name} is empty.", name="x" * 900), remedy=""))
    reason = looked("media").reason
    assert reason.endswith("x" * 200 + " is empty.")
    assert "x" * 201 not in reason


def test_a_file_in_a_thousand_is_no_fault() -> None:
    files(999, state="ready")
    files(1, state="failed", error="Broken.")
    assert looked("media").level is Level.GREEN


def test_a_green_light_offers_to_try_the_few_failed_files_again() -> None:
    files(999, state="ready")
    assert looked("media").actions == ()
    files(1, state="failed", error="Broken.")
    light = looked("media")
    assert (light.level, light.actions) == (Level.GREEN, ("retry_media",))


def test_files_that_wait_while_nothing_moves_turn_the_light() -> None:
    files(5)
    assert looked("media").level is Level.GREEN
    light = looked("media", NOW + 130)
    assert light.level is Level.YELLOW
    assert "5 files wait, and none was prepared for 2 min" in str(light.reason)
    first = Media.objects.order_by("pk").first()
    Media.objects.filter(pk=first.pk).update(state="ready")  # type: ignore[union-attr]
    assert looked("media", NOW + 131).level is Level.GREEN


def test_a_failed_job_is_told_until_the_like_of_it_was_done() -> None:
    job = Job.objects.create(kind="import", label="bags.csv", state="failed", error="No header.")
    Job.objects.filter(pk=job.pk).update(created_at=moment(NOW - 60))
    light = looked("jobs")
    assert light.level is Level.YELLOW
    assert "“bags.csv”: No header." in str(light.reason)
    again = Job.objects.create(kind="import", label="bags.csv", state="done", finished_at=moment(NOW))
    Job.objects.filter(pk=again.pk).update(created_at=moment(NOW - 30))
    assert looked("jobs").level is Level.GREEN


def test_a_job_that_nothing_is_heard_of_is_red() -> None:
    Job.objects.create(kind="import", label="bags.csv", state="running", heartbeat_at=moment(NOW - 200))
    light = looked("jobs")
    assert light.level is Level.RED
    assert "bags.csv" in str(light.reason)
    Job.objects.update(state="done", finished_at=timezone.now() - timedelta(days=1))
    assert looked("jobs").level is Level.GREEN


# -- looking -----------------------------------------------------------------------------------------------


def test_pages_share_what_was_seen_for_two_seconds() -> None:
    lights.look(NOW)
    send("query", at=NOW - 60)
    assert lights.look(NOW + 1.5)["queues"].level is Level.GREEN
    assert lights.look(NOW + 2.5)["queues"].level is Level.RED
