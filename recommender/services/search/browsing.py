"""No question, only filters: the catalogue by popularity, then from the newest on."""

from __future__ import annotations

import numpy as np

from recommender.models import Media
from recommender.services.measured import staged
from recommender.services.search.columns import Columns, catalogue
from recommender.services.search.facts import category_counts
from recommender.services.search.filters import loosened
from recommender.services.search.prices import price_ranges, shown_currency
from recommender.services.search.question import Facets, Filters
from recommender.services.train import current_graph

#: Results that can be paged through.
MOST = 10_000


@staged("candidates")
def browse(filters: Filters) -> tuple[np.ndarray, Facets]:
    """Ids (n,) of the items that meet ``filters``, and the facets under them."""
    columns = catalogue()
    ids = columns.ids[columns.matching(filters)][::-1]
    order = np.argsort(-_popularity(ids), kind="stable")[:MOST]
    return ids[order], _facets(columns, filters)


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
def _facets(columns: Columns, filters: Filters) -> Facets:
    under = loosened(filters)
    masks = {one: columns.matching(one) for one in set(under.values())}
    chosen = {name: masks[one] for name, one in under.items()}
    currencies = columns.currencies(chosen["currency"])
    currency = shown_currency(filters.currency, currencies)
    return Facets(
        categories=category_counts(columns.categories(chosen["category"]), filters.category),
        languages=dict(columns.languages(chosen["language"]).most_common()),
        with_video=int((chosen["video"] & columns.with_medium(Media.Kind.VIDEO)).sum()),
        with_audio=int((chosen["audio"] & columns.with_medium(Media.Kind.AUDIO)).sum()),
        currencies=dict(currencies.most_common()),
        currency=currency,
        prices=price_ranges(columns.prices(chosen["price"], currency)),
    )
