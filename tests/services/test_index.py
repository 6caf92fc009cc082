"""The index as a process sees it: the snapshot that serves, and whatever has changed since."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from django.utils.translation import override

from recommender.models import Embedding, EncoderSpace, IndexSnapshot, Item, Media
from recommender.services import index, spaces
from recommender.services.catalogue import set_availability

pytestmark = pytest.mark.django_db

DIM = 4


@pytest.fixture(autouse=True)
def _always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call looks at the database, as it would a second later."""
    monkeypatch.setattr(index, "REFRESH_SECONDS", 0.0)


@pytest.fixture
def space() -> EncoderSpace:
    return EncoderSpace.objects.create(
        spec="s",
        name="n",
        weights_hash="h",
        dim=DIM,
        preprocessing="p",
        modalities=["image", "text", "audio"],
        state="active",
    )


def axis(number: int) -> np.ndarray:
    return np.eye(DIM, dtype=np.float32)[number]


def item(number: int) -> Item:
    return Item.objects.create(external_id=f"i{number}", title=f"Item {number}")


def vector(
    space: EncoderSpace, owner: Item, values: np.ndarray, modality: str = "text", media: Media | None = None
) -> Embedding:
    return Embedding.objects.create(
        space=space,
        item=owner,
        media=media,
        modality=modality,
        state="ready",
        vector=values.astype("<f2").tobytes(),
    )


def found(values: np.ndarray, modality: str = "text") -> list[int]:
    """Items by similarity to ``values``, those with none left out."""
    from recommender.engine.index import compose_query

    live = index.live_index()
    assert live is not None
    query = compose_query({modality: values}, {modality: 1.0}, DIM)
    return [hit.item_id for hit in live.search(query, 10) if hit.score > 0.5]


def test_before_anything_is_encoded_there_is_no_index() -> None:
    assert index.live_index() is None


def test_it_finds_what_was_encoded_before_any_snapshot(space: EncoderSpace) -> None:
    one = item(1)
    vector(space, one, axis(0))
    assert found(axis(0)) == [one.pk]


def test_a_new_vector_is_found_at_the_next_look(space: EncoderSpace) -> None:
    vector(space, item(1), axis(0))
    index.rebuild_index(force=True)
    assert found(axis(1)) == []
    new = item(2)
    vector(space, new, axis(1))
    assert found(axis(1)) == [new.pk]


