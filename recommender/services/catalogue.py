"""What catalogue admins change about single items."""

from __future__ import annotations

from recommender.models import Item


def set_availability(item: Item, state: str) -> None:
    """Show, withhold or retire an item, at once; ``state`` is one of ``Item.Availability``."""
    if state not in Item.Availability.values:
        raise ValueError(f"{state!r} is not one of {', '.join(Item.Availability.values)}")
    item.availability = state
    item.save(update_fields=["availability", "updated_at"])
