"""Small pictures of items that lead to them, each with a figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from recommender.models import Item
from recommender.services.recommend import items_now
from recommender.web.cards import thumbnail_of


@dataclass(frozen=True, slots=True)
class Tile:
    """``note`` is what stands below the title."""

    item: Item
    picture: str
    url: str
    inspect_url: str
    note: str = ""


def tile(item: Item, note: str = "") -> Tile:
    inspect = f"{reverse('monitoring_inspect')}?item={item.pk}"
    return Tile(item, thumbnail_of(item), reverse("item", args=[item.pk]), inspect, note)


def tiles_of(ids: Iterable[int]) -> list[Tile]:
    """Of the items that still exist, in this order."""
    wanted = list(ids)
    found = items_now(wanted)
    return [tile(found[pk]) for pk in wanted if pk in found]


def scored_tiles(pairs: Sequence[Sequence[float]]) -> list[Tile]:
    """Of (item, score)."""
    found = items_now(int(pk) for pk, _score in pairs)
    return [tile(found[int(pk)], f"{score:.2f}") for pk, score in pairs if int(pk) in found]
