"""From a history to ranked items: sums over the item graph, mixed by the reader's weights, spread out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from recommender.contracts import MODALITIES, SOURCES
from recommender.services.measured import CANDIDATES, staged
from recommender.services.recommend.profile import Profile
from recommender.services.recommend.world import World, content_similarity

if TYPE_CHECKING:
    from recommender.engine.ranking import Mixed

PARTS = (*SOURCES, "popular", "fresh")
#: How deep a feed can be scrolled, and how much of its top is spread out.
DEPTH, SPREAD = 480, 48
#: Say of unlikeness to what is shown already against the score (1 - lambda of maximal marginal relevance).
TRADE_OFF = 0.25
_FROM_INDEX = 300
_CLOSEST_SEEDS = 20

#: One place of a ranking: the item, the seed behind its largest part (0: none), the parts of its score.
PLACE = np.dtype([("item", "<i8"), ("seed", "<i8"), ("parts", "<f2", (len(PARTS),))])


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a history leads.

    Attributes:
        ids: items (c,), ascending.
        values: (4, c) by source the weighted sum of the seeds' rows.
        known: (4, c) bool, whether an item has anything in a source at all.
    """

    ids: np.ndarray
    values: np.ndarray
    known: np.ndarray

    @classmethod
    def nothing(cls, ids: np.ndarray) -> Reached:
        shape = (len(SOURCES), len(ids))
        return cls(ids, np.zeros(shape, np.float32), np.zeros(shape, bool))

    @classmethod
    def joined(cls, parts: Sequence[Reached]) -> Reached:
        """Parts that have no item in common, as one."""
        ids = np.concatenate([part.ids for part in parts])
        order = np.argsort(ids, kind="stable")
        values = np.concatenate([part.values for part in parts], axis=1)
        known = np.concatenate([part.known for part in parts], axis=1)
        return cls(ids[order], values[:, order], known[:, order])

    def only(self, kept: np.ndarray) -> Reached:
        """Those items where ``kept`` (c,) is true."""
        return Reached(self.ids[kept], self.values[:, kept], self.known[:, kept])


@staged("rank")
def rank(
    world: World, profile: Profile, mixture: Mapping[str, float], *, among: np.ndarray | None = None
) -> np.ndarray:
    """Places (n,) of dtype ``PLACE``, best first: what this reader has not met, up to ``DEPTH`` of it.

    Args:
        among: ids ascending; only these.
    """
    reached = _reached(world, profile, mixture, among)
    if len(profile.seen):
        reached = reached.only(np.isin(reached.ids, profile.seen, invert=True))
    mixed = _mixed(world, profile, mixture, reached)
    _count(mixed)
    best = mixed.best(DEPTH)
    best = best[_spread(world, mixed.ids[best], mixed.scores[best])]
    places = np.zeros(len(best), PLACE)
    places["item"], places["parts"] = mixed.ids[best], mixed.parts[:, best].T
    places["seed"] = seeds_behind(world, profile, mixed.ids[best], mixed.parts[:, best])
    return places


def _count(mixed: Mixed) -> None:
    """How many candidates each source speaks for."""
    for source, count in zip(PARTS, np.count_nonzero(mixed.parts > 0, axis=1).tolist(), strict=True):
        CANDIDATES.observe(count, "feed", source)


def parts_of(
    world: World, profile: Profile, mixture: Mapping[str, float], item_id: int
) -> tuple[dict[str, float], dict[str, int]]:
    """What an item's score would consist of, by source, and the seed that gave most through each source."""
    one = np.array([item_id], np.int64)
    reached = _reached(world, profile, mixture, None)
    if item_id not in reached.ids:
        reached = Reached.joined([reached, Reached.nothing(one)])
    place = int(np.searchsorted(reached.ids, item_id))
    parts = _mixed(world, profile, mixture, reached).parts[:, place]
    history, weights = _speaking(profile)
    seeds = {}
    for number, source in enumerate(SOURCES):
        if parts[number] > 0 and len(history):
            seeds[source] = int(_best_seeds(world, source, one, history, weights)[0])
    return dict(zip(PARTS, parts.tolist(), strict=True)), {k: seed for k, seed in seeds.items() if seed}


def _mixed(world: World, profile: Profile, mixture: Mapping[str, float], reached: Reached) -> Mixed:
    """The items reached with their scores, the parts in the order of ``PARTS``."""
    from recommender.engine.graph import Accumulated
    from recommender.engine.ranking import mix

    popular, fresh = world.facts(reached.ids)
    nowhere = np.full(len(reached.ids), -1)  # not all of them are in the graph
    sums = Accumulated(reached.ids, reached.values, SOURCES, reached.known, places=nowhere)
    return mix(sums, popular, fresh, mixture, evidence=profile.evidence)


