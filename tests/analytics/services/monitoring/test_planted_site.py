"""Faults planted in what all stands on and in what serves: each is named, and gone after its remedy."""

from __future__ import annotations

import shutil
import time
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import override

from analytics.models import DriftReport, SentimentScore
from analytics.services.monitoring import checks_encoder, checks_site, store, watch
from analytics.services.monitoring.lights import Level
from analytics.services.monitoring.lit import take_lights
from recommender.engine.encoders import load_encoder
from recommender.engine.encoders.files import file_hash
from recommender.errors import EncoderError
from recommender.models import Embedding, IndexSnapshot
from recommender.models.telling import translated
from recommender.said import say
from recommender.services import choosing, encoder_health, index, loaded
from recommender.services.versions import failed_of
from recommender.telemetry import flush, read_totals
from tests.analytics.scored import add_review, make_shop
from tests.analytics.services.monitoring.conftest import Recorded
from tests.analytics.services.monitoring.planted import (
    NOW,
    add_snapshot,
    add_vectors,
    all_is_well,
    looked,
    make_space,
    moment,
)

pytestmark = pytest.mark.django_db
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def _well(monkeypatch: pytest.MonkeyPatch) -> None:
    all_is_well()
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(10**12, 5 * 10**11, 5 * 10**11))
    monkeypatch.setattr(checks_encoder.socket, "gethostname", lambda: "here")


PARTS = ["web", "database", "redis", "disk", "watch", "encoder", "index", "drift", "sentiment"]


@pytest.mark.parametrize("part", PARTS)
def test_where_nothing_is_planted_the_light_is_green(part: str) -> None:
    light = looked(part)
    assert (light.level, str(light.remedy)) == (Level.GREEN, "")


# -- what all stands on ------------------------------------------------------------------------------------

ANSWERS = "django_http_responses_total_by_status_view_method_total"
LATENCY = "django_http_requests_latency_seconds_by_view_method"


#: History is kept by the real clock, so these few look by it.
CLOCK = time.time()


def test_failing_answers_turn_the_light_and_name_the_page(recorded: Recorded) -> None:
    start = int(CLOCK) // 10 * 10 - 60
    recorded(start, ANSWERS, ("200", "feed", "GET"), 90)
    recorded(start, ANSWERS, ("500", "search", "GET"), 10)
    recorded(start, ANSWERS, ("503", "readyz", "GET"), 500)
    store.move_windows()
    light = looked("web", CLOCK)
    assert light.level is Level.RED
    assert "10% of 100 answers failed in the last 5 min, most on the page search" in str(light.reason)
    assert looked("web", CLOCK + 600).level is Level.GREEN


def test_a_few_answers_are_too_few_to_judge(recorded: Recorded) -> None:
    recorded(int(CLOCK) // 10 * 10 - 60, ANSWERS, ("500", "search", "GET"), 5)
    store.move_windows()
    assert looked("web", CLOCK).level is Level.GREEN


def test_slow_answers_turn_the_light(recorded: Recorded) -> None:
    start = int(CLOCK) // 10 * 10 - 60
    recorded(start, ANSWERS, ("200", "feed", "GET"), 100)
    recorded(start, LATENCY, ("feed", "GET"), 50, "0.1")
    recorded(start, LATENCY, ("feed", "GET"), 50, "2.0")
    store.move_windows()
    light = looked("web", CLOCK)
    assert light.level is Level.YELLOW
    assert "1.9 s" in str(light.reason)


def test_a_migration_that_was_not_applied_is_named() -> None:
    rows = MigrationRecorder.Migration.objects
    rows.filter(app="analytics", name__startswith="0004").delete()
    known = checks_site._last_migrations()
    last = next(name for app, name in known if app == "analytics")
    rows.filter(app="analytics", name=last).delete()
    light = looked("database")
    assert light.level is Level.RED
    assert last in str(light.reason)
    assert "manage.py migrate" in str(light.remedy)


def test_a_redis_that_is_nearly_full_turns_the_light(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"used_memory": 90, "maxmemory": 100, "evicted_keys": 0}
    monkeypatch.setattr(checks_site, "shared_redis", lambda: type("R", (), {"info": lambda self: told})())
    assert looked("redis").level is Level.YELLOW
    told["used_memory"] = 99
    assert looked("redis").level is Level.RED
    told["used_memory"] = 10
    assert looked("redis").level is Level.GREEN


def test_values_that_redis_dropped_are_told_for_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"used_memory": 10, "maxmemory": 100, "evicted_keys": 7}
    monkeypatch.setattr(checks_site, "shared_redis", lambda: type("R", (), {"info": lambda self: told})())
    assert looked("redis").level is Level.YELLOW
    assert looked("redis", NOW + 601).level is Level.GREEN


