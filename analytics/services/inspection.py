"""What the site knows and would do about one person or one item, for those who look after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.db.models import Avg, Count, Q

from analytics.models import SentimentScore
from analytics.services.audit import note
from recommender.contracts import MODALITIES
from recommender.models import Embedding, Interaction, Item, Profile
from recommender.services.events import Actor
from recommender.services.recommend import FeedPage, FeedRow, items_now, preview
from recommender.services.recommend.world import World, world_now

#: what the audit calls a look at a person
INSPECTED = "inspect person"
_CARDS, _EVENTS, _SEEDS, _NEIGHBOURS = 24, 30, 12, 8


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


# -- a person -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PersonSeen:
    """What a person would see now, and what that is made of.

    Attributes:
        seeds: items of their history with the weight of each, the weightiest first.
        evidence: what speaks for anything in it, in likes.
        met: how many items they have met, which are not shown again.
    """

    person: User
    mixture: dict[str, float]
    page: FeedPage
    rows: list[FeedRow]
    seeds: list[tuple[Item | None, float]]
    evidence: float
    met: int
    refused: int
    events: list[Interaction]
    model: str


def find_person(text: str) -> User | None:
    """By name, else by number."""
    named = User.objects.filter(username=text[:150]).first()
    number = _number(text)
    return named or (User.objects.filter(pk=number).first() if number is not None else None)


def inspect_person(person: User, by: Any) -> PersonSeen:
    """Rank their feed as it would be now, noting who looked; nothing else is noted, shown or learned from."""
    note(by, INSPECTED, person.get_username(), user=person.pk)
    stored = Profile.objects.filter(user=person).values_list("mixture", flat=True).first() or {}
    actor = Actor(user=person)
    page, rows, profile = preview(actor, mixture=stored, limit=_CARDS)
    seeds, weights = profile.seeds[:_SEEDS].tolist(), profile.weights[:_SEEDS].tolist()
    items = items_now(seeds)
    done = Interaction.objects.filter(user=person).select_related("item").prefetch_related("item__media")
    return PersonSeen(
        person=person,
        mixture={name: float(value) for name, value in stored.items()},
        page=page,
        rows=rows,
        seeds=[(items.get(pk), weight) for pk, weight in zip(seeds, weights, strict=True)],
        evidence=profile.evidence,
        met=len(profile.seen),
        refused=len(profile.refused),
        events=list(done.recent(_EVENTS)),
        model=world_now().name,
    )


# -- an item ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VectorSeen:
    """One row of Embedding; ``norm`` is None while there is no vector."""

    row: Embedding
    norm: float | None


@dataclass(frozen=True)
class Neighbours:
    """What is nearest to an item through one source ("image", ... or "graph crowd", ...), with the values."""

    source: str
    through_graph: bool
    items: list[tuple[Item, float]]


@dataclass(frozen=True)
class ItemSeen:
    """All that is known of an item.

    Attributes:
        index: "snapshot", "delta" or "" where the index has none of it.
        in_graph: whether the item graph knows it.
        feelings: reviews by label, and the mean polarity.
    """

    item: Item
    vectors: list[VectorSeen]
    index: str
    in_graph: bool
    popularity: float
    freshness: float
    neighbours: list[Neighbours]
    feelings: dict[str, Any]


def find_item(text: str) -> Item | None:
    """By number, else by the catalogue's own key."""
    items = Item.objects.for_cards()
    number = _number(text)
    found = items.filter(pk=number).first() if number is not None else None
    return found or items.filter(external_id=text[:200]).first()


def inspect_item(item: Item) -> ItemSeen:
    """Vectors, neighbours, index, graph and sentiment of an item, as this process reads them."""
    world = world_now()
    known = np.array([item.pk], np.int64)
    popular, fresh = world.facts(known)
    return ItemSeen(
        item=item,
        vectors=_vectors(item),
        index=world.live.part_of(item.pk) if world.live is not None else "",
        in_graph=world.graph is not None and bool((world.graph.places(known) >= 0).all()),
        popularity=float(popular[0]),
        freshness=float(fresh[0]),
        neighbours=[*_by_vectors(world, item.pk), *_by_graph(world, item.pk)],
        feelings=_feelings(item),
    )


def _vectors(item: Item) -> list[VectorSeen]:
    rows = Embedding.objects.filter(item=item).select_related("space", "media")
    return [VectorSeen(row, _norm(row)) for row in rows.order_by("space__state", "space", "modality", "pk")]


def _norm(row: Embedding) -> float | None:
    if row.vector is None:
        return None
    return float(np.linalg.norm(np.frombuffer(bytes(row.vector), "<f2").astype(np.float32)))


def _by_vectors(world: World, item_id: int) -> list[Neighbours]:
    """Cosines, straight from the index."""
    from recommender.engine.index import compose_query

    if world.live is None:
        return []
    blocks = world.live.vectors(np.array([item_id])).reshape(len(MODALITIES), -1)
    found = []
    for modality, vector in zip(MODALITIES, blocks, strict=True):
        if vector.any():
            query = compose_query({modality: vector}, {modality: 1.0}, world.dim)
            hits = world.live.search(query, _NEIGHBOURS, exclude=[item_id])
            found.append(_named(modality, False, [(hit.item_id, hit.score) for hit in hits]))
    return found


def _by_graph(world: World, item_id: int) -> list[Neighbours]:
    """Weights of the item graph's rows, from which feeds are summed."""
    if world.graph is None:
        return []
    found = []
    for source in world.graph.sources:
        ids, values = world.graph.row(source, item_id)
        best = np.argsort(-values, kind="stable")[:_NEIGHBOURS]
        pairs = list(zip(ids[best].tolist(), values[best].tolist(), strict=True))
        if pairs:
            found.append(_named(source, True, pairs))
    return found


def _named(source: str, through_graph: bool, pairs: Sequence[tuple[int, float]]) -> Neighbours:
    items = items_now(pk for pk, _value in pairs)
    return Neighbours(
        source, through_graph, [(items[pk], float(value)) for pk, value in pairs if pk in items]
    )


def _feelings(item: Item) -> dict[str, Any]:
    sure = ~Q(abstained=True) | Q(corrected=True)
    told = {
        f"{label}_count": Count("pk", Q(label=label) & sure) for label in ("positive", "neutral", "negative")
    }
    rows = SentimentScore.objects.ready().filter(item=item)
    return rows.aggregate(count=Count("pk"), mean=Avg("polarity", filter=sure), **told)
