"""Words in SQLite: an FTS5 table whose tokens are all runs of three characters (migration 0002)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import numpy as np
from django.db import connection

from recommender.services.lexical.filter import Filter
from recommender.services.lexical.places import PLACES, TOLD_FIRST, pattern, where_it_stands

_TABLE = "recommender_item_words"
_LONGER = 200  # trigrams that a shorter piece may stand for
_LAST = "\U0010ffff"
_HAS = "({name} LIKE %s ESCAPE '\\')"
_SELDOM = 3  # needles, all of which few items have
_LOOSE = 5  # characters from which a needle is first looked for by some of its trigrams


def _phrase(piece: str) -> str:
    """``piece`` as an FTS5 string: its trigrams one after the other."""
    return '"' + piece.replace('"', '""') + '"'


def _is_loose(needle: str) -> bool:
    # LIKE, which checks what was found, knows capitals in ASCII only. ("ſ", to FTS5 an s, is none to it.)
    return len(needle) >= _LOOSE and needle.isascii()


def _nearly(needle: str) -> str:
    """Every third trigram of a needle and its last, near each other in any order: up to half the work."""
    places = [*range(0, len(needle) - 3, 3), len(needle) - 3]
    pieces = dict.fromkeys(needle[place : place + 3] for place in places)
    return f"NEAR({' '.join(map(_phrase, pieces))}, {len(needle) - 4})"


class SqliteWords:
    """Answers for one query: what a needle stands for is looked up once."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def asking(self) -> AbstractContextManager[None]:
        """Nothing is to be set for SQLite."""
        return nullcontext()

    def first_held(self, groups: Sequence[Sequence[str]]) -> list[str]:
        """Of each group the first needle that any item has, "" for none."""
        return [next(filter(self._holds, needles), "") for needles in groups]

    def _holds(self, needle: str) -> bool:
        expression = self._expression(needle)
        if not expression or len(needle) < 3:
            return bool(expression)
        return bool(_rows(f"SELECT 1 FROM {_TABLE} WHERE {_TABLE} MATCH %s LIMIT 1", [expression]))  # noqa: S608

    def best(
        self, needles: Sequence[str], most: int, *, titles: bool = False, among: Filter | None = None
    ) -> list[int]:
        """Items that have all the needles: by where these stand, then the shortest title first.

        The newest ``most`` of them are compared. BM25 would count the items that have each needle first, and
        that takes longer than all the rest; where all have all of them, rareness tells nothing apart.

        Args:
            titles: only what stands in title or category counts.
        """
        loose = [needle for needle in needles if _is_loose(needle)]
        match = " AND ".join(_nearly(one) if one in loose else self._expression(one) for one in needles)
        match = f"{{{' '.join(TOLD_FIRST)}}} : ({match})" if titles else match
        score, patterns = where_it_stands(needles, _HAS)
        sure = _having_all(loose, TOLD_FIRST if titles else PLACES)
        ask = partial(
            self._matching, f"rowid, {score}, length(title)", match, most, among, before=patterns, sure=sure
        )
        # FTS5 reads its lists a third quicker forwards; of all there are it does not matter which come first.
        are_few = len(needles) >= _SELDOM
        rows = ask(newest_first=not are_few)
        if are_few and len(rows) == most:
            rows = ask(newest_first=True)
        return [pk for pk, _score, _length in sorted(rows, key=lambda row: (-row[1], row[2], -row[0]))]

    def having(self, needles: Sequence[str], most: int, among: Filter | None = None) -> list[np.ndarray]:
        """Ids (n,) of the newest ``most`` items that have each needle, newest first."""
        return [self._having(needle, most, among) for needle in needles]

    def _having(self, needle: str, most: int, among: Filter | None) -> np.ndarray:
        # Thousands of ids come far quicker as one text than as rows.
        expression = self._expression(needle)
        ((ids,),) = self._matching("rowid", expression, most, among, outer="group_concat(rowid)")
        return np.fromstring(ids or "", dtype=np.int64, sep=",")

    def _matching(
        self,
        columns: str,
        match: str,
        most: int,
        among: Filter | None,
        *,
        before: Sequence[str] = (),
        sure: tuple[str, Sequence[str]] = ("", ()),
        outer: str = "*",
        newest_first: bool = True,
    ) -> list[tuple[Any, ...]]:
        # The plus sign keeps SQLite from looking the table up once for each id of the filter.
        filtered = "AND +rowid IN (SELECT value FROM json_each(%s))" if among else ""
        checked, patterns = sure  # after the filter: for the check an item has to be read
        return _rows(
            f"SELECT {outer} FROM (SELECT {columns} FROM {_TABLE} WHERE {_TABLE} MATCH %s "  # noqa: S608
            f"{filtered} {checked} ORDER BY rowid {'DESC' if newest_first else 'ASC'} LIMIT {most:d})",
            [*before, match, *([among.as_json] if among else []), *patterns],
        )

    def _expression(self, needle: str) -> str:
        """A phrase, or for a needle below three characters all trigrams that begin with it."""
        if needle not in self._known:
            if len(needle) >= 3:
                self._known[needle] = _phrase(needle)
            else:
                rows = _rows(
                    f"SELECT term FROM {_TABLE}_terms WHERE term >= %s AND term < %s LIMIT {_LONGER}",  # noqa: S608
                    [needle, needle + _LAST],
                )
                longer = " OR ".join(_phrase(term) for (term,) in rows)
                self._known[needle] = f"({longer})" if longer else ""
        return self._known[needle]


def _having_all(needles: Sequence[str], columns: Sequence[str]) -> tuple[str, list[str]]:
    """SQL for each of the needles standing in one of the columns, and its parameters."""
    one = " + ".join(_HAS.format(name=name) for name in columns)
    return f"AND {one} > 0 " * len(needles), [pattern(needle) for needle in needles for _ in columns]


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
