"""Words in PostgreSQL: a table with trigram and pair indexes (migration 0002)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db import connection, transaction

from recommender.services.lexical.filter import Filter
from recommender.services.lexical.places import pattern, where_it_stands

_TABLE = "recommender_item_words"


class PostgresWords:
    """Answers for one query."""

    def holds(self, needle: str) -> bool:
        """Whether any item has ``needle``."""
        condition, parameters = _condition(needle)
        return bool(_rows(f"SELECT 1 FROM {_TABLE} WHERE {condition} LIMIT 1", parameters))  # noqa: S608

    def best(
        self, needles: Sequence[str], most: int, *, titles: bool = False, among: Filter | None = None
    ) -> list[int]:
        """Items that have all the needles: by where these stand, then the shortest title first.

        Where more than ``most`` have them, some of those are compared.

        Args:
            titles: only what stands in title or category counts.
        """
        where, parameters = _all_of(needles, titles, among)
        score, patterns = where_it_stands(needles, "({name} LIKE %s)::int")
        rows = _rows(
            f"SELECT item_id FROM (SELECT * FROM {_TABLE} WHERE {where} LIMIT {most:d}) AS found "  # noqa: S608
            f"ORDER BY {score} DESC, length(title), item_id DESC",
            [*parameters, *patterns],
        )
        return [pk for (pk,) in rows]

    def having(self, needle: str, most: int, among: Filter | None = None) -> np.ndarray:
        """Ids (n,) of at most ``most`` items that have ``needle``, newest first."""
        where, parameters = _all_of([needle], False, among)
        rows = _rows(f"SELECT item_id FROM {_TABLE} WHERE {where} LIMIT {most:d}", parameters)  # noqa: S608
        return np.sort(np.array([pk for (pk,) in rows], dtype=np.int64))[::-1]


def _condition(needle: str, titles: bool = False) -> tuple[str, list[Any]]:
    """SQL that the index can answer; of one or two Latin letters inside words, all of the index is read."""
    parameters: list[Any] = []
    parts = []
    if len(needle) <= 2 and not needle.isascii():
        parts.append("recommender_short_pieces(said) @> ARRAY[%s]")
        parameters.append(needle)
    else:
        parts.append("said LIKE %s")
        parameters.append(pattern(needle))
    if titles:
        parts.append("(title LIKE %s OR category LIKE %s)")
        parameters += [pattern(needle)] * 2
    return f"({' AND '.join(parts)})", parameters


def _all_of(needles: Sequence[str], titles: bool, among: Filter | None) -> tuple[str, list[Any]]:
    conditions = [_condition(needle, titles) for needle in needles]
    if among is not None:
        conditions.append(("item_id = ANY(%s)", [among.ids]))
    return " AND ".join(sql for sql, _ in conditions), [value for _, values in conditions for value in values]


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Through the index, whatever the planner thinks: without statistics it takes any word for common, and
    reads the whole table."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(sql, parameters)
        rows = list(cursor.fetchall())
        cursor.execute("SET LOCAL enable_seqscan = on")  # where the caller is in a transaction, it goes on
        return rows
