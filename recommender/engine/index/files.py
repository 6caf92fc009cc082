"""The manifest of a snapshot: written last, and telling whether the other files are whole."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

from recommender.errors import SnapshotError
from recommender.said import gettext_noop as _
from recommender.said import say

MANIFEST = "manifest.json"
FORMAT = 1
_AT_ONCE = 1 << 20
_REMEDY = _("Rebuild the index: its vectors are in the database.")


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
        raise SnapshotError(say(_("The snapshot {name} is missing."), name=folder.name), _REMEDY)
    manifest = _parsed(folder)
    if manifest.get("format") != FORMAT:
        raise SnapshotError(say(_("The snapshot {name} has an unknown format."), name=folder.name), _REMEDY)
    if manifest.get("space_key") != space_key:
        told = _("The snapshot {name} belongs to encoder space {own}, not to {wanted}.")
        own = repr(manifest.get("space_key"))
        raise SnapshotError(say(told, name=folder.name, own=own, wanted=repr(space_key)), _REMEDY)
    for name, expected in manifest["files"].items():
        _check(folder / name, expected)
    return manifest


def _parsed(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        told = say(_("The snapshot {name} is incomplete: no manifest."), name=folder.name)
        raise SnapshotError(told, _REMEDY) from error
    except (OSError, ValueError) as error:
        raise _damaged_manifest(folder) from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise _damaged_manifest(folder)
    return manifest


def _damaged_manifest(folder: Path) -> SnapshotError:
    return SnapshotError(say(_("The manifest of snapshot {name} is damaged."), name=folder.name), _REMEDY)


def _check(path: Path, expected: dict[str, Any]) -> None:
    where = {"file": path.name, "name": path.parent.name}
    try:
        whole = path.stat().st_size == expected["bytes"] and _checksum(path) == expected["crc32"]
    except FileNotFoundError as error:
        told = say(_("The file {file} of snapshot {name} is missing."), **where)
        raise SnapshotError(told, _REMEDY) from error
    except (OSError, KeyError, TypeError) as error:
        told = say(
            _("The file {file} of snapshot {name} cannot be checked: {error}."), **where, error=str(error)
        )
        raise SnapshotError(told, _REMEDY) from error
    if not whole:
        raise SnapshotError(say(_("The file {file} of snapshot {name} is damaged."), **where), _REMEDY)


def _checksum(path: Path) -> int:
    """CRC-32 of a file: over a gigabyte a second, and what it reads is in memory when it is first used."""
    value = 0
    with path.open("rb") as file:
        while block := file.read(_AT_ONCE):
            value = zlib.crc32(block, value)
    return value
