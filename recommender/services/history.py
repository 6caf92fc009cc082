"""What somebody kept, to look at again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recommender.models import Interaction, Item
from recommender.services.recommend.cards import Card, plain_cards
from recommender.services.recommend.profile import profile_of
from recommender.services.recommend.shelf import items_now

if TYPE_CHECKING:
    from recommender.services.events import Actor


class Saved:
    """The cards of what ``actor`` saved, latest first; counting and slicing are queries."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        rows = Interaction.objects.of(actor.user, actor.visitor).of_kind(Interaction.Kind.SAVE)
        rows = rows.exclude(item__availability=Item.Availability.RETIRED)
        self._rows = rows.order_by("-created_at", "-pk")

    def count(self) -> int:
        return self._rows.count()

    __len__ = count

    def __getitem__(self, part: slice) -> list[Card]:
        """The cards of a slice with a start and an end."""
        ids = list(self._rows.values_list("item_id", flat=True)[part])
        items = items_now(ids)
        return plain_cards([items[pk] for pk in ids if pk in items], profile_of(self._actor))


def saved(actor: Actor) -> Saved:
    """What ``actor`` saved and has not been retired: counted and sliced like a list of cards."""
    return Saved(actor)
