"""What is like an item, and why an item would be shown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recommender.contracts import MODALITIES, SOURCES
from recommender.errors import RecommenderError
from recommender.models import Item
from recommender.said import gettext_noop as _
from recommender.said import say
from recommender.services.events import Actor
from recommender.services.impressions import Shown, note_shown
from recommender.services.measured import ANSWERS, timed
from recommender.services.recommend import scoring
from recommender.services.recommend.cards import Card, make_card
from recommender.services.recommend.neighbours import neighbours
from recommender.services.recommend.profile import profile_of
from recommender.services.recommend.shelf import available_now, items_now
from recommender.services.recommend.world import world_now

_EVERYTHING = "all"


@timed("similar")
def similar(item: Item, *, by: str = _EVERYTHING, limit: int, actor: Actor) -> list[Card]:
    """Cards of the items most like ``item``, without those the reader hid.

    Args:
        by: "all", or one of image, text, audio.

    Raises:
        RecommenderError: there is no such way to compare.
    """
    if by != _EVERYTHING and by not in MODALITIES:
        told = say(_("Items cannot be compared by {by}."), by=repr(by))
        raise RecommenderError(told, say(_("Use one of {ways}."), ways=", ".join([_EVERYTHING, *MODALITIES])))
    mixture = dict.fromkeys(SOURCES, 1.0) if by == _EVERYTHING else {by: 1.0}
    world, profile = world_now(), profile_of(actor)
    ids, parts = neighbours(world, item.pk, mixture, 3 * limit, to_the_second=True)
    items = available_now(ids.tolist())
    chosen = [number for number, pk in enumerate(ids.tolist()) if pk in items and pk not in profile.refused][
        :limit
    ]
    told = [_told(parts[:, number]) for number in chosen]
    shown = [
        Shown(
            int(ids[number]), f"similar {by}", rank, sum(one.values()), max(one, key=one.__getitem__), item.pk
        )
        for rank, (number, one) in enumerate(zip(chosen, told, strict=True))
    ]
    ANSWERS.add(1, "similar", "found" if shown else "empty")
    impressions = note_shown(actor, shown, model=world.name)
    return [
        make_card(items[int(ids[number])], profile, impression=impression, parts=one)
        for number, one, impression in zip(chosen, told, impressions, strict=True)
    ]


def _told(parts: np.ndarray) -> dict[str, float]:
    """The positive parts (4,) of a likeness by source."""
    return {source: float(part) for source, part in zip(SOURCES, parts, strict=True) if part > 0}


def why(
    actor: Actor, item: Item, mixture: Mapping[str, float] | None = None
) -> list[tuple[str, Item | None, float]]:
    """The parts of the sum that would rank ``item`` for this reader, the largest first.

    Each is a source, the item of the history that gave most through it, and its share of what speaks for the
    item. Empty where nothing does.

    Args:
        mixture: source to weight in [0, 1]; all in full, if None.
    """
    world, profile = world_now(), profile_of(actor)
    weights = {source: float((mixture or {}).get(source, 1.0)) for source in SOURCES}
    parts, seeds = scoring.parts_of(world, profile, weights, item.pk)
    total = sum(part for part in parts.values() if part > 0)
    items = items_now(seeds.values())
    reasons = [
        (source, items.get(seeds.get(source, 0)), part / total) for source, part in parts.items() if part > 0
    ]
    return sorted(reasons, key=lambda reason: -reason[2])
