"""What is like one item: by what people did, by look, by words, by sound."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recommender.contracts import MODALITIES, SOURCES
from recommender.services.measured import staged
from recommender.services.recommend.world import World


@staged("candidates")
def neighbours(
    world: World, item_id: int, mixture: Mapping[str, float], most: int, *, to_the_second: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Up to ``most`` items (n,) like ``item_id``, best first, and by source their parts (4, n).

    Each source counts by its weight in ``mixture``, its nearest neighbour in full: so what people did, whose
    numbers are small, is heard beside cosines.

    Args:
        to_the_second: find content through the index, which knows the newest items but takes longer. It is
            asked anyway for an item that the graph does not know.
    """
    rows = {source: _row(world, source, item_id) for source in SOURCES if mixture.get(source, 0.0) > 0}
    in_graph = any(len(row[0]) for source, row in rows.items() if source in MODALITIES)
    if world.live is not None and (to_the_second or not in_graph):
        rows |= _by_vectors(world, item_id, mixture, most)
    rows = {source: row for source, row in rows.items() if len(row[0])}
    if not rows:
        return np.empty(0, np.int64), np.empty((len(SOURCES), 0), np.float32)
    ids = np.unique(np.concatenate([row[0] for row in rows.values()]))
    parts = np.zeros((len(SOURCES), len(ids)), np.float32)
    for source, (found, values) in rows.items():
        parts[SOURCES.index(source), np.searchsorted(ids, found)] = mixture[source] * values / values.max()
    order = np.argsort(-parts.sum(axis=0), kind="stable")
    order = order[ids[order] != item_id][:most]
    return ids[order], parts[:, order]


def _row(world: World, source: str, item_id: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids (n,) and positive values (n,) of one row of the graph."""
    if world.graph is None or source not in world.graph.sources:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    ids, values = world.graph.row(source, item_id)
    positive = values > 0
    return ids[positive], values[positive]


def _by_vectors(
    world: World, item_id: int, mixture: Mapping[str, float], most: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The same by modality from the live index."""
    from recommender.engine.index import compose_query

    assert world.live is not None
    blocks = world.live.vectors(np.array([item_id])).reshape(len(MODALITIES), -1)
    vectors = dict(zip(MODALITIES, blocks, strict=True))
    hits = world.live.search(compose_query(vectors, mixture, world.dim), most, exclude=[item_id])
    found = {}
    for modality in MODALITIES:
        pairs = [(hit.item_id, hit.parts.get(modality, 0.0)) for hit in hits]
        pairs = [pair for pair in pairs if pair[1] > 0]
        ids, values = zip(*pairs, strict=True) if pairs else ((), ())
        found[modality] = (np.array(ids, np.int64), np.array(values, np.float32))
    return found
