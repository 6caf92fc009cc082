"""A world with two planted tastes: warm things and cold things, in words, look and liking."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.contracts import SOURCES
from recommender.models import Category, Embedding, EncoderSpace, Interaction, Item
from recommender.services import index, recommend, train
from recommender.services.events import Actor

DIM = 8
ALL = dict.fromkeys(SOURCES, 1.0)
EACH = 40


@dataclass(frozen=True)
class Tastes:
    """``warm`` and ``cold`` items, each in a category of its own; every crowd likes one kind."""

    warm: list[Item]
    cold: list[Item]
    space: EncoderSpace
    categories: tuple[Category, Category]

    def kind_of(self, item: Item) -> str:
        return "warm" if item.external_id.startswith("warm") else "cold"


def plant(*, seed: int = 5, each: int = EACH, people: int = 30) -> Tastes:
    """Items, vectors and a history; index and graph are built."""
    rng = np.random.default_rng(seed)
    space = EncoderSpace.objects.create(
        spec="s",
        name="n",
        weights_hash="h",
        dim=DIM,
        preprocessing="p",
        modalities=["image", "text", "audio"],
        state="active",
    )
    kinds = {}
    categories = []
    for axis, kind in enumerate(("warm", "cold")):
        category = Category.objects.create(name=kind.title(), path=kind.title())
        categories.append(category)
        kinds[kind] = [
            Item.objects.create(external_id=f"{kind}-{n}", title=f"{kind.title()} {n}", category=category)
            for n in range(each)
        ]
        for item in kinds[kind]:
            add_vectors(space, item, axis, rng)
        for person in range(people):
            chosen = rng.choice(kinds[kind], size=min(6, each), replace=False)
            Interaction.objects.bulk_create(
                Interaction(item=item, visitor=f"{kind}-fan-{person}", kind="like") for item in chosen
            )
    index.rebuild_index(force=True)
    train.refresh_graph(force=True)
    return Tastes(kinds["warm"], kinds["cold"], space, (categories[0], categories[1]))


def add_vectors(space: EncoderSpace, item: Item, axis: int, rng: np.random.Generator) -> None:
    """Words and a look near ``axis`` for an item."""
    for modality in ("image", "text"):
        values = np.zeros(DIM)
        values[axis] = 1.0
        values += rng.normal(0, 0.15, DIM)
        values /= np.linalg.norm(values)
        Embedding.objects.create(
            space=space, item=item, modality=modality, state="ready", vector=values.astype("<f2").tobytes()
        )


def page(actor: Actor, **options: Any) -> recommend.FeedPage:
    """A page of twelve, everything mixed in full."""
    return recommend.feed(actor, **{"mixture": ALL, "limit": 12} | options)


def ids(cards: list[recommend.Card]) -> list[int]:
    return [card.item.pk for card in cards]


def kinds(tastes: Tastes, cards: list[recommend.Card]) -> Counter[str]:
    return Counter(tastes.kind_of(card.item) for card in cards)
