"""Where snapshots of the index are kept: files of this machine, or a Milvus that several machines share.

``VECTOR_INDEX`` chooses here and nowhere else. Which snapshot serves is said by the database in either case.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from django.conf import settings

from recommender.errors import IndexUnavailable, RecommenderError
from recommender.models import IndexSnapshot
from recommender.said import Said

if TYPE_CHECKING:
    from recommender.engine.index import SnapshotReader

FILES = "faiss"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a snapshot says of itself; as in ``write_snapshot``."""

    space_key: str
    watermark: int
    modalities: Sequence[str]
    hnsw_from: int


class SnapshotStore(Protocol):
    """Keeps immutable snapshots under the names that their rows have.

    All but ``trouble`` and ``is_away`` raise ``IndexUnavailable`` where the store does not answer.
    """

    def write(self, name: str, ids: np.ndarray, matrix: np.ndarray, facts: Facts) -> dict[str, Any]:
        """Keep the items' vectors, as ``write_snapshot`` takes them, and return the manifest.

        After an error nothing is left of them.
        """
        ...

    def open(self, row: IndexSnapshot, space_key: str) -> SnapshotReader:
        """Read a snapshot.

        Raises:
            SnapshotError: missing, incomplete, damaged, or of another encoder space.
        """
        ...

    def holds(self, name: str) -> bool:
        """Whether a snapshot of that name is there."""
        ...

    def drop(self, name: str) -> None:
        """Remove a snapshot, if it is there."""
        ...

    def trouble(self) -> Said | None:
        """Asked now: why it does not answer, for people."""
        ...

    def is_away(self) -> bool:
        """Whether it has not answered this process a moment ago; asks nobody."""
        ...

    def close(self) -> None:
        """End whatever connection there is."""
        ...


_lock = threading.Lock()
_store: tuple[tuple[Any, ...], SnapshotStore] | None = None


def snapshot_store() -> SnapshotStore:
    """The one that the settings name.

    Raises:
        RecommenderError: they name none; the checks of the start tell it first.
    """
    global _store
    # A connection does not survive a fork.
    key = (settings.VECTOR_INDEX, settings.VECTOR_INDEX_TOKEN, os.getpid())
    known = _store
    if known is not None and known[0] == key:
        return known[1]
    with _lock:  # whoever tells that it is away has to ask the one that answers
        if _store is None or _store[0] != key:
            _store = (key, _chosen(settings.VECTOR_INDEX))
        return _store[1]


def forget_store() -> None:
    """Connect anew at the next use, whatever did not answer before."""
    global _store
    if _store is not None:
        _store[1].close()
    _store = None


def _chosen(spec: str) -> SnapshotStore:
    if spec == FILES:
        from recommender.services.snapshots.files import FileStore

        return FileStore()
    from recommender.services.snapshots.address import read_address
    from recommender.services.snapshots.milvus import MilvusStore

    return MilvusStore(read_address(spec), settings.VECTOR_INDEX_TOKEN)


def is_kept(row: IndexSnapshot) -> bool:
    """Whether the snapshot can be had now."""
    try:
        return snapshot_store().holds(row.path)
    except IndexUnavailable:
        return False


def mistake_in(spec: str) -> RecommenderError | None:
    """What is wrong with a value of ``VECTOR_INDEX``; nobody is asked whether it answers."""
    from recommender.services.snapshots.address import read_address

    try:
        if spec != FILES:
            read_address(spec)
    except RecommenderError as error:
        return error
    return None
