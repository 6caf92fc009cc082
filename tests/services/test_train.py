"""The item graph: fitted from events and vectors, flipped by a row, opened once by each process."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from recommender.models import Embedding, EncoderSpace, Interaction, Item, ModelVersion
from recommender.services import train

pytestmark = pytest.mark.django_db

DIM = 8


@pytest.fixture(autouse=True)
def _always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "CHECK_SECONDS", 0.0)


@pytest.fixture
def items() -> list[Item]:
    return [Item.objects.create(external_id=f"i{n}", title=f"Item {n}") for n in range(6)]


def like(item: Item, visitor: str, kind: str = "like", **fields: Any) -> Interaction:
    return Interaction.objects.create(item=item, visitor=visitor, kind=kind, **fields)


@pytest.fixture
def two_tastes(items: list[Item]) -> list[Item]:
    """Twenty visitors who like two of the first three items, twenty who like two of the others."""
    for group in (0, 3):
        for person in range(20):
            left_out = person % 3
            for place in range(3):
                if place != left_out:
                    like(items[group + place], f"v{group}-{person}")
    return items


@pytest.fixture
def vectors(items: list[Item]) -> EncoderSpace:
    """The words of neighbours in the list are alike in pairs."""
    space = EncoderSpace.objects.create(
        spec="s",
        name="n",
        weights_hash="h",
        dim=DIM,
        preprocessing="p",
        modalities=["image", "text"],
        state="active",
    )
    for number, item in enumerate(items):
        values = np.eye(DIM, dtype=np.float32)[number // 2] + 0.1 * np.eye(DIM, dtype=np.float32)[number]
        values /= np.linalg.norm(values)
        Embedding.objects.create(
            space=space, item=item, modality="text", state="ready", vector=values.astype("<f2").tobytes()
        )
    return space


def neighbours(item: Item, source: str) -> list[int]:
    """Items reached from ``item`` through ``source``, the nearest first, itself left out."""
    graph = train.current_graph()
    assert graph is not None
    found = graph.accumulate(np.array([item.pk]), np.array([1.0], np.float32))
    values = found.values[list(graph.sources).index(source)]
    order = np.argsort(-values)
    return [int(found.ids[n]) for n in order if values[n] > 0 and found.ids[n] != item.pk]


def test_without_events_and_vectors_there_is_no_graph(items: list[Item]) -> None:
    assert train.refresh_graph() is None
    assert train.current_graph() is None


def test_items_liked_by_the_same_people_are_neighbours(two_tastes: list[Item]) -> None:
    train.refresh_graph()
    assert set(neighbours(two_tastes[0], "crowd")) == {two_tastes[1].pk, two_tastes[2].pk}


def test_items_that_read_alike_are_neighbours_without_any_event(
    items: list[Item], vectors: EncoderSpace
) -> None:
    train.refresh_graph()
    assert neighbours(items[2], "text")[0] == items[3].pk


def test_withdrawn_items_are_not_in_the_graph(two_tastes: list[Item]) -> None:
    Item.objects.filter(pk=two_tastes[1].pk).update(availability="retired")
    train.refresh_graph()
    assert neighbours(two_tastes[0], "crowd") == [two_tastes[2].pk]


def test_what_people_turn_down_brings_nothing_closer(items: list[Item]) -> None:
    for person in range(10):
        like(items[0], f"v{person}")
        like(items[1], f"v{person}", "dislike")
        like(items[2], f"v{person}")
    train.refresh_graph()
    assert neighbours(items[0], "crowd") == [items[2].pk]


def test_a_recent_event_makes_an_item_more_popular_than_an_old_one(items: list[Item]) -> None:
    long_ago = timezone.now() - timedelta(days=400)
    for person in range(4):
        like(items[0], f"a{person}", created_at=long_ago)
        like(items[1], f"b{person}")
    events = train.read_events(np.array([item.pk for item in items]))
    popular = train.popularity(events, len(items))
    assert popular[1] == pytest.approx(1.0)
    assert popular[0] < popular[1]
    assert popular[2] == 0.0


def test_it_is_fitted_anew_when_enough_has_come(two_tastes: list[Item]) -> None:
    assert train.refresh_graph() is not None
    assert train.refresh_graph() is None
    like(two_tastes[0], "one more")
    assert train.refresh_graph() is None
    for person in range(30):
        like(two_tastes[0], f"many-{person}")
    assert train.refresh_graph() is not None


def test_a_little_news_is_enough_after_an_hour(two_tastes: list[Item]) -> None:
    train.refresh_graph()
    like(two_tastes[0], "one more")
    ModelVersion.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert train.refresh_graph() is not None


def test_a_process_goes_over_to_the_new_graph(two_tastes: list[Item]) -> None:
    train.refresh_graph()
    before = train.current_graph()
    assert train.current_graph() is before
    train.refresh_graph(force=True)
    assert train.current_graph() is not before
    assert sorted(ModelVersion.objects.values_list("state", flat=True)) == ["active", "retired"]


def test_its_row_says_what_it_was_fitted_with(two_tastes: list[Item], vectors: EncoderSpace) -> None:
    row = train.refresh_graph()
    assert row is not None
    assert row.parameters["items"] == 6
    assert row.parameters["events"] == Interaction.objects.count()
    assert row.parameters["space"] == vectors.key
    assert set(row.parameters["sources"]) == {"crowd", "text"}
    assert row.seconds is not None


def test_a_damaged_graph_is_put_aside_and_fitted_anew(two_tastes: list[Item], settings: Any) -> None:
    row = train.refresh_graph()
    assert row is not None
    for file in (Path(settings.GRAPH_ROOT) / row.path).iterdir():
        file.write_bytes(b"")
    assert train.current_graph() is None
    row.refresh_from_db()
    assert row.state == "failed"
    assert train.refresh_graph() is not None
    assert train.current_graph() is not None


def test_a_failed_fit_leaves_the_serving_graph(
    two_tastes: list[Item], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import recommender.engine.graph as engine

    serving = train.refresh_graph()

    def no_room(*args: Any, **options: Any) -> Any:
        raise OSError("No space left on device")

    monkeypatch.setattr(engine, "write_graph", no_room)
    with pytest.raises(OSError, match="No space"):
        train.refresh_graph(force=True)
    assert ModelVersion.objects.serving(train.KIND) == serving
    assert len(list(Path(settings.GRAPH_ROOT).iterdir())) == 1


# -- how new ------------------------------------------------------------------------------------------------


def published(item: Item, days_ago: float) -> None:
    Item.objects.filter(pk=item.pk).update(published_at=timezone.now() - timedelta(days=days_ago))


def test_an_item_is_as_new_as_the_catalogue_says(items: list[Item]) -> None:
    published(items[0], days_ago=14)
    published(items[1], days_ago=3650)
    published(items[2], days_ago=-30)
    fresh = train.freshness(np.array([item.pk for item in items[:4]]))
    assert fresh == pytest.approx([0.5, 0.0, 1.0, 1.0], abs=0.01)
