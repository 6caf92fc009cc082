"""What catalogue admins change about single items."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from recommender.models import Embedding, Item
from recommender.services.calls import call_once

#: A change of one of these makes the words of an item mean something else.
WORDS = frozenset({"title", "description", "title_zh", "description_zh", "category", "attributes"})


def set_availability(item: Item, state: str) -> None:
    """Show, withhold or retire an item, at once; ``state`` is one of ``Item.Availability``."""
    if state not in Item.Availability.values:
        raise ValueError(f"{state!r} is not one of {', '.join(Item.Availability.values)}")
    item.availability = state
    with transaction.atomic():
        item.save(update_fields=["availability", "updated_at"])
        call_once("encode_pending")  # withdrawn items are not encoded, so it may lack what others have


def note_changes(item: Item, fields: Iterable[str]) -> None:
    """After ``fields`` of an item were changed by hand: new words need a new vector."""
    if WORDS & set(fields):
        with transaction.atomic():
            Embedding.objects.filter(item=item, media__isnull=True).delete()
            call_once("encode_pending")
