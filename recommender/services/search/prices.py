"""Prices are compared in one currency: which there are, which one is meant, and ranges of what is found."""

from __future__ import annotations

import bisect
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from django.db import DatabaseError
from django.db.models import Count

from recommender.errors import RecommenderError
from recommender.models import Item
from recommender.said import gettext_noop as _
from recommender.services.later import later
from recommender.services.search.question import Filters, PriceRange

log = logging.getLogger(__name__)

#: How long the currencies of the catalogue are remembered, and when they are too old to be told at all; a new
#: one comes with an import, not with a click.
_SECONDS, _TOO_OLD = 30.0, 60.0
_MOST_RANGES = 4
#: What the database can hold.
HIGHEST_PRICE = Decimal("9999999999.99")
#: Edges that people find round, in hundredths, and the same in every higher power of ten.
_ROUND = (10, 15, 20, 25, 30, 40, 50, 60, 80, 100)

_known: tuple[float, dict[str, int]] | None = None
_lock = threading.Lock()


def currencies() -> dict[str, int]:
    """Currency to the number of available items with a price in it, the most first; "" where none is stated.

    Looked up aside while searches come often, so that none waits for it.
    """
    known = _known
    age = time.monotonic() - known[0] if known else _TOO_OLD
    if known is None or not known[1] or age >= _TOO_OLD:
        return _look()
    if age > _SECONDS and _lock.acquire(blocking=False):
        later(_look_again)
    return known[1]


def _look() -> dict[str, int]:
    global _known
    priced = Item.objects.available().filter(price__isnull=False).order_by().values_list("currency")
    counts = Counter(dict(priced.annotate(n=Count("pk"))))
    found = dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
    _known = (time.monotonic(), found)
    return found


def _look_again() -> None:
    try:
        _look()
    except DatabaseError:  # what is known stays, and the search that it was asked for goes on
        log.exception("The currencies of the catalogue could not be looked up.")
    finally:
        _lock.release()


def forget_currencies() -> None:
    """Ask the database anew."""
    global _known
    _known = None


def main_currency() -> str:
    """The one in which limits are meant where none is named: that of the most items."""
    return next(iter(currencies()), "")


def shown_currency(chosen: str | None, found: Mapping[str, int]) -> str:
    """The one in which prices of results are told: the chosen one, else the main one.

    Args:
        found: currency to the number of results; where none is in the main one, it is that of the most.
    """
    if chosen is not None:
        return chosen
    main = main_currency()
    return main if main in found else max(found, key=lambda code: found[code], default=main)


def settled(filters: Filters) -> Filters:
    """``filters`` with the currency that their price limits are in.

    Raises:
        RecommenderError: no price can be within the limits.
    """
    low, high = filters.price_min, filters.price_max
    if low is not None and high is not None and low > high:
        raise RecommenderError(
            _("The lowest price is above the highest."), _("Exchange the two, or leave one out.")
        )
    limited = filters.price_min is not None or filters.price_max is not None
    if limited and filters.currency is None:
        return replace(filters, currency=main_currency())
    return filters


# -- ranges -------------------------------------------------------------------------------------------------


def price_ranges(prices: Counter[int]) -> list[PriceRange]:
    """A few ranges with round edges that share out the prices; none where one range would hold them all.

    Args:
        prices: amount, in hundredths, to the number of items.
    """
    amounts = sorted(prices)
    before = [0]
    for amount in amounts:
        before.append(before[-1] + prices[amount])
    edges = _edges(amounts, before, _rounded) or _edges(amounts, before, _whole)
    if not edges:
        return []
    places = [0, *(bisect.bisect_left(amounts, edge) for edge in edges), len(amounts)]
    lows, highs = [None, *edges], [*(edge - 1 for edge in edges), None]
    return [
        PriceRange(_decimal(low), _decimal(high), before[end] - before[start])
        for low, high, (start, end) in zip(lows, highs, pairwise(places), strict=True)
    ]


def _edges(amounts: list[int], before: list[int], rounded: Callable[[int], int]) -> list[int]:
    """Rounded amounts near the quantiles, ascending, with a price on either side and between any two."""
    if not amounts:
        return []
    edges: list[int] = []
    last = 0
    for part in range(1, _MOST_RANGES):
        middle = bisect.bisect_left(before, part * before[-1] / _MOST_RANGES) - 1
        edge = rounded(amounts[max(0, middle)])
        place = bisect.bisect_left(amounts, edge)
        if last < place < len(amounts):
            edges.append(edge)
            last = place
    return edges


def _rounded(amount: int) -> int:
    """The nearest round amount."""
    scale = 1
    while amount >= 100 * scale:
        scale *= 10
    return min((one * scale for one in _ROUND), key=lambda one: abs(one - amount))


def _whole(amount: int) -> int:
    """For prices that lie between two round amounts."""
    return round(amount, -2)


def _decimal(hundredths: int | None) -> Decimal | None:
    return None if hundredths is None else Decimal(hundredths).scaleb(-2)
