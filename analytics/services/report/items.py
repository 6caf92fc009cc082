"""Items of a selection by their titles."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
from django.db.models import Q

from analytics.services.report.breakdown import breakdown
from analytics.services.report.filters import Filters
from analytics.services.report.shapes import Slice
from recommender.models import Item
from recommender.services.lexical import find_words

#: Items with the most reviews, whose titles are looked at before the index of words is asked.
_FIRST = 1_000
#: Items that are asked of the index, and of those that it does not hold.
_POOL = 1_000
#: Characters that are looked for at most.
TITLE_MOST = 100


def items_called(filters: Filters, words: str, *, most: int = 10) -> list[Slice]:
    """Items with all the words in their titles, or of that catalogue key; those with the most reviews first.

    They are of the selection without its own item. Without words, those with the most reviews.
    """
    found = breakdown(filters.replace(item=None), "item")
    asked = " ".join(words.replace("\0", "")[:TITLE_MOST].split())
    if not asked:
        return found.page(0, most)
    places = {int(key): place for place, key in enumerate(found.keys)}
    fitting = set(islice(_called(asked, found.keys[:_FIRST].tolist()), most))
    if len(fitting) < most and len(found) > _FIRST:
        fitting |= set(_called(asked, [pk for pk in _thinkable(asked, found.keys) if pk in places]))
    return found.at(sorted(places[pk] for pk in fitting)[:most])


def _called(asked: str, numbers: list[int]) -> Iterator[int]:
    """Those of these items that are called so, in their order."""
    rows = Item.objects.filter(pk__in=numbers).values_list("pk", "title", "title_zh", "external_id")
    told = {pk: (f"{title}\n{chinese}".casefold(), key.casefold()) for pk, title, chinese, key in rows}
    words = asked.casefold().split()
    for pk in numbers:
        titles, key = told.get(pk, ("", ""))
        if key == asked.casefold() or all(word in titles for word in words):
            yield pk


def _thinkable(asked: str, among: np.ndarray) -> list[int]:
    """Items that may be called so: by the index, by the titles of those that it does not hold, by the key."""
    hidden = Item.objects.filter(availability__in=(Item.Availability.UNAVAILABLE, Item.Availability.RETIRED))
    for word in asked.split():
        hidden = hidden.filter(Q(title__icontains=word) | Q(title_zh__icontains=word))
    by_key = Item.objects.filter(external_id=asked)
    known = find_words(asked, limit=_POOL, among=among, partly_below=0).complete
    return [*known, *hidden.values_list("pk", flat=True)[:_POOL], *by_key.values_list("pk", flat=True)]
