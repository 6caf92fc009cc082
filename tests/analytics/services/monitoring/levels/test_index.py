"""Levels of the index, and its recall against exact search: of a whole index, and of broken ones."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone
from redis import Redis

from analytics.services.monitoring import levels_index
from analytics.tasks import sample_recall
from recommender.models import Embedding, EncoderSpace, IndexSnapshot, Item
from recommender.services import index, recall
from tests.analytics.services.monitoring.levels.conftest import DIM, Said, make_item, make_space, make_vector

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(space: EncoderSpace) -> EncoderSpace:
    """Sixty items with words, half of them with a look too."""
    random = np.random.default_rng(5)
    for number in range(60):
        item = make_item(number)
        make_vector(space, item, "text", random.normal(size=DIM))
        if number % 2:
            make_vector(space, item, "image", random.normal(size=DIM))
    long_ago = timezone.now() - timedelta(minutes=5)  # else all of it is read again as just changed
    Embedding.objects.update(created_at=long_ago)
    Item.objects.update(updated_at=long_ago)
    index.rebuild_index(force=True)
    return space


def measured(seed: int = 1) -> recall.Recall:
    found = recall.sample_recall(seed)
    assert found is not None
    return found


def broken(space: EncoderSpace, kept: Any) -> None:
    """The snapshot that serves holds only some of its items, and says that it has all."""
    from recommender.engine.index import write_snapshot

    row = IndexSnapshot.objects.serving(space)
    assert row is not None
    ids, matrix = index.item_vectors(space)
    row.path = "broken"
    folder = Path(index.settings.INDEX_ROOT) / row.path
    folder.mkdir()
    write_snapshot(
        folder, ids[kept], matrix[kept], space_key=space.key, watermark=row.watermark,
        modalities=space.modalities, hnsw_from=1_000_000,
    )  # fmt: skip
    row.save()


# -- recall -------------------------------------------------------------------------------------------------


def test_a_whole_index_finds_everything(world: EncoderSpace) -> None:
    found = measured()
    assert found.recall == 1.0
    assert found.asked > 20
    assert found.space == world.key


def test_an_index_that_lost_half_of_its_vectors_finds_about_half(world: EncoderSpace) -> None:
    broken(world, np.arange(60) % 2 == 0)
    assert 0.3 < measured().recall < 0.7


def test_an_index_whose_vectors_are_of_other_items_finds_little(world: EncoderSpace) -> None:
    from recommender.engine.index import write_snapshot

    row = IndexSnapshot.objects.serving(world)
    assert row is not None
    ids, matrix = index.item_vectors(world)
    row.path = "shuffled"
    folder = Path(index.settings.INDEX_ROOT) / row.path
    folder.mkdir()
    write_snapshot(
        folder, ids, np.roll(matrix, 7, axis=0), space_key=world.key, watermark=row.watermark,
        modalities=world.modalities, hnsw_from=1_000_000,
    )  # fmt: skip
    row.save()
    assert measured().recall < 0.5


def test_what_came_after_the_snapshot_counts_as_found(world: EncoderSpace) -> None:
    random = np.random.default_rng(6)
    for number in range(100, 120):
        make_vector(world, make_item(number), "text", random.normal(size=DIM))
    assert measured().recall == 1.0


def test_the_exact_answers_are_those_of_a_plain_loop(world: EncoderSpace) -> None:
    """Over portions, against one product and a sort; hits that are half of the truth."""
    from recommender.engine.index.composition import Asked, presence
    from recommender.engine.index.recall import Truth

    ids, matrix = index.item_vectors(world)
    queries, own = matrix[:8] * 0.5, ids[:8].tolist()
    hits, wanted = [], []
    for query, mine in zip(queries, own, strict=True):
        asked = Asked.of(query, DIM)
        scores = asked.scores(asked.parts(matrix), presence(matrix, DIM))
        order = [int(ids[row]) for row in np.argsort(-scores) if ids[row] != mine and asked.meets.any()]
        meets = asked.meets[presence(matrix, DIM)]
        order = [pk for pk in order if meets[np.searchsorted(ids, pk)]][:10]
        hits.append([*order[::2], 10**9])
        wanted.append(5 / 10)
    truth = Truth(queries, DIM, 10, own)
    for start in range(0, len(ids), 7):
        truth.look_at(ids[start : start + 7], matrix[start : start + 7], hits)
    assert truth.recall().tolist() == wanted


def test_a_catalogue_smaller_than_ten_is_judged_by_what_there_is(space: EncoderSpace) -> None:
    random = np.random.default_rng(7)
    for number in range(4):
        make_vector(space, make_item(number), "text", random.normal(size=DIM))
    index.rebuild_index(force=True)
    assert measured().recall == 1.0


def test_without_a_space_or_vectors_nothing_is_measured() -> None:
    assert recall.sample_recall() is None
    make_space("active")
    assert recall.sample_recall() is None


def test_withdrawn_items_are_neither_asked_nor_missed(world: EncoderSpace) -> None:
    Item.objects.filter(external_id__in=[f"i{number}" for number in range(30)]).update(
        availability="retired", updated_at=timezone.now()
    )
    assert measured().recall == 1.0


# -- levels -------------------------------------------------------------------------------------------------


def test_the_periodic_task_measures_and_the_watch_tells(world: EncoderSpace, said: Said) -> None:
    sample_recall.delay()
    last = recall.last_recall()
    assert last is not None
    levels_index.take_index(last.time + 100)
    assert said("mmsite_index_recall_at_10") == {(): 1.0}
    assert said("mmsite_index_recall_age_seconds") == {(): 100.0}


def test_an_old_recall_is_no_longer_told(world: EncoderSpace, said: Said) -> None:
    at = measured().time
    levels_index.take_index(at)
    levels_index.take_index(at + 3601)
    assert said("mmsite_index_recall_at_10") == {}


def test_the_recall_of_another_space_is_not_told(world: EncoderSpace, said: Said) -> None:
    at = measured().time
    EncoderSpace.objects.update(state="retired")
    EncoderSpace.objects.filter(pk=make_space("shadow").pk).update(state="active")
    levels_index.take_index(at)
    assert said("mmsite_index_recall_at_10") == {}


def test_what_is_remembered_by_another_release_is_passed_over(redis_server: Redis) -> None:
    redis_server.set(recall.KEY, '{"share": 1}')
    assert recall.last_recall() is None


def test_size_age_delta_and_building_time_are_told(world: EncoderSpace, said: Said) -> None:
    IndexSnapshot.objects.update(created_at=timezone.now() - timedelta(hours=2), seconds=1.5)
    for number in range(100, 103):
        make_vector(world, make_item(number))
    levels_index.take_index(time.time())
    assert said("mmsite_index_items") == {(): 60.0}
    assert said("mmsite_index_age_seconds")[()] == pytest.approx(7200, abs=60)
    assert said("mmsite_index_delta") == {(): 3.0}
    assert said("mmsite_index_build_seconds") == {(): 1.5}


def test_without_a_snapshot_all_vectors_are_the_delta(space: EncoderSpace, said: Said) -> None:
    make_vector(space, make_item(1))
    levels_index.take_index(0.0)
    assert said("mmsite_index_delta") == {(): 1.0}
    assert said("mmsite_index_age_seconds") == {}
