"""What catalogue admins change about single items."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from recommender.engine.formats.base import Unreadable
from recommender.engine.formats.prices import currency
from recommender.errors import RecommenderError
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


def currency_code(written: str) -> str:
    """The code of a currency that somebody wrote, read as an import reads it: ``eur`` and ``€`` are EUR.

    Raises:
        RecommenderError: it is neither a code of three letters nor a sign that is known.
    """
    try:
        return currency(written)
    except Unreadable as error:
        raise RecommenderError(
            _("“%(written)s” is not a currency.") % {"written": written[:40]}, _(error.remedy)
        ) from None


def note_changes(item: Item, fields: Iterable[str]) -> None:
    """After ``fields`` of an item were changed by hand: new words need a new vector."""
    if WORDS & set(fields):
        with transaction.atomic():
            Embedding.objects.filter(item=item, media__isnull=True).delete()
            call_once("encode_pending")
