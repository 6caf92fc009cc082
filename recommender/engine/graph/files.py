"""A graph on disk: plain arrays that can be memory-mapped, and a manifest that is written last."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from recommender.errors import SnapshotError
from recommender.said import gettext_noop as _
from recommender.said import say

FORMAT = 1
MANIFEST = "manifest.json"
PARTS = ("indptr", "indices", "data")
_REMEDY = _("Run the task refresh_graph to fit it anew.")
_CHUNK = 16 * 2**20


def write_graph(
    folder: Path,
    ids: np.ndarray,
    rows: Mapping[str, csr_matrix],
    *,
    popularity: np.ndarray,
    freshness: np.ndarray,
    manifest: Mapping[str, Any],
) -> None:
    """Write a graph into ``folder``.

    Args:
        folder: made where it is missing.
        ids: (n,) int64, ascending.
        rows: for each source a csr matrix (n, n).
        popularity: (n,) in [0, 1].
        freshness: (n,) in [0, 1].
        manifest: what it was fitted from; comes back as ``ItemGraph.manifest``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, np.ndarray] = {
        "ids": np.asarray(ids, np.int64),
        "popularity": np.asarray(popularity, np.float32),
        "freshness": np.asarray(freshness, np.float32),
    }
    for source, matrix in rows.items():
        if matrix.shape != (len(ids), len(ids)):
            raise ValueError(f"rows of {source}: {matrix.shape} for {len(ids)} items")
        arrays |= _columns(source, matrix)
    files = {name: _write(folder / f"{name}.npy", array) for name, array in arrays.items()}
    whole = {
        "format": FORMAT,
        "items": len(ids),
        "sources": list(rows),
        "files": files,
        "about": dict(manifest),
    }
    text = json.dumps(whole, indent=1)  # an error here leaves no manifest behind
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def _columns(source: str, matrix: csr_matrix) -> dict[str, np.ndarray]:
    return {
        f"{source}.indptr": np.asarray(matrix.indptr, np.int64),
        f"{source}.indices": np.asarray(matrix.indices, np.int32),
        f"{source}.data": np.asarray(matrix.data, np.float32),
    }


def _write(path: Path, array: np.ndarray) -> dict[str, int]:
    with path.open("wb") as file:
        np.save(file, np.ascontiguousarray(array), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return {"bytes": path.stat().st_size, "crc32": _checksum(path)}


def _checksum(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            value = zlib.crc32(chunk, value)
    return value


def read_graph(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Manifest and memory-mapped arrays by name; SnapshotError where anything is missing or damaged."""
    manifest = _manifest(path)
    arrays = {}
    for name, expected in manifest["files"].items():
        file = path / f"{name}.npy"
        try:
            if file.stat().st_size != expected["bytes"] or _checksum(file) != expected["crc32"]:
                raise SnapshotError(say(_("The graph's file {name} is damaged."), name=file.name), _REMEDY)
            # A view of the map as a plain array: indexing a np.memmap costs several times as much.
            arrays[name] = np.load(file, mmap_mode="r", allow_pickle=False).view(np.ndarray)
        except (OSError, ValueError) as error:
            told = say(
                _("The graph's file {name} cannot be read: {error}."), name=file.name, error=str(error)
            )
            raise SnapshotError(told, _REMEDY) from error
    return manifest, arrays


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        told = say(_("The graph {name} has no readable manifest."), name=path.name)
        raise SnapshotError(told, _REMEDY) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        told = say(_("The graph {name} was written by another version."), name=path.name)
        raise SnapshotError(told, _REMEDY)
    needed = {"ids", "popularity", "freshness"}
    needed |= {f"{source}.{part}" for source in manifest["sources"] for part in PARTS}
    if missing := needed - set(manifest["files"]):
        told = say(_("The graph {name} lacks {parts}."), name=path.name, parts=", ".join(sorted(missing)))
        raise SnapshotError(told, _REMEDY)
    return manifest
