"""Items by the id in an address."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest

from recommender.api.access import MANAGE_CATALOGUE
from recommender.api.errors import missing
from recommender.models import Item


def find_item(request: HttpRequest, external_id: str) -> Item:
    """The item of that external id; where there is none, the one whose number it is.

    Retired items are for catalogue admins only, as on the pages.
    """
    items = Item.objects.for_cards()
    found = items.filter(external_id=external_id).first()
    if found is None and _is_number(external_id):
        found = items.filter(pk=int(external_id)).first()
    hidden = found is not None and found.availability == Item.Availability.RETIRED
    if found is None or (hidden and not request.user.has_perm(MANAGE_CATALOGUE)):
        raise missing(f"item {external_id!r}")
    return found


def find_items(ids: Iterable[str]) -> list[int]:
    """Numbers of the items of those ids, in order, as ``find_item`` reads them."""
    asked = list(ids)
    by_key = dict(Item.objects.filter(external_id__in=asked).values_list("external_id", "pk"))
    numbers = [int(one) for one in asked if one not in by_key and _is_number(one)]
    known = set(Item.objects.filter(pk__in=numbers).values_list("pk", flat=True))
    found = []
    for one in asked:
        pk = by_key.get(one) or (int(one) if _is_number(one) else 0)
        if one not in by_key and pk not in known:
            raise missing(f"item {one!r}")
        found.append(pk)
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
