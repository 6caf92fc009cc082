"""Vectors made by the encoder for whatever has none."""

from __future__ import annotations

import errno
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from django.utils.translation import override

from recommender.errors import EncoderError
from recommender.models import Embedding, EncoderSpace, Item, Job, Media
from recommender.services import encode, encoding_job, index, preprocess, sources, spaces, stored
from tests.services.shop import QUICK_ENCODER, import_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick_encoder(settings: Any) -> None:
    settings.ENCODER = QUICK_ENCODER


@pytest.fixture
def prepared_shop(tmp_path: Path) -> None:
    import_shop(tmp_path)
    preprocess.prepare_pending()


def encode_all() -> int:
    settled = 0
    while count := encode.encode_pending():
        settled += count
    return settled


def active_space() -> EncoderSpace:
    space = EncoderSpace.objects.active()
    assert space is not None
    return space


def vector_of(row: Embedding) -> np.ndarray:
    assert row.vector is not None
    return np.frombuffer(bytes(row.vector), "<f2").astype(np.float32)


def test_it_makes_a_unit_vector_for_words_pictures_and_sounds(prepared_shop: None) -> None:
    assert encode_all() == 13
    space = active_space()
    ready = Embedding.objects.ready().filter(space=space)
    counts = {modality: ready.filter(modality=modality).count() for modality in ("text", "image", "audio")}
    assert counts == {"text": 6, "image": 6, "audio": 1}
    for row in ready:
        assert vector_of(row).shape == (space.dim,)
        assert np.linalg.norm(vector_of(row)) == pytest.approx(1.0, abs=2e-3)
    assert all(row.item_id for row in ready)


def test_it_makes_nothing_twice(prepared_shop: None) -> None:
    encode_all()
    before = set(Embedding.objects.values_list("pk", flat=True))
    assert encode_all() == 0
    assert set(Embedding.objects.values_list("pk", flat=True)) == before


def test_it_leaves_alone_what_another_worker_has_claimed(prepared_shop: None) -> None:
    encode_all()
    theirs = Embedding.objects.filter(modality="image").first()
    assert theirs is not None
    Embedding.objects.filter(pk=theirs.pk).update(state="claimed", vector=None)
    encode_all()
    theirs.refresh_from_db()
    assert theirs.state == "claimed"


def test_it_gives_an_item_with_two_languages_the_mean_of_both(prepared_shop: None) -> None:
    from tests.conformance.encoder_plugs import StatisticsEncoder

    encode_all()
    item = Item.objects.get(external_id="red-bag")
    both = StatisticsEncoder().encode_texts(["Red bag. A red bag.", "红色手提包"]).mean(axis=0)
    row = Embedding.objects.get(item=item, media=None)
    assert vector_of(row) == pytest.approx(both / np.linalg.norm(both), abs=2e-3)


def test_it_makes_new_vectors_for_words_that_changed(tmp_path: Path, prepared_shop: None) -> None:
    from tests.services.importing import bring_in, table

    encode_all()
    old = Embedding.objects.get(item__external_id="red-bag", media=None)
    bring_in(table(tmp_path / "again.csv", [{"external_id": "red-bag", "title": "Crimson bag"}]))
    assert encode_all() == 1
    new = Embedding.objects.get(item__external_id="red-bag", media=None)
    assert new.pk > old.pk
    assert vector_of(new) != pytest.approx(vector_of(old), abs=1e-2)


