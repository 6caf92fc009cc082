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

    def __init__(self, actor: Actor, past: str = "") -> None:
        self._actor = actor
        rows = Interaction.objects.of(actor.user, actor.visitor).of_kind(Interaction.Kind.SAVE)
        rows = rows.exclude(item__availability=Item.Availability.RETIRED)
        self._rows = rows.newest_first(past)

    def count(self) -> int:
        return self._rows.count()

    __len__ = count

    def __getitem__(self, part: slice) -> list[Card]:
        """The cards of a slice with a start and an end."""
        ids = list(self._rows.values_list("item_id", flat=True)[part])
        items = items_now(ids)
        return plain_cards([items[pk] for pk in ids if pk in items], profile_of(self._actor))

    def place(self, number: int) -> str:
        """Where the last of the first ``number`` stands; "" where nothing follows it."""
        end = list(self._rows[number - 1 : number + 1])
        return end[0].place if len(end) == 2 else ""


def saved(actor: Actor, past: str = "") -> Saved:
    """What ``actor`` saved and has not been retired: counted and sliced like a list of cards.

    Args:
        past: a ``place`` in it, to have only what comes after. Unlike a number of cards it is still right
            when some of those before it are no longer saved.
    """
    return Saved(actor, past)
