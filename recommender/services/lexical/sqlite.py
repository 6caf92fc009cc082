"""Words in SQLite: an FTS5 table whose tokens are all runs of three characters (migration 0002)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from django.db import connection

from recommender.services.lexical.filter import Filter
from recommender.services.lexical.places import where_it_stands

_TABLE = "recommender_item_words"
_LONGER = 200  # trigrams that a shorter piece may stand for
_LAST = "\U0010ffff"


def _phrase(piece: str) -> str:
    """``piece`` as an FTS5 string: its trigrams one after the other."""
    return '"' + piece.replace('"', '""') + '"'


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
        match = " AND ".join(self._expression(needle) for needle in needles)
        match = f"{{title category}} : ({match})" if titles else match
        score, patterns = where_it_stands(needles, "({name} LIKE %s ESCAPE '\\')")
        rows = self._matching(f"rowid, {score}, length(title)", match, most, among, before=patterns)
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
        outer: str = "*",
    ) -> list[tuple[Any, ...]]:
        # The plus sign keeps SQLite from looking the table up once for each id of the filter.
        filtered = "AND +rowid IN (SELECT value FROM json_each(%s))" if among else ""
        return _rows(
            f"SELECT {outer} FROM (SELECT {columns} FROM {_TABLE} WHERE {_TABLE} MATCH %s {filtered} "  # noqa: S608
            f"ORDER BY rowid DESC LIMIT {most:d})",
            [*before, match, among.as_json] if among else [*before, match],
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


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
