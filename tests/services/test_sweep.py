"""What lost messages and dead workers left behind is found; what nobody needs is removed."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from recommender.models import (
    Embedding,
    EncoderSpace,
    ImportBatch,
    Impression,
    IndexSnapshot,
    Item,
    Job,
    Media,
    ModelVersion,
)
from recommender.services import imports, stored, sweep
from recommender.services.jobs import start_job
from tests.services.importing import table
from tests.services.shop import QUICK_ENCODER, import_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick_encoder(settings: Any) -> None:
    settings.ENCODER = QUICK_ENCODER


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that were called, none of which runs."""
    names: list[str] = []
    monkeypatch.setattr(sweep, "call_once", names.append)
    return names


def space() -> EncoderSpace:
    return EncoderSpace.objects.create(
        spec=QUICK_ENCODER,
        name="n",
        weights_hash="h",
        dim=2,
        preprocessing="p",
        modalities=["text"],
        state="active",
    )


def test_media_that_no_message_speaks_of_are_found(tmp_path: Path, called: list[str]) -> None:
    import_shop(tmp_path)
    sweep.sweep()
    assert "prepare_media" in called


def test_items_without_vectors_are_found(called: list[str]) -> None:
    space()
    Item.objects.create(external_id="1", title="One")
    sweep.sweep()
    assert called == ["encode_pending"]


def test_where_nothing_is_to_be_done_nobody_is_called(called: list[str]) -> None:
    served = space()
    item = Item.objects.create(external_id="1", title="One")
    Embedding.objects.create(space=served, item=item, modality="text", state="failed", error="x")
    sweep.sweep()
    assert called == []


def test_another_encoder_in_the_settings_calls_for_its_vectors(called: list[str], settings: Any) -> None:
    space()
    settings.ENCODER = "another"
    sweep.sweep()
    assert called == ["encode_pending"]


def test_a_claim_of_a_dead_worker_is_given_up(called: list[str]) -> None:
    item = Item.objects.create(external_id="1", title="One")
    Embedding.objects.create(
        space=space(), item=item, modality="text", claimed_at=timezone.now() - timedelta(minutes=11)
    )
    assert sweep.sweep()["claims"] == 1
    assert not Embedding.objects.exists()


