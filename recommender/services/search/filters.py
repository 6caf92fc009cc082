"""Filters as sets of items."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
from django.db.models import Q, QuerySet

from recommender.models import Category, Item, Media
from recommender.services.measured import staged
from recommender.services.search.prices import currencies
from recommender.services.search.question import Filters

#: How long the ids of a filter are remembered: a new item has to be found within about two seconds.
_SECONDS, _MOST = 1.0, 64

_kept: dict[Filters, tuple[float, np.ndarray]] = {}
_lock = threading.Lock()


@staged("candidates")
def filtered_ids(filters: Filters) -> np.ndarray | None:
    """Ids (n,) ascending of the available items that meet ``filters``; None where nothing is filtered."""
    if filters == Filters():
        return None
    now = time.monotonic()
    known = _kept.get(filters)
    if known is not None and now - known[0] < _SECONDS:
        return known[1]
    ids = np.fromiter(matching(filters).order_by().values_list("pk", flat=True), np.int64)
    ids.sort()
    with _lock:
        while len(_kept) >= _MOST:
            del _kept[next(iter(_kept))]
        _kept[filters] = (now, ids)
    return ids


def forget_filters() -> None:
    """Ask the database anew."""
    _kept.clear()


def matching(filters: Filters) -> QuerySet[Item]:
    """The available items that meet ``filters``."""
    items = Item.objects.available()
    if filters.category is not None:
        items = items.filter(category_id__in=with_below(filters.category))
    if filters.currency is not None:
        items = items.filter(currency=filters.currency, price__isnull=False)
    if filters.price_min is not None:
        items = items.filter(price__gte=filters.price_min)
    if filters.price_max is not None:
        items = items.filter(price__lte=filters.price_max)
    if filters.language:
        items = items.filter(_in_language(filters.language))
    for wanted, kind in ((filters.has_video, Media.Kind.VIDEO), (filters.has_audio, Media.Kind.AUDIO)):
        if wanted:
            items = items.filter(has_medium(kind))
    return items


def with_below(pk: int) -> list[int]:
    """Numbers of the category and those below it; none, if it is gone."""
    chosen = Category.objects.filter(pk=pk).first()
    if chosen is None:
        return []
    below = Category.objects.filter(path__startswith=chosen.path + Category.SEPARATOR)
    return [chosen.pk, *below.values_list("pk", flat=True)]


def _in_language(code: str) -> Q:
    return Q(language=code) | ~Q(title_zh="") if code == "zh" else Q(language=code)


def has_medium(kind: str) -> Q:
    """The condition that an item has a medium of ``kind`` that can be shown.

    As a list, which is read once: for a condition of each item SQLite goes through all media that are ready.
    """
    return Q(pk__in=Media.objects.ready().filter(kind=kind, item__isnull=False).values("item"))


def loosened(filters: Filters) -> dict[str, Filters]:
    """For each facet the filters that its counts are under: all but its own.

    Where all prices are in one currency there is none to choose, and so nothing to loosen for it.
    """
    prices = replace(filters, price_min=None, price_max=None)
    return {
        "price": prices,
        "currency": replace(prices, currency=None) if len(currencies()) > 1 else prices,
        "category": replace(filters, category=None),
        "language": replace(filters, language=""),
        "video": replace(filters, has_video=False),
        "audio": replace(filters, has_audio=False),
    }
