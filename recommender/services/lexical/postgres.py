"""Words in PostgreSQL: a table with trigram and pair indexes (migration 0002)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.db import connection, transaction

from recommender.services.lexical.filter import Filter
from recommender.services.lexical.places import pattern, where_it_stands

_TABLE = "recommender_item_words"


class PostgresWords:
    """Answers for one query, asked for inside ``asking``."""

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Through the index, whatever the planner thinks.

        Without statistics it takes any word for common, and reads the whole table.
        """
        within = connection.in_atomic_block
        with transaction.atomic():
            _run("SET LOCAL enable_seqscan = off")
            yield
            if within:  # the caller's transaction goes on
                _run("SET LOCAL enable_seqscan = on")

    def first_held(self, groups: Sequence[Sequence[str]]) -> list[str]:
        """Of each group the first needle that any item has, "" for none."""
        cases, parameters = [], []
        for needles in groups:
            # A case is looked at only where those before it do not hold.
            whens = []
            for number, needle in enumerate(needles):
                condition, values = _condition(needle)
                whens.append(f"WHEN EXISTS (SELECT 1 FROM {_TABLE} WHERE {condition}) THEN {number:d}")  # noqa: S608
                parameters += values
            cases.append(f"CASE {' '.join(whens)} END")
        (places,) = _rows(f"SELECT {', '.join(cases)}", parameters)
        return ["" if at is None else needles[at] for needles, at in zip(groups, places, strict=True)]

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

    def having(self, needles: Sequence[str], most: int, among: Filter | None = None) -> list[np.ndarray]:
        """Ids (n,) of at most ``most`` items that have each needle, newest first."""
        arrays, parameters = [], []
        for needle in needles:
            where, values = _all_of([needle], False, among)
            arrays.append(f"ARRAY(SELECT item_id FROM {_TABLE} WHERE {where} LIMIT {most:d})")  # noqa: S608
            parameters += values
        (found,) = _rows(f"SELECT {', '.join(arrays)}", parameters)
        return [np.sort(np.array(ids, dtype=np.int64))[::-1] for ids in found]


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


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
