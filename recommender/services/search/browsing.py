"""No question, only filters: the catalogue by popularity, then from the newest on."""

from __future__ import annotations

from collections import Counter

import numpy as np
from django.db.models import Count, FloatField, Q, Value
from django.db.models.functions import Cast, Concat

from recommender.models import Item, Media
from recommender.services.measured import staged
from recommender.services.search.facts import category_counts
from recommender.services.search.filters import filtered_ids, has_medium, loosened, matching
from recommender.services.search.prices import price_ranges, shown_currency
from recommender.services.search.question import Facets, Filters
from recommender.services.train import current_graph

#: Results that can be paged through.
MOST = 10_000


@staged("candidates")
def browse(filters: Filters) -> tuple[np.ndarray, Facets]:
    """Ids (n,) of the items that meet ``filters``, and the facets under them."""
    ids = filtered_ids(filters)
    if ids is None:
        ids = np.fromiter(Item.objects.available().order_by("pk").values_list("pk", flat=True), np.int64)
    order = np.lexsort((-ids, -_popularity(ids)))[:MOST]
    return ids[order], _facets(filters)


def _popularity(ids: np.ndarray) -> np.ndarray:
    """(n,) in [0, 1], as the item graph has it; zero for what it does not know."""
    graph = current_graph()
    popularity = np.zeros(len(ids), np.float32)
    if graph is not None and len(graph.ids) and len(ids):
        places = np.minimum(np.searchsorted(graph.ids, ids), len(graph.ids) - 1)
        known = graph.ids[places] == ids
        popularity[known] = graph.popularity[places[known]]
    return popularity


@staged("hydrate")
def _facets(filters: Filters) -> Facets:
    """Counted by the database, since anything may match."""
    under = loosened(filters)
    priced = _prices(under["price"])
    others = priced if under["currency"] == under["price"] else _prices(under["currency"])
    currencies = _currencies(others)
    currency = shown_currency(filters.currency, currencies)
    return Facets(
        categories=category_counts(_categories(under["category"]), filters.category),
        languages=_languages(under["language"]),
        with_video=_with(under["video"], Media.Kind.VIDEO),
        with_audio=_with(under["audio"], Media.Kind.AUDIO),
        currencies=currencies,
        currency=currency,
        prices=price_ranges(Counter({amount: n for (code, amount), n in priced.items() if code == currency})),
    )


def _categories(filters: Filters) -> Counter[int]:
    rows = matching(filters).filter(category__isnull=False).order_by().values_list("category_id")
    return Counter(dict(rows.annotate(n=Count("pk"))))


def _languages(filters: Filters) -> dict[str, int]:
    items = matching(filters).order_by()
    counts = Counter(dict(items.values_list("language").annotate(n=Count("pk"))))
    counts["zh"] += items.filter(~Q(title_zh="") & ~Q(language="zh")).count()
    return {code: count for code, count in counts.most_common() if code and count}


def _prices(filters: Filters) -> Counter[tuple[str, int]]:
    """(currency, amount in hundredths) to the number of items.

    Grouped by expressions: by plain columns, SQLite would go through the index of all prices instead of the
    few items that match.
    """
    items = matching(filters).filter(price__isnull=False).order_by()
    items = items.annotate(code=Concat("currency", Value("")), amount=Cast("price", FloatField()))
    counted = items.values_list("code", "amount").annotate(n=Count("pk"))
    return Counter({(code, round(100 * amount)): count for code, amount, count in counted})


def _currencies(prices: Counter[tuple[str, int]]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for (currency, _amount), count in prices.items():
        counts[currency] += count
    return dict(counts.most_common())


def _with(filters: Filters, kind: str) -> int:
    return matching(filters).filter(has_medium(kind)).count()
