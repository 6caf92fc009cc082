"""The index of a site whose snapshots are kept in Milvus; tests/conformance has the laws of its answers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from analytics.services.monitoring.lights import Level
from analytics.services.monitoring.readiness import readiness
from recommender.errors import IndexUnavailable
from recommender.models import Embedding, EncoderSpace, IndexSnapshot, Item
from recommender.services import choosing, index, recall, snapshots, sweep
from recommender.services.catalogue import set_availability
from recommender.services.snapshots.milvus import MilvusStore, collection_of
from tests.analytics.services.monitoring.planted import looked
from tests.milvus import MilvusLite, milvus_lite
from tests.services import planted
from tests.services.search.asking import ask, names
from tests.services.test_index import axis, found, item, space, vector

pytestmark = pytest.mark.django_db

__all__ = ["space"]
SECRET = "root:hush-hush"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusLite]:
    with milvus_lite(tmp_path_factory.mktemp("milvus")) as running:
        yield running


@pytest.fixture(autouse=True)
def store(server: MilvusLite, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[MilvusStore]:
    """The site's own; every call looks at the database, as it would a second later."""
    monkeypatch.setattr(index, "REFRESH_SECONDS", 0.0)
    settings.VECTOR_INDEX = server.setting
    settings.VECTOR_INDEX_TOKEN = SECRET
    chosen = snapshots.snapshot_store()
    assert isinstance(chosen, MilvusStore)
    yield chosen
    server.start()


def collections(server: MilvusLite) -> set[str]:
    from pymilvus import MilvusClient

    client = MilvusClient(f"http://127.0.0.1:{server.port}", dedicated=True)
    try:
        return set(client.list_collections())
    finally:
        client.close()


def built() -> IndexSnapshot:
    """A snapshot of items and vectors so old that no reader takes them up beside it."""
    long_ago = timezone.now() - timedelta(hours=1)
    Embedding.objects.update(created_at=long_ago)
    Item.objects.update(updated_at=long_ago)
    row = index.rebuild_index(force=True)
    assert row is not None
    return row


# -- serving -----------------------------------------------------------------------------------------------


def test_a_snapshot_is_a_collection_and_no_file(
    space: EncoderSpace, server: MilvusLite, settings: Any
) -> None:
    one = item(1)
    vector(space, one, axis(0))
    row = built()
    assert collection_of(row.path) in collections(server)
    assert not Path(settings.INDEX_ROOT).exists()
    assert found(axis(0)) == [one.pk]
    live = index.live_index()
    assert live is not None
    assert live.part_of(one.pk) == "snapshot"


def test_an_index_of_nothing_can_be_built(space: EncoderSpace) -> None:
    assert built().items == 0
    assert found(axis(0)) == []


def test_a_new_vector_is_found_at_the_next_look(space: EncoderSpace) -> None:
    vector(space, item(1), axis(0))
    built()
    assert found(axis(1)) == []
    new = item(2)
    vector(space, new, axis(1))
    assert found(axis(1)) == [new.pk]


