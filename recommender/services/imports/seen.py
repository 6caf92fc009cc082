"""The keys met in a file, kept on disk, so that memory stays flat however many there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable


class SeenKeys:
    """Keys with the place each was first met in; a temporary database that vanishes with it."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA cache_size = -16384")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE taken (key TEXT PRIMARY KEY, place TEXT) WITHOUT ROWID")
        self._database.execute("CREATE TABLE refused (key TEXT PRIMARY KEY) WITHOUT ROWID")
        #: refused rows that do not say which item they are about
        self.nameless = 0
        #: whether the file ends within a row
        self.cut = False

    def close(self) -> None:
        self._database.close()

    def first_places(self, keys: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Note ``(key, place)`` pairs and say for every key where it was met first."""
        pairs = list(keys)
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR IGNORE INTO taken VALUES (?, ?)", pairs)
        self._database.execute("COMMIT")
        return dict(self._select("SELECT key, place FROM taken WHERE key IN ({})", [key for key, _ in pairs]))

    def refuse(self, key: str) -> None:
        """Note the key of a row that could not be taken."""
        self._database.execute("INSERT OR IGNORE INTO refused VALUES (?)", (key,))

    def among(self, keys: Iterable[str]) -> set[str]:
        """Those of ``keys`` that were met, in rows taken or refused."""
        wanted = list(keys)
        found = self._select("SELECT key FROM taken WHERE key IN ({})", wanted)
        found += self._select("SELECT key FROM refused WHERE key IN ({})", wanted)
        return {key for (key,) in found}

    def _select(self, query: str, keys: list[str]) -> list[tuple]:
        found: list[tuple] = []
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            found += self._database.execute(query.format(",".join("?" * len(part))), part).fetchall()
        return found