def _spread(world: World, ids: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """An order (n,) whose first ``SPREAD`` places are unlike each other; the rest stays by score."""
    from recommender.engine.ranking import diversify

    order = np.arange(len(ids))
    if world.live is None or len(ids) < 3:
        return order
    top = min(SPREAD, len(ids))
    order[:top] = diversify(scores[:top], world.live.vectors(ids[:top]), top, TRADE_OFF)
    return order


# -- where a history leads ----------------------------------------------------------------------------------


@staged("candidates")
def _reached(
    world: World, profile: Profile, mixture: Mapping[str, float], among: np.ndarray | None
) -> Reached:
    """Items that the seeds lead to, and those worth showing to anybody."""
    shelf = world.shelf if among is None else _shelf_of(world, among)
    parts = [_arrived(world, profile, mixture)]
    if world.graph is not None:
        parts.append(_from_graph(world, profile, shelf))
    if among is not None:
        parts = [part.only(np.isin(part.ids, among)) for part in parts]
    reached = Reached.joined(parts)
    if profile.welcome is None:
        return reached
    again = np.setdiff1d(profile.welcome, reached.ids)
    if among is not None:
        again = np.intersect1d(again, among)
    return Reached.joined([reached, _near_to(world, profile, again)])


def _from_graph(world: World, profile: Profile, shelf: np.ndarray) -> Reached:
    assert world.graph is not None
    found = world.graph.accumulate(profile.seeds, profile.weights, shelf)
    reached = Reached.nothing(found.ids)
    for number, source in enumerate(found.sources):
        place = SOURCES.index(source)
        reached.values[place], reached.known[place] = found.values[number], found.known[number]
    return reached


def _shelf_of(world: World, among: np.ndarray) -> np.ndarray:
    """Of many items those that are most popular or fresh, ascending; of few all of them."""
    if len(among) <= 2 * DEPTH:
        return among
    popular, fresh = world.facts(among)
    return np.sort(among[np.argpartition(-(popular + fresh), 2 * DEPTH)[: 2 * DEPTH]])


def _arrived(world: World, profile: Profile, mixture: Mapping[str, float]) -> Reached:
    """Items that the graph does not know yet, through their vectors: what their rows will be, or nearly."""
    ids = world.arrivals
    if world.live is not None and world.graph is None and len(profile.seeds):
        ids = np.union1d(ids, _from_index(world, *_closest(profile), mixture))
    return _near_to(world, profile, ids)


def _closest(profile: Profile) -> tuple[np.ndarray, np.ndarray]:
    """The weightiest seeds, and their weights."""
    return profile.seeds[:_CLOSEST_SEEDS], profile.weights[:_CLOSEST_SEEDS]


def _near_to(world: World, profile: Profile, ids: np.ndarray) -> Reached:
    """Items by how near their vectors are to those of the seeds."""
    if world.live is None or not len(profile.seeds) or not len(ids):
        return Reached.nothing(ids)
    seeds, weights = _closest(profile)
    cosines = content_similarity(world.live, ids, seeds)  # (3, c, m)
    floors = _floors(world, seeds)  # (3, m)
    near = np.where(cosines >= floors[:, None, :], cosines, 0.0)
    reached = Reached.nothing(ids)
    for number, modality in enumerate(MODALITIES):
        place = SOURCES.index(modality)
        reached.values[place] = near[number] @ weights
        reached.known[place] = cosines[number].any(axis=1)
    return reached


def _floors(world: World, seeds: np.ndarray) -> np.ndarray:
    """(3, m): what it takes to be a neighbour of each seed: the weakest cosine of its row in the graph."""
    floors = np.full((len(MODALITIES), len(seeds)), 1e-6, np.float32)
    if world.graph is None:
        return floors
    for number, modality in enumerate(MODALITIES):
        if modality not in world.graph.sources:
            continue
        for place, seed in enumerate(seeds.tolist()):
            values = world.graph.row(modality, seed)[1]
            if len(values):
                floors[number, place] = max(float(np.min(values)), 1e-6)
    return floors


def _from_index(
    world: World, seeds: np.ndarray, weights: np.ndarray, mixture: Mapping[str, float]
) -> np.ndarray:
    """Items (c,) nearest to the sum of the seeds' vectors, for the time before the first graph."""
    from recommender.engine.index import compose_query

    assert world.live is not None
    blocks = (weights @ world.live.vectors(seeds)).reshape(len(MODALITIES), -1)
    query = compose_query(dict(zip(MODALITIES, blocks, strict=True)), mixture, world.dim)
    return world.live.nearest(query, _FROM_INDEX, exclude=seeds)


# -- because of what ----------------------------------------------------------------------------------------


def seeds_behind(world: World, profile: Profile, ids: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """(n,) for each item the seed that gave most through the largest of its ``parts`` (6, n); 0 for none."""
    seeds = np.zeros(len(ids), np.int64)
    history, weights = _speaking(profile)
    if not len(history):
        return seeds
    largest = parts.argmax(axis=0)
    for number, source in enumerate(SOURCES):
        mine = np.flatnonzero((largest == number) & (parts[number] > 0))
        if len(mine):
            seeds[mine] = _best_seeds(world, source, ids[mine], history, weights)
    return seeds


def _speaking(profile: Profile) -> tuple[np.ndarray, np.ndarray]:
    """Seeds and weights of what the person liked."""
    speaking = np.isin(profile.seeds, list(profile.kinds))
    return profile.seeds[speaking], profile.weights[speaking]


def _best_seeds(
    world: World, source: str, ids: np.ndarray, history: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """(n,) the seed that gave most to each item through ``source``; 0 where none gave."""
    best = np.zeros(len(ids), np.int64)
    new = np.arange(len(ids))
    if world.graph is not None:
        new = np.flatnonzero(world.graph.places(ids) < 0)
        if source in world.graph.sources:
            best = np.maximum(world.graph.best_seed(source, ids, history, weights), 0)
    if source in MODALITIES and world.live is not None and len(new):
        cosines = content_similarity(world.live, ids[new], history)[MODALITIES.index(source)]  # (c, m)
        given = cosines * weights
        best[new] = np.where(given.max(axis=1) > 0, history[given.argmax(axis=1)], 0)
    return best