def test_words_changed_while_they_were_encoded_get_no_old_vector(
    prepared_shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(encoder: Any, items: Any) -> Any:
        made = sources.encode_words(encoder, items)
        Embedding.objects.filter(item__external_id="red-bag", media=None).delete()
        return made

    monkeypatch.setitem(encode._MAKERS, "text", meanwhile)
    encode.encode_pending()
    assert not Embedding.objects.filter(item__external_id="red-bag", media=None).exists()
    assert Embedding.objects.ready().filter(media=None).count() == 5


def test_while_the_storage_is_away_words_are_encoded_and_the_rest_waits(
    prepared_shop: None, media_away: Any
) -> None:
    with media_away():
        assert encode_all() == 6
        assert set(Embedding.objects.values_list("modality", "state")) == {("text", "ready")}
        assert Job.objects.get(kind="encode").state == Job.State.RUNNING
    assert encode_all() == 7
    assert Embedding.objects.ready().count() == 13


def test_a_picture_that_cannot_be_read_fails_alone_and_can_be_tried_again(prepared_shop: None) -> None:
    from django.core.files.storage import default_storage

    medium = Media.objects.filter(kind="image").earliest("pk")
    for size in Media.SIZES:
        default_storage.delete(medium.derived(f"{size}.webp"))
    encode_all()
    lost = Embedding.objects.get(media=medium)
    assert (lost.state, lost.vector) == ("failed", None)
    assert "cannot be read" in lost.error
    assert Embedding.objects.ready().filter(modality="image").count() == 5

    assert preprocess.retry_failed() == 1
    preprocess.prepare_pending()
    encode_all()
    assert Embedding.objects.get(media=medium).state == "ready"


@pytest.mark.local_media
def test_a_picture_that_a_disk_cannot_read_fails_alone(
    prepared_shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.files.storage import FileSystemStorage

    medium = Media.objects.filter(kind="image").earliest("pk")
    open_file = FileSystemStorage._open

    def broken(self: Any, name: str, mode: str = "rb") -> Any:
        if name.startswith(medium.derived("")):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return open_file(self, name, mode)

    monkeypatch.setattr(FileSystemStorage, "_open", broken)
    encode_all()
    lost = Embedding.objects.get(media=medium)
    assert (lost.state, "cannot be read (Input/output error)" in lost.error) == ("failed", True)
    assert Embedding.objects.ready().filter(modality="image").count() == 5
    assert Job.objects.get(kind="encode").state == Job.State.DONE


def test_a_picture_that_the_bucket_keeps_back_fails_alone_and_encoding_ends(
    kept_back: Any, prepared_shop: None
) -> None:
    medium = Media.objects.filter(kind="image").earliest("pk")
    for size in Media.SIZES:
        kept_back(medium.derived(f"{size}.webp"))
    assert encode_all() == 13
    lost = Embedding.objects.get(media=medium)
    assert (lost.state, "the bucket refuses" in lost.error) == ("failed", True)
    assert Embedding.objects.ready().count() == 12
    assert Job.objects.get(kind="encode").state == Job.State.DONE


def test_pictures_beside_one_that_waits_are_settled_and_counted(
    prepared_shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Media.objects.filter(kind="image").earliest("pk")

    def made(encoder: Any, media: Any) -> Any:
        outcomes = sources.encode_pictures(encoder, media)
        away = stored.unavailable()
        return [away if one.pk == first.pk else got for one, got in zip(media, outcomes, strict=True)]

    monkeypatch.setitem(encode._MAKERS, "image", made)
    monkeypatch.setattr(encode.Turn, "_portion", lambda self, encoder: 2)
    assert encode.encode_pending() == 12
    assert Embedding.objects.ready().count() == 12
    assert Job.objects.get(kind="encode").state == Job.State.RUNNING
    assert encode.encode_pending() == 0
    assert Job.objects.get(kind="encode").state == Job.State.RUNNING


def test_an_item_that_breaks_the_encoder_fails_alone(
    prepared_shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fragile(encoder: Any, items: Any) -> Any:
        if any(item.external_id == "blue-bag" for item in items):
            raise RuntimeError("shape mismatch")
        return sources.encode_words(encoder, items)

    monkeypatch.setitem(encode._MAKERS, "text", fragile)
    encode_all()
    failed = Embedding.objects.get(state="failed")
    assert failed.item.external_id == "blue-bag"
    assert "shape mismatch" in failed.error
    assert Embedding.objects.ready().filter(media=None).count() == 5


def test_a_killed_worker_leaves_claims_that_are_made_good(
    prepared_shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recommender.services.sweep import sweep

    encode_all()
    Embedding.objects.filter(media=None).update(
        state="claimed", vector=None, claimed_at=timezone.now() - timedelta(minutes=11)
    )
    assert sweep()["claims"] == 6
    assert encode_all() == 6


def test_its_job_says_how_far_it_is_and_ends(prepared_shop: None) -> None:
    encode.encode_pending(limit=6)
    job = Job.objects.get(kind="encode")
    assert (job.state, job.done, job.total) == ("running", 6, 13)
    encode_all()
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == ("done", 13, 13)


def test_it_rests_after_somebody_cancelled_it(prepared_shop: None) -> None:
    from recommender.services.jobs import cancel_job

    encode.encode_pending(limit=6)
    cancel_job(Job.objects.get(kind="encode"))
    encode.encode_pending()
    assert Job.objects.get(kind="encode").state == "cancelled"
    assert encode.encode_pending() == 0
    Job.objects.update(finished_at=timezone.now() - encoding_job.PAUSE)
    assert encode_all() > 0


def test_an_encoder_that_cannot_be_loaded_is_told_once_with_its_remedy(
    prepared_shop: None, settings: Any
) -> None:
    settings.ENCODER = "local-dir:/nowhere"
    encode.encode_pending()
    encode.encode_pending()
    job = Job.objects.get(kind="encode")
    assert job.state == "failed"
    assert "open_clip_config.json" in job.error
    assert job.remedy
    with override("zh-hans"):
        assert job.told_error == "/nowhere 中没有 open_clip_config.json。"
        assert job.told_remedy == "请给出由 open_clip 或其模型库保存的文件夹。"


def test_another_encoder_fills_a_shadow_that_flips_once_it_knows_everything(
    prepared_shop: None, settings: Any
) -> None:
    encode_all()
    first = active_space()
    settings.ENCODER = QUICK_ENCODER.replace(":statistics", ":other_statistics")
    encode.encode_pending(limit=5)
    assert active_space() == first
    shadow = EncoderSpace.objects.get(state="shadow")
    assert spaces.space_coverage(shadow)["items_done"] == 5
    encode_all()
    index.rebuild_index()
    assert active_space() == shadow
    first.refresh_from_db()
    assert first.state == "retired"


def test_new_weights_under_the_same_name_take_over_once_they_know_everything(prepared_shop: None) -> None:
    encode_all()
    EncoderSpace.objects.update(weights_hash="0123456789abcdef")  # the weights there were before
    old = active_space()
    assert encode_all() == 13
    index.rebuild_index()
    assert active_space() != old
    assert Embedding.objects.ready().filter(space=active_space()).count() == 13
    assert not Job.objects.filter(state="failed").exists()


def test_while_a_shadow_is_filled_new_items_join_the_serving_space_first(
    tmp_path: Path, prepared_shop: None, settings: Any
) -> None:
    from tests.services.importing import bring_in, table

    encode_all()
    first = active_space()
    settings.ENCODER = QUICK_ENCODER.replace(":statistics", ":other_statistics")
    bring_in(table(tmp_path / "more.csv", [{"external_id": "hat", "title": "Straw hat"}]))
    encode.encode_pending(limit=1)
    assert Embedding.objects.ready().filter(item__external_id="hat", space=first).exists()


# -- queries -----------------------------------------------------------------------------------------------


def test_a_query_is_encoded_part_by_part_in_the_space_it_names(prepared_shop: None) -> None:
    from base64 import b64decode

    encode_all()
    medium = Media.objects.filter(kind="image").earliest("pk")
    sound = Media.objects.get(kind="audio")
    answer = encode.encode_query_payload(
        {
            "space": active_space().key,
            "parts": [
                {"modality": "text", "text": "red bag"},
                {"modality": "image", "name": medium.file},
                {"modality": "audio", "name": sound.file},
            ],
        }
    )
    vectors = [np.frombuffer(b64decode(one), "<f4") for one in answer["vectors"]]
    assert [vector.shape for vector in vectors] == [(active_space().dim,)] * 3
    stored = vector_of(Embedding.objects.get(media=medium))
    assert float(vectors[1] @ stored) > 0.99


def test_a_query_for_a_space_that_is_gone_is_refused() -> None:
    answer = encode.encode_query_payload({"space": "gone", "parts": []})
    assert "gone" in answer["error"]


def test_vectors_of_other_weights_never_enter_a_space(prepared_shop: None) -> None:
    from recommender.services.loaded import encoder_of

    encode_all()
    space = active_space()
    space.weights_hash = "another"
    with pytest.raises(EncoderError):
        encoder_of(space)
