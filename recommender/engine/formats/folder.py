"""Files on this machine, for the command line: media beside a table, or a folder as if it were an archive."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from recommender.contracts import MediaKind, MediaRef
from recommender.engine.formats.base import MAX_MEDIA_BYTES, Blob
from recommender.engine.formats.members import SUFFIXES, media_kind
from recommender.errors import MediaError
from recommender.said import gettext_noop as _
from recommender.said import say

_DEPTH = 3  # levels of folders below the root that are looked into for files named after an id
_FOLDERS = 200


class LocalFiles:
    """Media below ``root``; nothing outside of it is ever opened, whatever a row or a link says.

    ``search``: whether files are also found by name alone in the folders below.
    """

    def __init__(self, root: Path, *, search: bool = False) -> None:
        self._root, self._search = root.resolve(), search
        self._places: list[tuple[Path, list[str]]] | None = None

    def data_blobs(self) -> list[Blob]:
        """The files in the folder and one level below that are no media, in the order of their paths."""
        found = [*self._root.glob("*"), *self._root.glob("*/*")]
        files = [
            p for p in sorted(found) if p.is_file() and not media_kind(p.name) and not p.name.startswith(".")
        ]
        return [blob_of(path, str(path.relative_to(self._root))) for path in files]

    def find(self, name: str, near: str) -> str:
        """Absolute path of ``name``, from the table's folder or from the root; empty when there is none."""
        if "\0" in name:
            return ""
        for base in dict.fromkeys(((self._root / near).parent, self._root)):
            try:
                path = (base / name).resolve()
                if path.is_relative_to(self._root) and path.is_file():
                    return str(path)
            except (OSError, ValueError):
                continue
        return next((path for _kind, path in self._named(os.path.basename(name), exact=True)), "")

    def named_after(self, key: str) -> list[tuple[MediaKind, str]]:
        return sorted(self._named(key, exact=False), key=lambda found: found[1])

    def _named(self, key: str, *, exact: bool) -> Iterator[tuple[MediaKind, str]]:
        """Looked up file by file, so that memory does not grow with the number of files."""
        if not self._search or not key or "/" in key or "\\" in key or "\0" in key or key.startswith("."):
            return
        if self._places is None:
            self._places = list(_places(self._root))
        for folder, suffixes in self._places:
            names = [key] if media_kind(key) else []
            names += [] if exact else [key + suffix for suffix in suffixes]
            for name in names:
                path = folder / name
                kind = media_kind(name)
                if kind and path.is_file() and path.resolve().is_relative_to(self._root):
                    yield kind, str(path)

    def fingerprint(self, reference: str) -> str:
        facts = os.stat(reference)
        return f"{facts.st_size}:{facts.st_mtime_ns}"

    def ref(self, reference: str) -> dict[str, str]:
        return {"path": reference}

    def open(self, ref: MediaRef) -> BinaryIO:
        """The file; MediaError when it is outside the root, not there, or too large."""
        path = Path(ref.path).resolve()
        if not path.is_relative_to(self._root):
            told = say(_("{path} is outside {folder}."), path=ref.path, folder=str(self._root))
            raise MediaError(told, _("Name a folder above both as the media root."))
        try:
            if path.stat().st_size > MAX_MEDIA_BYTES:
                told = say(_("{name} has more than {size} MB."), name=path.name, size=MAX_MEDIA_BYTES >> 20)
                raise MediaError(told, _("Make the file smaller."))
            return path.open("rb")
        except OSError as error:
            told = say(_("{name} cannot be read ({error})."), name=path.name, error=error.strerror)
            raise MediaError(told, _("Check the file.")) from error

    def close(self) -> None:
        pass


def blob_of(path: Path, name: str = "") -> Blob:
    return Blob(name or path.name, path.stat().st_size, lambda: path.open("rb"))


def _places(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Folders that hold media, each with the extensions seen among its first files."""
    for number, (folder, below, files) in enumerate(os.walk(root)):
        below.sort()
        if number >= _FOLDERS:
            return
        if len(Path(folder).relative_to(root).parts) >= _DEPTH:
            below.clear()
        endings = {os.path.splitext(name)[1] for name in files[:20_000]}
        suffixes = sorted(ending for ending in endings if ending.lower() in SUFFIXES)
        if suffixes:
            yield Path(folder), suffixes
