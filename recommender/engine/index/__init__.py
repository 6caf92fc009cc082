"""The vector index: one vector an item, any mixture of modalities, immutable snapshots and a live delta.

Importing this loads no faiss; a snapshot large enough to have graphs loads it when it is written or opened.
"""

from recommender.engine.index.composition import compose_query, item_matrix
from recommender.engine.index.live import LiveIndex
from recommender.engine.index.rows import SnapshotReader
from recommender.engine.index.snapshot import Snapshot, write_snapshot

__all__ = ["LiveIndex", "Snapshot", "SnapshotReader", "compose_query", "item_matrix", "write_snapshot"]
