"""The map of the catalogue: what is drawn, how far it can be believed, what colours it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from analytics.models import DriftReport, EmbeddingMap
from analytics.services import embedding_map
from analytics.services.embedding_map import draw_maps, groups, map_of, numbers, summary
from recommender.models import Category, EncoderSpace, Item
from tests.analytics.services.drift.conftest import NOW, Upload, space, upload
from tests.analytics.services.scored import scored

__all__ = ["space", "upload"]
pytestmark = pytest.mark.django_db


def test_every_modality_that_has_vectors_is_drawn_once(upload: Upload) -> None:
    items = upload(60)
    draw_maps()
    draw_maps()
    row = EmbeddingMap.objects.get()
    assert (row.modality, row.method) == ("text", "pca")
    places = map_of("text")
    assert places is not None
    assert places.ids.tolist() == sorted(item.pk for item in items)
    assert places.points.shape == (60, 2)
    assert np.abs(places.points).max() == pytest.approx(1.0)


def test_it_says_how_far_to_believe_it(upload: Upload) -> None:
    upload(120)
    draw_maps()
    figures = EmbeddingMap.objects.get().figures
    assert 0.05 < figures["kept"] < 1
    assert 0.5 < figures["trust"] <= 1
    assert (figures["items"], figures["of"]) == (120, 120)


def test_of_a_large_catalogue_a_sample_is_drawn(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_map, "MOST", 40)
    upload(100)
    draw_maps()
    first = map_of("text")
    draw_maps()
    second = map_of("text")
    assert first is not None
    assert second is not None
    assert first.ids.tolist() == second.ids.tolist()
    assert (first.row.figures["items"], first.row.figures["of"]) == (40, 100)


def test_withdrawn_items_leave_the_map(upload: Upload) -> None:
    items = upload(30)
    Item.objects.filter(pk=items[0].pk).update(availability="retired")
    draw_maps()
    places = map_of("text")
    assert places is not None
    assert items[0].pk not in places.ids


def test_a_map_of_nothing_is_taken_down(upload: Upload) -> None:
    upload(30)
    draw_maps()
    Item.objects.update(availability="retired")
    draw_maps()
    assert map_of("text") is None


def test_without_an_encoder_there_is_none(db: None) -> None:
    assert draw_maps() == []
    assert map_of("text") is None
    assert EncoderSpace.objects.count() == 0


def test_the_commonest_categories_have_a_colour_and_the_others_share_one(upload: Upload) -> None:
    for number in range(embedding_map.MOST_GROUPS + 2):
        upload(4 if number else 6, category=f"Shelf {number}", hours_ago=48 + number)
    draw_maps()
    places = map_of("text")
    assert places is not None
    named, codes = groups(places)
    assert named[0] == Category.objects.get(path="Shelf 0").pk
    assert len(named) == embedding_map.MOST_GROUPS + 1
    assert named[-1] is None
    assert np.bincount(codes).tolist() == [6, *[4] * (embedding_map.MOST_GROUPS - 1), 8]


def test_categories_below_one_top_are_coloured_by_the_second_floor(upload: Upload) -> None:
    items = upload(20)
    top = Category.objects.create(name="Shop", path="Shop")
    bags = Category.objects.create(name="Bags", path="Shop > Bags", parent=top, depth=1)
    small = Category.objects.create(name="Small", path="Shop > Bags > Small", parent=bags, depth=2)
    Category.objects.filter(path="Bags").update(parent=top)
    Item.objects.filter(pk__in=[item.pk for item in items[:5]]).update(category=small)
    draw_maps()
    places = map_of("text")
    assert places is not None
    assert bags.pk in groups(places)[0]
    assert small.pk not in groups(places)[0]


def test_numbers_are_those_of_each_item(upload: Upload) -> None:
    items = upload(20, hours_ago=48)
    scored(items[3], "negative")
    DriftReport.objects.create(
        subject="text", verdict="drifted", window_start=NOW, window_end=NOW, reference_start=NOW,
        reference_end=NOW, window_size=1, reference_size=1, items=[[items[5].pk, 0.97]],
    )  # fmt: skip
    draw_maps()
    places = map_of("text")
    assert places is not None
    at = {pk: place for place, pk in enumerate(places.ids.tolist())}
    feelings = numbers(places, "sentiment")
    assert feelings[at[items[3].pk]] == pytest.approx(-0.8)
    assert np.isnan(feelings[at[items[4].pk]])
    assert numbers(places, "age")[at[items[0].pk]] == pytest.approx(2.0, abs=0.1)
    assert numbers(places, "drift")[at[items[5].pk]] == pytest.approx(0.97)


def test_the_map_in_words_counts_every_item_once(upload: Upload) -> None:
    upload(20)
    upload(10, category="Lamps", hours_ago=40, kinds=1)
    draw_maps()
    places = map_of("text")
    assert places is not None
    told = {row["category"].path: row for row in summary(places)}
    assert {path: row["count"] for path, row in told.items()} == {"Bags": 20, "Lamps": 10}
    assert told["Lamps"]["spread"] < told["Bags"]["spread"]


def test_a_map_is_drawn_when_there_is_none_and_not_again_within_the_hour(upload: Upload) -> None:
    upload(60)
    assert len(embedding_map.draw_if_due()) == 1
    assert embedding_map.draw_if_due() == []
    EmbeddingMap.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    assert len(embedding_map.draw_if_due()) == 1


def test_a_map_that_lacks_many_items_is_drawn_after_five_minutes(upload: Upload) -> None:
    upload(60)
    embedding_map.draw_if_due()
    upload(30)
    assert embedding_map.draw_if_due() == []
    EmbeddingMap.objects.update(created_at=timezone.now() - timedelta(minutes=6))
    (row,) = embedding_map.draw_if_due()
    assert row.figures["of"] == 90