@pytest.mark.parametrize(
    ("free", "total", "level"),
    [
        (80 * 10**9, 10**12, Level.YELLOW),
        (40 * 10**9, 10**12, Level.RED),
        (9 * 10**8, 10**9, Level.RED),
        (200 * 10**9, 10**12, Level.GREEN),
    ],
)
def test_a_disk_that_is_nearly_full_turns_the_light(
    monkeypatch: pytest.MonkeyPatch, free: int, total: int, level: Level
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(total, total - free, free))
    light = looked("disk")
    assert light.level is level
    assert light.actions == (("prune",) if level else ())


def test_a_silent_watch_process_is_told_within_a_minute() -> None:
    assert looked("watch", NOW + 25).level is Level.GREEN
    light = looked("watch", NOW + 40)
    assert light.level is Level.RED
    assert "manage.py watch" in str(light.remedy)
    watch.beat(NOW + 41)
    assert looked("watch", NOW + 41).level is Level.GREEN


def test_without_redis_every_light_that_needs_it_says_so(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    light = looked("queues")
    assert light.level is Level.RED
    assert "Redis does not answer" in str(light.reason)


# -- encoder -----------------------------------------------------------------------------------------------


@pytest.fixture
def weights(tmp_path: Path, settings: Any) -> Path:
    """A folder as ``train_encoder`` leaves it, which the settings name; its space serves."""
    folder = tmp_path / "trained"
    folder.mkdir()
    for name in ("mmsite-mini.json", "mmsite-mini.safetensors", "vocabulary.txt"):
        (folder / name).write_text(name)
    settings.ENCODER = f"local-dir:{folder}"
    files = [folder / "mmsite-mini.safetensors", folder / "vocabulary.txt"]
    make_space(weights_hash=file_hash(files))
    return folder / "mmsite-mini.safetensors"


def test_missing_weights_are_named_until_they_are_put_back(weights: Path) -> None:
    assert looked("encoder").level is Level.GREEN
    aside = weights.rename(weights.with_suffix(".aside"))
    light = looked("encoder")
    assert light.level is Level.RED
    assert "mmsite-mini.safetensors is not there" in str(light.reason)
    assert "recheck" in light.actions
    aside.rename(weights)
    assert looked("encoder").level is Level.GREEN


def test_other_weights_than_those_of_the_vectors_are_told(weights: Path) -> None:
    weights.write_text("trained again")
    assert looked("encoder").level is Level.RED
    make_space(weights_hash="new", state="shadow")
    assert looked("encoder").level is Level.YELLOW
    weights.write_text("mmsite-mini.safetensors")
    assert looked("encoder").level is Level.GREEN


def test_a_worker_says_that_it_cannot_load_its_encoder_and_when_it_can(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENCODER = "python:shop.encoder:make"
    make_space()

    def broken(spec: str, device: str) -> Any:
        raise EncoderError("The factory cannot be imported.", "Install the package.")

    monkeypatch.setattr(loaded, "_loaded", type(loaded._loaded)())
    monkeypatch.setattr(loaded, "load_encoder", broken)
    monkeypatch.setattr(encoder_health, "_node", "query@here")
    loaded.preload()
    light = looked("encoder")
    assert light.level is Level.RED
    expected = "query@here cannot load the encoder python:shop.encoder:make: The factory cannot be imported."
    assert expected in str(light.reason)
    assert str(light.remedy).startswith("Install the package.")
    monkeypatch.setattr(loaded, "load_encoder", load_encoder)
    with pytest.raises(EncoderError):
        loaded.loaded_encoder(settings.ENCODER)
    with override("zh-hans"):
        light = looked("encoder")
        reason, remedy = translated(light.reason), translated(light.remedy)
    assert "query@here 无法载入编码器 python:shop.encoder:make：无法导入编码器工厂" in reason
    assert "cannot be imported" not in reason
    assert remedy.startswith("请写成 python:package.module:factory")
    monkeypatch.setattr(loaded, "load_encoder", lambda spec, device: object())
    loaded.loaded_encoder(settings.ENCODER)
    assert looked("encoder").level is Level.GREEN


def test_an_encoder_that_is_being_made_ready_is_told_with_how_far_it_is(settings: Any) -> None:
    old = make_space(spec="python:old:make")
    new = make_space(spec="python:new:make", weights_hash="n", state="shadow")
    settings.ENCODER = "python:new:make"
    add_vectors(old, 3)
    add_vectors(new, 1)
    light = looked("encoder")
    assert light.level is Level.YELLOW
    assert "it has 1 vector; test, which serves, has 3" in str(light.reason)


def test_vectors_that_could_not_be_made_are_told_with_a_button(settings: Any) -> None:
    settings.ENCODER = "python:shop.encoder:make"
    space = make_space()
    add_vectors(space, 20)
    ids = list(Embedding.objects.values_list("pk", flat=True)[:5])
    Embedding.objects.filter(pk__in=ids).update(state="failed")
    light = looked("encoder")
    assert (light.level, light.actions) == (Level.YELLOW, ("embed_missing",))
    assert "5 vectors (25%) could not be made" in str(light.reason)


# -- index -------------------------------------------------------------------------------------------------


@pytest.fixture
def stale(monkeypatch: pytest.MonkeyPatch) -> IndexSnapshot:
    """An index that lacks 1,200 vectors made ten minutes ago."""
    space = make_space()
    add_vectors(space, 10, NOW - 7200)
    row = add_snapshot(space, NOW - 3000)
    add_vectors(space, 1200, NOW - 600)
    return row


def test_a_stale_index_is_told_and_green_after_a_rebuild(stale: IndexSnapshot) -> None:
    light = looked("index")
    assert light.level is Level.RED
    assert str(light.reason) == "The index is stale: 1200 vectors are not in it, the oldest for 10 min."
    assert light.actions == ("rebuild_index",)
    index.rebuild_index(force=True)
    assert looked("index").level is Level.GREEN


def test_vectors_that_the_next_rebuild_takes_up_are_no_fault(stale: IndexSnapshot) -> None:
    assert looked("index", NOW - 300).level is Level.GREEN


def test_an_index_whose_files_are_gone_is_told(stale: IndexSnapshot, settings: Any) -> None:
    shutil.rmtree(Path(settings.INDEX_ROOT) / stale.path)
    light = looked("index")
    assert light.level is Level.RED
    assert stale.path in str(light.reason)


def test_vectors_without_any_index_are_worth_a_look_and_then_red() -> None:
    add_vectors(make_space(), 3, NOW)
    assert looked("index", NOW + 10).level is Level.YELLOW
    assert looked("index", NOW + 400).level is Level.RED


def test_a_build_that_failed_is_told_with_its_error() -> None:
    space = make_space()
    add_vectors(space, 3)
    add_snapshot(space)
    IndexSnapshot.objects.create(space=space, path="x", state="failed", error="OSError: disk full")
    light = looked("index")
    assert light.level is Level.YELLOW
    assert "OSError: disk full" in str(light.reason)


def test_why_a_build_failed_is_told_in_the_readers_language() -> None:
    space = make_space()
    add_vectors(space, 3)
    add_snapshot(space)
    row = IndexSnapshot.objects.create(space=space, path="x")
    told = say("A vector of item {item} is not finite.", item=7)
    IndexSnapshot.objects.filter(pk=row.pk).update(**failed_of(EncoderError(told, "Encode the item again.")))
    reason = looked("index").reason
    assert reason == "The last build failed: A vector of item 7 is not finite. Encode the item again."
    with override("zh-hans"):
        assert translated(reason) == "上次构建失败：商品 7 的向量含有非有限值。 请重新编码这件商品。"


def test_an_index_that_was_rolled_back_holds_and_says_so_until_it_goes_on() -> None:
    space = make_space()
    add_vectors(space, 3)
    before = add_snapshot(space, NOW - 500, state="retired")
    add_snapshot(space, NOW - 100)
    assert choosing.roll_back_index() == before
    add_vectors(space, 1200, NOW)
    assert index.rebuild_index() is None
    light = looked("index", NOW + 4000)
    assert (light.level, light.actions) == (Level.YELLOW, ("go_on", "rebuild_index"))
    choosing.go_on()
    assert looked("index").level is Level.GREEN


# -- what comes in -----------------------------------------------------------------------------------------


def report(subject: str, verdict: str, at: float = NOW) -> None:
    day = moment(at)
    row = DriftReport.objects.create(
        subject=subject, verdict=verdict, window_start=day, window_end=day, reference_start=day,
        reference_end=day, window_size=100, reference_size=100,
    )  # fmt: skip
    DriftReport.objects.filter(pk=row.pk).update(created_at=day)


def test_drift_is_told_by_its_subject_until_the_next_report_is_steady() -> None:
    report("text", "steady", NOW - 3600)
    report("image", "drifted", NOW - 3600)
    light = looked("drift")
    assert light.level is Level.RED
    assert "image" in str(light.reason)
    assert "text" not in str(light.reason)
    report("image", "steady")
    assert looked("drift").level is Level.GREEN


def test_a_subject_that_shifts_is_worth_a_look() -> None:
    report("language", "shifting")
    assert looked("drift").level is Level.YELLOW


def test_a_model_that_is_less_sure_turns_the_light_of_sentiment_only() -> None:
    report("confidence", "drifted")
    assert looked("sentiment").level is Level.RED
    assert looked("drift").level is Level.GREEN


def test_reviews_that_wait_while_none_is_scored_turn_the_light() -> None:
    shop = make_shop()
    add_review(shop.lamp, "Lovely.", 0.9)
    SentimentScore.objects.update(model="")
    assert looked("sentiment").level is Level.GREEN
    light = looked("sentiment", NOW + 400)
    assert light.level is Level.YELLOW
    assert "1 review waits to be scored" in str(light.reason)
    SentimentScore.objects.update(model="m")
    assert looked("sentiment", NOW + 401).level is Level.GREEN


# -- history -----------------------------------------------------------------------------------------------


def test_the_lights_are_a_measure(stale: IndexSnapshot) -> None:
    take_lights(NOW)
    flush()
    level = read_totals().gauges["mmsite_light"]
    assert level[("index",)] == 2
    assert level[("watch",)] == 0
