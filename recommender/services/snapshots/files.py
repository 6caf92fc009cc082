"""Snapshots as folders below ``INDEX_ROOT``, with graphs of FAISS where they are large."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings

from recommender.models import IndexSnapshot
from recommender.said import Said

if TYPE_CHECKING:
    from recommender.engine.index import Snapshot
    from recommender.services.snapshots import Facts


class FileStore:
    """Written aside, renamed whole; readers map the files into memory."""

    @property
    def _root(self) -> Path:
        return Path(settings.INDEX_ROOT)

    def write(self, name: str, ids: np.ndarray, matrix: np.ndarray, facts: Facts) -> dict[str, Any]:
        from recommender.engine.index import write_snapshot

        draft = self._root / f"{name}.part"
        try:
            draft.mkdir(parents=True)
            manifest = write_snapshot(
                draft,
                ids,
                matrix,
                space_key=facts.space_key,
                watermark=facts.watermark,
                modalities=facts.modalities,
                hnsw_from=facts.hnsw_from,
            )
            draft.rename(self._root / name)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        return manifest

    def open(self, row: IndexSnapshot, space_key: str) -> Snapshot:
        from recommender.engine.index import Snapshot

        return Snapshot.open(self._root / row.path, space_key=space_key)

    def holds(self, name: str) -> bool:
        return (self._root / name).is_dir()

    def drop(self, name: str) -> None:
        shutil.rmtree(self._root / name, ignore_errors=True)

    def trouble(self) -> Said | None:
        return None

    def is_away(self) -> bool:
        return False

    def close(self) -> None:
        pass