def test_a_new_vector_is_found_while_a_rebuild_runs_and_after_it(
    space: EncoderSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    vector(space, item(1), axis(0))
    before = built()
    seen: list[list[int]] = []
    write = MilvusStore.write

    def slow_write(*args: Any) -> Any:
        vector(space, item(2), axis(1))
        seen.append(found(axis(1)))
        assert IndexSnapshot.objects.serving(space) == before
        return write(*args)

    monkeypatch.setattr(MilvusStore, "write", slow_write)
    assert built() != before
    assert seen == [found(axis(1))]
    assert len(seen[0]) == 1


def test_a_withdrawn_item_leaves_at_the_next_look_and_can_come_back(space: EncoderSpace) -> None:
    one = item(1)
    vector(space, one, axis(0))
    built()
    set_availability(one, "retired")
    assert found(axis(0)) == []
    set_availability(one, "available")
    assert found(axis(0)) == [one.pk]


def test_changed_words_are_found_by_what_they_say_now(space: EncoderSpace) -> None:
    one = item(1)
    old = vector(space, one, axis(0))
    built()
    assert found(axis(0)) == [one.pk]
    old.delete()
    vector(space, one, axis(1))
    assert found(axis(0)) == []
    assert found(axis(1)) == [one.pk]


def test_going_back_serves_the_collection_before_with_what_has_come_since(space: EncoderSpace) -> None:
    first, second = item(1), item(2)
    vector(space, first, axis(0))
    before = built()
    vector(space, second, axis(1))
    built()
    assert choosing.roll_back_index() == before
    assert found(axis(0)) == [first.pk]
    assert found(axis(1)) == [second.pk]
    assert index.rebuild_index() is None


def test_another_space_is_served_by_its_own_collection(space: EncoderSpace) -> None:
    one = item(1)
    vector(space, one, axis(0))
    built()
    assert found(axis(0)) == [one.pk]
    other = EncoderSpace.objects.create(spec="o", name="o", weights_hash="h", dim=4, preprocessing="p")
    vector(other, one, axis(1))
    index.promote(other)
    assert found(axis(0)) == []
    assert found(axis(1)) == [one.pk]


def test_a_collection_of_another_space_is_refused_and_the_vectors_are_read_from_the_database(
    space: EncoderSpace, caplog: pytest.LogCaptureFixture
) -> None:
    one = item(1)
    vector(space, one, axis(0))
    row = built()
    EncoderSpace.objects.filter(pk=space.pk).update(weights_hash="other")
    assert found(axis(0)) == [one.pk]
    assert "belongs to encoder space" in caplog.text
    row.refresh_from_db()
    assert row.state == "failed"


def test_a_collection_that_somebody_removed_is_made_again(space: EncoderSpace, store: MilvusStore) -> None:
    one = item(1)
    vector(space, one, axis(0))
    row = built()
    store.drop(row.path)
    assert not snapshots.is_kept(row)
    assert index.rebuild_index() not in (None, row)
    assert found(axis(0)) == [one.pk]


def test_a_snapshot_of_files_is_replaced_by_a_collection(
    space: EncoderSpace, server: MilvusLite, settings: Any
) -> None:
    one = item(1)
    vector(space, one, axis(0))
    settings.VECTOR_INDEX = "faiss"
    in_files = built()
    settings.VECTOR_INDEX = server.setting
    index.forget_index()
    assert found(axis(0)) == [one.pk]
    assert index.rebuild_index() not in (None, in_files)
    assert found(axis(0)) == [one.pk]


def test_its_recall_is_measured_against_the_database(space: EncoderSpace) -> None:
    rng = np.random.default_rng(0)
    for number in range(30):
        vector(space, item(number), rng.standard_normal(4))
    built()
    measured = recall.sample_recall(seed=0)
    assert measured is not None
    assert measured.recall == 1.0


# -- builds that fail, and snapshots that go ----------------------------------------------------------------


def test_a_build_that_fails_half_way_leaves_what_serves_and_drops_its_own(
    space: EncoderSpace, server: MilvusLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = item(1)
    vector(space, one, axis(0))
    serving = built()
    present = collections(server)

    def no_room(*_: Any) -> None:
        assert len(collections(server)) == len(present) + 1
        raise OSError("No space left on device")

    monkeypatch.setattr(MilvusStore, "_make_ready", no_room)
    with pytest.raises(OSError, match="No space"):
        index.rebuild_index(force=True)
    assert IndexSnapshot.objects.serving(space) == serving
    assert collections(server) == present
    assert "No space" in IndexSnapshot.objects.get(state="failed").error
    assert found(axis(0)) == [one.pk]


def test_a_half_made_collection_goes_once_a_milvus_that_died_is_back(
    space: EncoderSpace, server: MilvusLite, monkeypatch: pytest.MonkeyPatch
) -> None:
    vector(space, item(1), axis(0))
    serving = built()
    present = collections(server)
    monkeypatch.setattr(MilvusStore, "_make_ready", lambda *_: server.stop() or _ask_in_vain())
    with pytest.raises(IndexUnavailable):
        index.rebuild_index(force=True)
    assert sweep.purge()["snapshots"] == 0
    server.start()
    snapshots.forget_store()
    assert len(collections(server)) == len(present) + 1
    assert sweep.purge()["snapshots"] == 1
    assert collections(server) == present
    assert IndexSnapshot.objects.get() == serving


def _ask_in_vain() -> None:
    snapshots.snapshot_store().holds("1-a")


def test_only_the_snapshot_before_the_serving_one_stays(space: EncoderSpace, server: MilvusLite) -> None:
    vector(space, item(1), axis(0))
    rows = [built() for _ in range(3)]
    others = collections(server) - {collection_of(row.path) for row in rows}
    sweep.purge()
    assert collections(server) - others == {collection_of(row.path) for row in rows[1:]}
    assert list(IndexSnapshot.objects.order_by("pk")) == rows[1:]


# -- Milvus away ---------------------------------------------------------------------------------------------


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> EncoderSpace:
    """48 things in a snapshot, and a query worker that answers."""
    planted.plant(monkeypatch)
    serving = EncoderSpace.objects.active()
    assert serving is not None
    built()
    assert ask("red leather bag").notice == ""
    index.forget_index()  # and the vectors that it remembers
    assert index.live_index() is not None
    return serving


@pytest.fixture
def away(shop: EncoderSpace, server: MilvusLite) -> MilvusLite:
    server.stop()
    return server


def some_seconds_pass(store: MilvusStore) -> None:
    store._link.trust_again()


def test_search_goes_by_words_alone_and_says_so_until_it_is_back(
    away: MilvusLite, store: MilvusStore
) -> None:
    for _attempt in range(2):  # the one that finds out, and those after it
        page = ask("red leather bag")
        assert page.notice == "index_down"
        assert names(page)[0] == "red leather bag"
        assert set(page.cards[0].parts) == {"lexical"}
    away.start()
    some_seconds_pass(store)
    page = ask("red leather bag")
    assert page.notice == ""
    assert "text" in page.cards[0].parts


def test_a_process_that_starts_meanwhile_answers_as_well(away: MilvusLite, store: MilvusStore) -> None:
    index.forget_index()
    assert index.live_index() is None
    assert ask("red leather bag").notice == "index_down"
    away.start()
    some_seconds_pass(store)
    assert ask("red leather bag").notice == ""


def test_no_page_fails(away: MilvusLite, client: Client) -> None:
    for address in ("/search/?q=red+leather+bag", "/", "/search/?q=lamp"):
        answer = client.get(address, HTTP_ACCEPT_LANGUAGE="en")
        assert answer.status_code == 200
    assert "The index is not answering." in answer.content.decode()


def test_what_has_come_since_the_snapshot_is_found_by_who_finds_out(
    space: EncoderSpace, server: MilvusLite
) -> None:
    vector(space, item(1), axis(0))
    built()
    new = item(2)
    vector(space, new, axis(0))
    live = index.live_index()
    assert live is not None
    server.stop()
    assert [hit.item_id for hit in live.search(np.tile(axis(0), 3), 10)] == [new.pk]
    assert index.index_is_away()


def test_nobody_waits_again_for_some_seconds(away: MilvusLite, store: MilvusStore) -> None:
    assert ask("red leather bag").notice == "index_down"
    away.start()
    assert store.is_away()
    assert ask("red leather bag").notice == "index_down"


def test_health_and_readiness_tell_it_without_the_token(
    away: MilvusLite, caplog: pytest.LogCaptureFixture
) -> None:
    light = looked("index")
    assert light.level is Level.RED
    assert str(light.reason) == f"Milvus does not answer at {away.setting}."
    assert "VECTOR_INDEX" in str(light.remedy)
    assert readiness()["index"] == "what keeps the index does not answer"
    ask("red leather bag")
    assert "does not answer" in caplog.text
    assert SECRET not in caplog.text


def test_the_light_is_green_while_it_answers(shop: EncoderSpace) -> None:
    assert looked("index", timezone.now().timestamp()).level is Level.GREEN
    assert readiness()["index"] == "ok"


def test_nothing_is_built_until_it_is_back_unless_somebody_asks(away: MilvusLite, shop: EncoderSpace) -> None:
    serving = IndexSnapshot.objects.serving(shop)
    IndexSnapshot.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert index.rebuild_index() is None
    assert IndexSnapshot.objects.count() == 1
    with pytest.raises(IndexUnavailable):
        index.rebuild_index(force=True)
    assert IndexSnapshot.objects.serving(shop) == serving


def test_no_recall_is_told_of_an_index_that_did_not_answer(away: MilvusLite) -> None:
    assert recall.sample_recall(seed=0) is None


def test_a_token_that_the_server_repeats_is_not_written_into_the_log(
    store: MilvusStore, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pymilvus

    def refuse(**options: Any) -> None:
        raise pymilvus.exceptions.MilvusException(65, f"auth failed for {options['token']}")

    store.close()
    some_seconds_pass(store)
    monkeypatch.setattr(pymilvus, "MilvusClient", refuse)
    with caplog.at_level(logging.WARNING), pytest.raises(IndexUnavailable) as told:
        store.holds("1-a")
    assert "auth failed for ***" in caplog.text
    assert SECRET not in caplog.text + str(told.value)