def test_a_new_vector_is_found_while_a_rebuild_runs(
    space: EncoderSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import recommender.engine.index as engine

    vector(space, item(1), axis(0))
    index.rebuild_index(force=True)
    seen: list[list[int]] = []
    write = engine.write_snapshot

    def slow_write(*args: Any, **options: Any) -> Any:
        new = item(2)
        vector(space, new, axis(1))
        seen.append(found(axis(1)))
        return write(*args, **options)

    monkeypatch.setattr(engine, "write_snapshot", slow_write)
    index.rebuild_index(force=True)
    new = Item.objects.get(external_id="i2")
    assert seen == [[new.pk]]
    assert found(axis(1)) == [new.pk]


def test_a_claim_settled_after_later_rows_were_seen_is_not_missed(space: EncoderSpace) -> None:
    late, early = item(1), item(2)
    claim = Embedding.objects.create(space=space, item=late, modality="text")
    vector(space, early, axis(1))
    assert found(axis(0)) == []
    Embedding.objects.filter(pk=claim.pk).update(state="ready", vector=axis(0).astype("<f2").tobytes())
    assert found(axis(0)) == [late.pk]


def test_a_claim_settled_during_a_rebuild_is_not_missed(space: EncoderSpace) -> None:
    late, early = item(1), item(2)
    claim = Embedding.objects.create(space=space, item=late, modality="text")
    vector(space, early, axis(1))
    Embedding.objects.update(created_at=timezone.now() - timedelta(hours=1))
    index.rebuild_index(force=True)
    Embedding.objects.filter(pk=claim.pk).update(state="ready", vector=axis(0).astype("<f2").tobytes())
    assert found(axis(0)) == [late.pk]


def test_changed_words_are_found_by_what_they_say_now(space: EncoderSpace) -> None:
    one = item(1)
    old = vector(space, one, axis(0))
    index.rebuild_index(force=True)
    assert found(axis(0)) == [one.pk]
    old.delete()
    vector(space, one, axis(1))
    assert found(axis(0)) == []
    assert found(axis(1)) == [one.pk]


def test_a_picture_that_was_removed_no_longer_counts(space: EncoderSpace) -> None:
    one = item(1)
    media = Media.objects.create(item=one, kind="image", checksum="c", state="ready")
    vector(space, one, axis(0), "image", media)
    index.rebuild_index(force=True)
    assert found(axis(0), "image") == [one.pk]
    media.delete()
    Item.objects.filter(pk=one.pk).update(updated_at=timezone.now())
    assert found(axis(0), "image") == []


def test_several_pictures_of_an_item_are_averaged(space: EncoderSpace) -> None:
    one = item(1)
    for number in (0, 1):
        media = Media.objects.create(item=one, kind="image", checksum=str(number), state="ready")
        vector(space, one, axis(number), "image", media)
    ids, matrix = index.item_vectors(space)
    assert ids.tolist() == [one.pk]
    assert matrix[0, :2] == pytest.approx([0.5**0.5] * 2, abs=1e-3)


@pytest.mark.parametrize("state", ["retired", "unavailable"])
def test_a_withdrawn_item_leaves_at_the_next_look_and_can_come_back(space: EncoderSpace, state: str) -> None:
    one = item(1)
    vector(space, one, axis(0))
    index.rebuild_index(force=True)
    assert found(axis(0)) == [one.pk]
    set_availability(one, state)
    assert found(axis(0)) == []
    set_availability(one, "available")
    assert found(axis(0)) == [one.pk]


def test_what_was_withdrawn_or_deleted_since_the_snapshot_is_gone_when_it_is_opened(
    space: EncoderSpace,
) -> None:
    items = [item(number) for number in range(3)]
    for number, one in enumerate(items):
        vector(space, one, axis(number))
    index.rebuild_index(force=True)
    Item.objects.filter(pk=items[0].pk).update(availability="retired")
    items[1].delete()
    live = index.live_index()
    assert live is not None
    assert live.ids.tolist() == [items[2].pk]


def test_a_process_goes_over_to_the_new_snapshot(space: EncoderSpace) -> None:
    one = item(1)
    vector(space, one, axis(0))
    index.rebuild_index(force=True)
    before = index.live_index()
    index.rebuild_index(force=True)
    assert index.live_index() is not before
    assert found(axis(0)) == [one.pk]
    assert sorted(IndexSnapshot.objects.values_list("state", flat=True)) == ["active", "retired"]


def test_it_goes_over_to_another_space_with_its_own_vectors(space: EncoderSpace) -> None:
    one = item(1)
    vector(space, one, axis(0))
    assert found(axis(0)) == [one.pk]
    other = EncoderSpace.objects.create(spec="o", name="o", weights_hash="h", dim=DIM, preprocessing="p")
    vector(other, one, axis(1))
    spaces.activate_space(other)
    assert found(axis(0)) == []
    assert found(axis(1)) == [one.pk]


def test_a_damaged_snapshot_is_read_from_the_database_and_built_anew(
    space: EncoderSpace, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    one = item(1)
    vector(space, one, axis(0))
    row = index.rebuild_index(force=True)
    assert row is not None
    for file in (Path(settings.INDEX_ROOT) / row.path).iterdir():
        file.write_bytes(b"")
    assert found(axis(0)) == [one.pk]
    row.refresh_from_db()
    assert row.state == "failed"
    with override("zh-hans"):
        assert row.told_error == f"快照 {row.path} 的清单已损坏。 请重建索引：其向量都在数据库中。"
    assert index.rebuild_index() is not None
    assert found(axis(0)) == [one.pk]


def test_a_deleted_folder_is_made_again(space: EncoderSpace, settings: Any) -> None:
    import shutil

    one = item(1)
    vector(space, one, axis(0))
    index.rebuild_index(force=True)
    shutil.rmtree(settings.INDEX_ROOT)
    assert found(axis(0)) == [one.pk]
    assert index.rebuild_index() is not None


def test_it_is_rebuilt_only_when_the_delta_is_large_or_old(space: EncoderSpace) -> None:
    assert index.rebuild_index() is None
    vector(space, item(1), axis(0))
    assert index.rebuild_index() is not None
    assert index.rebuild_index() is None
    vector(space, item(2), axis(1))
    assert index.rebuild_index() is None
    IndexSnapshot.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert index.rebuild_index() is not None


def test_a_failed_build_leaves_the_serving_snapshot_and_nothing_on_disk(
    space: EncoderSpace, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import recommender.engine.index as engine

    one = item(1)
    vector(space, one, axis(0))
    serving = index.rebuild_index(force=True)

    def no_room(*args: Any, **options: Any) -> Any:
        raise OSError("No space left on device")

    monkeypatch.setattr(engine, "write_snapshot", no_room)
    with pytest.raises(OSError, match="No space"):
        index.rebuild_index(force=True)
    assert IndexSnapshot.objects.serving(space) == serving
    assert "No space" in IndexSnapshot.objects.get(state="failed").error
    assert len(list(Path(settings.INDEX_ROOT).iterdir())) == 1
    assert found(axis(0)) == [one.pk]


def test_one_look_costs_few_queries(space: EncoderSpace, django_assert_max_num_queries: Any) -> None:
    for number in range(DIM):
        vector(space, item(number), axis(number))
    index.rebuild_index(force=True)
    index.live_index()
    with django_assert_max_num_queries(4):
        index.live_index()


def test_a_view_of_a_moment_ago_is_brought_up_to_date_aside(
    space: EncoderSpace, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    vector(space, item(1), axis(0))
    assert len(found(axis(0))) == 1
    aside: list[tuple[Any, ...]] = []
    monkeypatch.setattr(index, "later", lambda *call: aside.append(call))
    settings.WORK_ASIDE = True
    vector(space, item(2), axis(0))
    assert len(found(axis(0))) == 1  # nobody waits for the look
    for look, *args in aside:
        look(*args)
    assert len(found(axis(0))) == 2


def test_after_a_pause_the_first_request_sees_what_has_come(
    space: EncoderSpace, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    vector(space, item(1), axis(0))
    assert len(found(axis(0))) == 1
    settings.WORK_ASIDE = True
    monkeypatch.setattr(index, "_STALE_SECONDS", 0.0)
    vector(space, item(2), axis(0))
    assert len(found(axis(0))) == 2


def test_whoever_keeps_something_of_items_hears_of_their_change(
    space: EncoderSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = item(1)
    vector(space, one, axis(0))
    index.rebuild_index(force=True)
    heard: list[int] = []
    monkeypatch.setattr(index, "_listeners", [heard.extend])
    index.live_index()
    heard.clear()
    one.title = "Another"
    one.save()
    index.live_index()
    assert heard == [one.pk]
