"""Cards: an item, why it is shown, and what the reader thinks of it already."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from recommender.contracts import Explanation
from recommender.models import Interaction, Item
from recommender.services.recommend.profile import Profile

Kind = Interaction.Kind
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Card:
    """One item as it is shown to one person.

    Attributes:
        impression: what a click on the card answers; None where it is not told apart.
        explanation: the largest part of the score, and the item of the history behind it.
        seed, seed_kind: that item, and what was done with it.
        parts: source to its part of the score.
    """

    item: Item
    impression: uuid.UUID | None = None
    explanation: Explanation | None = None
    seed: Item | None = None
    seed_kind: str = ""
    liked: bool = False
    saved: bool = False
    hidden: bool = False
    parts: Mapping[str, float] = field(default_factory=dict)


def make_card(
    item: Item,
    profile: Profile,
    impression: uuid.UUID | None = None,
    explanation: Explanation | None = None,
    seeds: Mapping[int, Item] | None = None,
    parts: Mapping[str, float] | None = None,
) -> Card:
    """A card for the reader whose ``profile`` it is; ``seeds`` are the items an explanation may name."""
    seed, seed_kind = None, ""
    if explanation is not None and explanation.seed_id is not None and seeds is not None:
        seed = seeds.get(explanation.seed_id)
        seed_kind = profile.kinds.get(explanation.seed_id, "") if seed is not None else ""
    on = profile.on.get(item.pk, _NONE)
    liked, saved, hidden = (
        (Kind.LIKE in on, Kind.SAVE in on, Kind.HIDE in on) if on else (False, False, False)
    )
    return Card(item, impression, explanation, seed, seed_kind, liked, saved, hidden, parts or {})


def plain_cards(items: Sequence[Item], profile: Profile) -> list[Card]:
    """Cards that need no reason, such as those of what somebody saved."""
    return [make_card(item, profile) for item in items]