def test_an_import_whose_message_was_lost_is_called_for_again(
    tmp_path: Path, called: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    path = table(tmp_path / "a.csv", [{"external_id": "1", "title": "One"}])
    batch = imports.from_path(path)[0]
    imports.start(batch, queue=False)
    ImportBatch.objects.update(created_at=timezone.now() - timedelta(minutes=5), options={})
    batch.refresh_from_db()
    assert sweep.sweep()["imports"] == 1


def test_a_silent_job_is_ended_with_a_remedy(called: list[str]) -> None:
    job = start_job("train")
    long_ago = timezone.now() - timedelta(minutes=3)
    Job.objects.update(state="running", heartbeat_at=long_ago)
    assert sweep.sweep()["jobs"] == 1
    job.refresh_from_db()
    assert job.state == "failed"
    assert job.remedy


def test_an_import_whose_command_was_killed_has_failed(called: list[str]) -> None:
    job = start_job("import")
    Job.objects.update(state="running", heartbeat_at=timezone.now() - timedelta(minutes=3))
    batch = ImportBatch.objects.create(
        filename="a", path="/a", state="running", options={"local": True}, job=job
    )
    sweep.sweep()
    for row in (batch, job):
        row.refresh_from_db()
        assert row.state == "failed"
        assert row.remedy


def test_a_new_start_frees_what_the_last_run_held(tmp_path: Path) -> None:
    import_shop(tmp_path)
    Media.objects.update(state="working", claimed_at=timezone.now())
    served = space()
    item = Item.objects.earliest("pk")
    Embedding.objects.create(space=served, item=item, modality="text")
    snapshot = IndexSnapshot.objects.create(space=served, path="1-a")
    job = start_job("import")
    Job.objects.update(state="running")
    batch = ImportBatch.objects.create(filename="a.csv", path="imports/a.csv", state="running", job=job)

    sweep.release_claims()
    assert set(Media.objects.values_list("state", flat=True)) == {"pending"}
    assert not Embedding.objects.exists()
    for row, state in ((snapshot, "failed"), (job, "queued"), (batch, "queued")):
        row.refresh_from_db()
        assert row.state == state


def test_an_import_of_the_command_line_goes_on_when_the_site_starts() -> None:
    batch = ImportBatch.objects.create(filename="a", path="/a", state="running", options={"local": True})
    sweep.release_claims()
    batch.refresh_from_db()
    assert batch.state == "running"


# -- tidying up ---------------------------------------------------------------------------------------------


def test_old_impressions_go(cast: Any) -> None:
    import uuid

    item = Item.objects.create(external_id="1", title="One")
    old = timezone.now() - timedelta(days=sweep.IMPRESSION_DAYS + 1)
    for moment in (old, timezone.now()):
        Impression.objects.create(
            answer=uuid.uuid4(), visitor="v", item=item, surface="feed", rank=1, created_at=moment
        )
    assert sweep.purge()["impressions"] == 1
    assert Impression.objects.count() == 1


def test_the_snapshot_before_the_serving_one_stays_for_its_readers(settings: Any) -> None:
    served = space()
    root = Path(settings.INDEX_ROOT)
    for number, state in enumerate(["retired", "failed", "retired", "active"]):
        (root / f"s{number}").mkdir(parents=True)
        IndexSnapshot.objects.create(space=served, path=f"s{number}", state=state)
    sweep.purge()
    assert sorted(IndexSnapshot.objects.values_list("path", flat=True)) == ["s2", "s3"]
    assert sorted(path.name for path in root.iterdir()) == ["s2", "s3"]


def test_a_graph_that_no_row_knows_goes_once_it_is_old(settings: Any) -> None:
    root = Path(settings.GRAPH_ROOT)
    (root / "known").mkdir(parents=True)
    ModelVersion.objects.create(kind="item-graph", path="known", state="active")
    day_before = time.time() - 2 * 86_400
    (root / "stray").mkdir()
    os.utime(root / "stray", (day_before, day_before))
    (root / "being-written.part").mkdir()
    sweep.purge()
    assert sorted(path.name for path in root.iterdir()) == ["being-written.part", "known"]


@pytest.mark.local_media
def test_left_over_drafts_and_old_query_files_go(settings: Any) -> None:
    folder = Path(settings.MEDIA_ROOT)
    (folder / "drafts").mkdir(parents=True)
    (folder / "queries" / "ab").mkdir(parents=True)
    day_before = time.time() - 2 * 86_400
    for name in ("drafts/old", "queries/ab/old.jpg", "drafts/new"):
        (folder / name).write_bytes(b"x")
        if name.endswith(("old", "old.jpg")):
            os.utime(folder / name, (day_before, day_before))
    assert sweep.purge()["drafts"] == 2
    assert (folder / "drafts" / "new").exists()


def test_old_query_files_and_uploads_that_nobody_needs_go_wherever_they_are(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, wanted = (f"imports/{digit * 32}.csv" for digit in "ab")
    for name in ("queries/a.webp", left, wanted, "originals/ab/abc.mp3"):
        stored.put(name, b"12345")
    ImportBatch.objects.create(filename="wanted.csv", path=wanted, state="queued")
    ImportBatch.objects.create(filename="left.csv", path=left, state="done")
    assert sweep.purge()["drafts"] == 0
    monkeypatch.setattr(sweep, "_DRAFT_HOURS", -1)  # a day later
    would = sweep.would_go()
    assert (would.files, would.bytes) == (2, 10)
    assert sweep.purge()["drafts"] == 2
    assert [entry.name for entry in stored.files_below("imports")] == [wanted]
    assert stored.exists("originals/ab/abc.mp3")


def test_a_storage_that_is_away_keeps_nothing_else_from_being_removed(
    media_away: Any, caplog: pytest.LogCaptureFixture
) -> None:
    batch = ImportBatch.objects.create(filename="goods.csv", path="imports/goods.csv")
    ImportBatch.objects.update(created_at=timezone.now() - timedelta(days=8))
    with media_away():
        assert sweep.would_go().rows == 1
        removed = sweep.purge()
    assert (removed["uploads"], removed["drafts"]) == (1, 0)
    assert "stays in the media storage until it answers" in caplog.text
    batch.refresh_from_db()
    assert batch.state == "cancelled"


def test_a_file_that_the_bucket_does_not_remove_keeps_no_other_one(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mmsite.s3 import BucketError, S3MediaStorage

    delete = S3MediaStorage.delete

    def locked(self: S3MediaStorage, name: str) -> None:
        if name == "queries/a.webp":
            raise BucketError("the bucket refuses (AccessDenied)")
        delete(self, name)

    for name in ("queries/a.webp", "queries/b.webp"):
        stored.put(name, b"x")
    monkeypatch.setattr(S3MediaStorage, "delete", locked)
    monkeypatch.setattr(sweep, "_DRAFT_HOURS", -1)  # a day later
    assert sweep.purge()["drafts"] == 1
    assert [entry.name for entry in stored.files_below("queries")] == ["queries/a.webp"]


def test_vectors_of_a_space_retired_for_a_day_go() -> None:
    old = space()
    item = Item.objects.create(external_id="1", title="One")
    Embedding.objects.create(space=old, item=item, modality="text", state="failed", error="x")
    EncoderSpace.objects.update(state="retired")
    new = EncoderSpace.objects.create(
        spec="s", name="m", weights_hash="h", dim=2, preprocessing="p", state="active"
    )
    EncoderSpace.objects.filter(pk=new.pk).update(activated_at=timezone.now())
    assert sweep.purge()["vectors"] == 0
    EncoderSpace.objects.filter(pk=new.pk).update(activated_at=timezone.now() - timedelta(days=2))
    assert sweep.purge()["vectors"] == 1


def test_a_file_that_was_sent_but_not_started_for_a_week_goes(settings: Any) -> None:
    stored.put("imports/goods.csv", b"id,title\n")
    batch = ImportBatch.objects.create(filename="goods.csv", path="imports/goods.csv")
    assert sweep.purge()["uploads"] == 0
    ImportBatch.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert sweep.purge()["uploads"] == 1
    batch.refresh_from_db()
    assert batch.state == "cancelled"
    assert not stored.exists("imports/goods.csv")
