"""What one process ranks with: the item graph, the live index, and the items too new for the graph."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from django.db.models import Count
from django.utils import timezone

from recommender.contracts import MODALITIES
from recommender.models import Category, Interaction, Item
from recommender.services import index, train
from recommender.services.measured import staged

if TYPE_CHECKING:
    from recommender.engine.graph import ItemGraph
    from recommender.engine.index import LiveIndex

#: Items that stand for "popular" and "new" where nothing personal leads to them.
MOST_POPULAR, MOST_FRESH = 1_000, 500
_FRESH_HALF_LIFE = 14 * 86_400.0
_LAST_EVENTS = 20_000
_ARRIVALS_SECONDS, _CATEGORY_SECONDS, _COUNTS_SECONDS = 2.0, 10.0, 30.0


@dataclass(frozen=True)
class World:
    """One graph and one index, as they are at this moment.

    Attributes:
        name: of the graph, for impressions; "" without one.
        shelf: items (c,) of the graph worth showing to anybody, ascending.
        arrivals: the newest available items (a,) ascending that the graph does not know, and ``fresh`` (a,)
            in [0, 1], ``popular`` (a,) in [0, 1].
    """

    name: str
    graph: ItemGraph | None
    live: LiveIndex | None
    shelf: np.ndarray
    arrivals: np.ndarray
    fresh: np.ndarray
    popular: np.ndarray

    @property
    def dim(self) -> int:
        return self.live.dim if self.live is not None else 0

    @cached_property
    def leaders(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """The most ``popular`` items and the ``fresh`` ones (c,), with values (c,) above 0, best first."""
        known = np.union1d(self.shelf, self.arrivals)
        found = {}
        for name, values in zip(("popular", "fresh"), self.facts(known), strict=True):
            order = np.lexsort((-known, -values))[:MOST_FRESH]
            order = order[values[order] > 0]
            found[name] = (known[order], values[order])
        return found

    def facts(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Popularity and freshness (c,) of ``ids`` (c,) ascending; 0 where nothing is known."""
        if self.graph is not None:
            popular, fresh = self.graph.popularity_of(ids), self.graph.freshness_of(ids)
        else:
            popular, fresh = np.zeros(len(ids), np.float32), np.zeros(len(ids), np.float32)
        places, there = _places(self.arrivals, ids)
        popular[there] = self.popular[places[there]]
        fresh[there] = self.fresh[places[there]]
        return popular, fresh


def _places(known: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where ``ids`` (c,) stand in ``known`` ascending, and which of them do (c,) bool."""
    if not len(known):
        return np.zeros(len(ids), np.int64), np.zeros(len(ids), bool)
    places = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return places, np.asarray(known[places] == ids)


_lock = threading.Lock()
#: when it was put together, and the world
_known: tuple[float, World] | None = None
_categories: dict[int, tuple[float, np.ndarray]] = {}
_counts: tuple[float, dict[int, float]] | None = None


@staged("candidates")
def world_now() -> World:
    """The graph and index that serve, and what arrived since (as of at most two seconds ago)."""
    global _known
    graph, live = train.current_graph(), index.live_index()
    known = _known
    same = known is not None and known[1].graph is graph and known[1].live is live
    if known is not None and same and time.monotonic() - known[0] < _ARRIVALS_SECONDS:
        return known[1]
    if not _lock.acquire(blocking=not same):
        return known[1]  # type: ignore[index]
    try:
        before = known[1] if known is not None else None
        _known = (time.monotonic(), _put_together(graph, live, before))
        return _known[1]
    finally:
        _lock.release()


def forget_world() -> None:
    """Look everything up anew at its next use."""
    global _known, _counts
    _known, _counts = None, None
    _categories.clear()


def _put_together(graph: ItemGraph | None, live: LiveIndex | None, before: World | None) -> World:
    arrivals, fresh, popular = _arrivals(graph)
    if graph is None:
        shelf = np.empty(0, np.int64)
    elif before is not None and before.graph is graph:
        shelf = before.shelf
    else:
        shelf = np.union1d(graph.popular(MOST_POPULAR), graph.fresh(MOST_FRESH))
    return World(train.graph_name(), graph, live, shelf, arrivals, fresh, popular)


def _arrivals(graph: ItemGraph | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The newest items (a,) ascending that ``graph`` does not know, their freshness and popularity (a,)."""
    since = Item.objects.available().order_by("-created_at")[:MOST_FRESH].new_since()
    counts: dict[int, float] = {}
    if graph is None:
        counts = _popular_counts()
        since |= Item.objects.available_among([pk for pk in counts if pk not in since]).new_since()
    ids = np.array(sorted(since), np.int64)
    if graph is not None:
        ids = ids[~_places(graph.ids, ids)[1]]
    today = timezone.now()
    ages = np.array([(today - since[pk]).total_seconds() for pk in ids.tolist()])
    fresh = (0.5 ** (np.maximum(ages, 0.0) / _FRESH_HALF_LIFE)).astype(np.float32)
    popular = np.array([counts.get(pk, 0.0) for pk in ids.tolist()], np.float32)
    return ids, fresh, popular


def _popular_counts() -> dict[int, float]:
    """Item to popularity in [0, 1] among the last events, for the time before the first graph."""
    global _counts
    now = time.monotonic()
    if _counts is not None and now - _counts[0] < _COUNTS_SECONDS:
        return _counts[1]
    refused = (Interaction.Kind.HIDE, Interaction.Kind.DISLIKE)
    last = Interaction.objects.order_by("-pk").values("pk")[:_LAST_EVENTS]
    rows = Interaction.objects.filter(pk__in=last).exclude(kind__in=refused).values("item_id")
    top = list(rows.annotate(n=Count("pk")).order_by("-n").values_list("item_id", "n")[:MOST_POPULAR])
    most = np.log1p(max((n for _pk, n in top), default=1))
    _counts = (now, {pk: float(np.log1p(n) / most) for pk, n in top})
    return _counts[1]


@staged("candidates")
def category_ids(category: Category) -> np.ndarray:
    """The available items (c,) ascending of a category and those below it, as of some seconds ago."""
    known = _categories.get(category.pk)
    now = time.monotonic()
    if known is not None and now - known[0] < _CATEGORY_SECONDS:
        return known[1]
    ids = np.array(
        sorted(Item.objects.available().in_category(category).values_list("pk", flat=True)), np.int64
    )
    with _lock:
        if len(_categories) > 200:
            _categories.clear()
        _categories[category.pk] = (now, ids)
    return ids


def content_similarity(live: LiveIndex, ids: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Cosines (modalities, c, m) of items (c,) and seeds (m,), from their vectors in the index."""
    ours, theirs = live.vectors(ids), live.vectors(seeds)  # (c, 3 * dim), (m, 3 * dim)
    dim = ours.shape[1] // len(MODALITIES)
    blocks = [slice(n * dim, (n + 1) * dim) for n in range(len(MODALITIES))]
    return np.stack([ours[:, block] @ theirs[:, block].T for block in blocks])
