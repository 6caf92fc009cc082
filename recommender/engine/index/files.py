"""The manifest of a snapshot: written last, and telling whether the other files are whole."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

from recommender.errors import SnapshotError

MANIFEST = "manifest.json"
FORMAT = 1
_AT_ONCE = 1 << 20
_REMEDY = "Rebuild the index: its vectors are in the database."


def write_manifest(folder: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Write ``facts`` with the size and CRC-32 of every file in ``folder``; returns the whole manifest."""
    files = {
        path.name: {"bytes": path.stat().st_size, "crc32": _checksum(path)}
        for path in sorted(folder.iterdir())
        if path.is_file()
    }
    manifest = {"format": FORMAT, **facts, "files": files}
    draft = folder / f"{MANIFEST}.part"
    draft.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    draft.rename(folder / MANIFEST)
    return manifest


def read_manifest(folder: Path, *, space_key: str) -> dict[str, Any]:
    """The manifest of a snapshot whose files are all there and whole.

    Raises:
        SnapshotError: missing, incomplete, damaged, of another encoder space or another version.
    """
    if not folder.is_dir():
        raise SnapshotError(f"The snapshot {folder.name} is missing.", _REMEDY)
    manifest = _parsed(folder)
    if manifest.get("format") != FORMAT:
        raise SnapshotError(f"The snapshot {folder.name} has an unknown format.", _REMEDY)
    if manifest.get("space_key") != space_key:
        message = f"The snapshot {folder.name} belongs to encoder space {manifest.get('space_key')!r}, "
        raise SnapshotError(f"{message}not to {space_key!r}.", _REMEDY)
    for name, expected in manifest["files"].items():
        _check(folder / name, expected)
    return manifest


def _parsed(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SnapshotError(f"The snapshot {folder.name} is incomplete: no manifest.", _REMEDY) from error
    except (OSError, ValueError) as error:
        raise SnapshotError(f"The manifest of snapshot {folder.name} is damaged.", _REMEDY) from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise SnapshotError(f"The manifest of snapshot {folder.name} is damaged.", _REMEDY)
    return manifest


def _check(path: Path, expected: dict[str, Any]) -> None:
    where = f"{path.name} of snapshot {path.parent.name}"
    try:
        whole = path.stat().st_size == expected["bytes"] and _checksum(path) == expected["crc32"]
    except FileNotFoundError as error:
        raise SnapshotError(f"The file {where} is missing.", _REMEDY) from error
    except (OSError, KeyError, TypeError) as error:
        raise SnapshotError(f"The file {where} cannot be checked: {error}.", _REMEDY) from error
    if not whole:
        raise SnapshotError(f"The file {where} is damaged.", _REMEDY)


def _checksum(path: Path) -> int:
    """CRC-32 of a file: over a gigabyte a second, and what it reads is in memory when it is first used."""
    value = 0
    with path.open("rb") as file:
        while block := file.read(_AT_ONCE):
            value = zlib.crc32(block, value)
    return value
