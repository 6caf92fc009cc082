"""Finding the media that rows name among the files of an archive or a folder."""

from __future__ import annotations

import posixpath
import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

from recommender.contracts import MediaKind

_BY_KIND: dict[MediaKind, str] = {
    "image": ".jpg .jpeg .png .webp .gif .bmp .tif .tiff .avif",
    "audio": ".wav .mp3 .ogg .oga .opus .flac .m4a .aac",
    "video": ".mp4 .webm .mkv .mov .avi .m4v .ogv .flv",
}
SUFFIXES: dict[str, MediaKind] = {
    suffix: kind for kind, suffixes in _BY_KIND.items() for suffix in suffixes.split()
}


def media_kind(name: str) -> MediaKind | None:
    """What a file holds by its extension; None when it is no medium."""
    return SUFFIXES.get(posixpath.splitext(name)[1].lower())


class Member(NamedTuple):
    """One file of an archive: its clean path (forward slashes), and what is needed to open it.

    ``written`` is the path as the archive has it.
    """

    path: str
    written: str
    offset: int
    size: int
    packed: int
    crc: int
    flags: int
    method: int


_TABLE = """CREATE TABLE member (
    path TEXT PRIMARY KEY, written TEXT, offset INTEGER, size INTEGER, packed INTEGER, crc INTEGER,
    flags INTEGER, method INTEGER, name TEXT, stem TEXT) WITHOUT ROWID"""
_INSERT = "INSERT OR REPLACE INTO member VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_MEMBER = "SELECT path, written, offset, size, packed, crc, flags, method FROM member "
_BATCH = 1_000


class MemberIndex:
    """Files by path, by name and (media) by name without extension.

    Kept in a temporary file that vanishes with it, no more than 8 MB of it in memory, however many they are.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA cache_size = -8192")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(_TABLE)
        self._waiting: list[tuple[str | int | None, ...]] = []

    def close(self) -> None:
        self._database.close()

    # -- filling -----------------------------------------------------------------------------------------

    def add(self, member: Member) -> None:
        """Note a file; one of the same path takes the place of the earlier."""
        name = member.path.rsplit("/", 1)[-1]
        self._waiting.append((*member, name, name.rsplit(".", 1)[0] if media_kind(name) else None))
        if len(self._waiting) >= _BATCH:
            self._write()

    def filled(self) -> None:
        """All files are noted: from here on they can be looked up."""
        self._write()
        self._database.execute("CREATE INDEX by_name ON member (name)")
        self._database.execute("CREATE INDEX by_stem ON member (stem)")
        self._database.execute("CREATE INDEX by_offset ON member (offset)")

    def _write(self) -> None:
        self._database.execute("BEGIN")
        self._database.executemany(_INSERT, self._waiting)
        self._database.execute("COMMIT")
        self._waiting.clear()

    # -- looking up --------------------------------------------------------------------------------------

    def member(self, path: str) -> Member | None:
        return next((Member(*row) for row in self._rows(_MEMBER + "WHERE path = ?", path)), None)

    def overlapped(self, member: Member) -> bool:
        """Whether another file begins within this one."""
        query = "SELECT 1 FROM member WHERE offset >= ? AND offset < ? AND path != ?"
        return bool(self._rows(query, member.offset, member.offset + member.packed, member.path))

    def others(self) -> Iterator[Member]:
        """Files that are no media, in the order of their paths."""
        for row in self._database.execute(_MEMBER + "WHERE stem IS NULL ORDER BY path"):
            yield Member(*row)

    def find(self, name: str, near: str) -> str:
        """Path of the file a table at ``near`` calls ``name``: beside it, from the top, or by name alone."""
        wanted = posixpath.normpath(name.replace("\\", "/").strip())
        for candidate in (posixpath.join(posixpath.dirname(near), wanted), wanted):
            clean = posixpath.normpath(candidate)
            if self._rows("SELECT 1 FROM member WHERE path = ?", clean):
                return clean
        if wanted.startswith(("/", "..")) or "/" in wanted:
            # "images/1.jpg" where the archive has "set/images/1.jpg"
            ending = "/" + wanted.lstrip("/")
            same = self._only(wanted.rsplit("/", 1)[-1])
            return same if same and ("/" + same).endswith(ending) and not wanted.startswith("..") else ""
        return self._only(wanted)

    def named_after(self, key: str) -> list[tuple[MediaKind, str]]:
        """Media whose name is ``key``, with or without extension, in the order of their paths."""
        found = {path for (path,) in self._rows("SELECT path FROM member WHERE stem = ?", key)}
        exact = self._only(key)
        if exact and media_kind(exact):
            found.add(exact)
        return [(kind, path) for path in sorted(found) if (kind := media_kind(path))]

    def _only(self, name: str) -> str:
        """Path of the one file of this name; of two in different folders only a path tells which is meant."""
        same = self._rows("SELECT path FROM member WHERE name = ? LIMIT 2", name)
        return same[0][0] if len(same) == 1 else ""

    def _rows(self, query: str, *values: str | int) -> list[Any]:
        try:
            return self._database.execute(query, values).fetchall()
        except UnicodeEncodeError:  # half of a surrogate pair, which no name in an archive has
            return []
