"""Items found by their words as written: the half of search that needs no encoder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from django.db import connection

from recommender.services.lexical.filter import Filter
from recommender.services.lexical.postgres import PostgresWords
from recommender.services.lexical.sqlite import SqliteWords
from recommender.services.lexical.words import terms_of

__all__ = ["WordMatches", "find_words"]

Backend = PostgresWords | SqliteWords

#: Items that are compared where more have all the words.
_POOL = 1_000
#: Items of one word that are looked at where few have all.
_LIST = 3_000


@dataclass(frozen=True, slots=True)
class WordMatches:
    """What was found: all words first, then fewer; within that by where they stand.

    Attributes:
        terms: the pieces that were looked for.
        shares: item to the share of the pieces it has, in (0, 1], in order of rank.
    """

    terms: tuple[str, ...] = ()
    shares: dict[int, float] = field(default_factory=dict)

    @property
    def ids(self) -> list[int]:
        """Best first."""
        return list(self.shares)

    @property
    def complete(self) -> list[int]:
        """Those that have all the words, best first."""
        return [pk for pk, share in self.shares.items() if share == 1.0]

    def without(self, ids: Iterable[int]) -> WordMatches:
        """The same without these items."""
        left_out = set(ids)
        return WordMatches(self.terms, {pk: n for pk, n in self.shares.items() if pk not in left_out})


def find_words(
    text: str, *, limit: int, among: np.ndarray | None = None, partly_below: int | None = None
) -> WordMatches:
    """Available items that have the words of ``text``, in titles, categories, attributes or descriptions.

    Args:
        limit: items at most.
        among: ids of the only items that count.
        partly_below: items with only some of the words are added where fewer than this have all; ``limit``,
            if None.
    """
    backend = PostgresWords() if connection.vendor == "postgresql" else SqliteWords()
    with backend.asking():
        return _found(backend, text, limit, among, partly_below)


def _found(
    backend: Backend, text: str, limit: int, among: np.ndarray | None, partly_below: int | None
) -> WordMatches:
    terms = terms_of(text, backend.first_held)
    known = [term.needle for term in terms if term.known]
    wanted = Filter(among) if among is not None else None
    counts: dict[int, int] = {}
    if known and len(known) == len(terms):
        counts = _with_all(backend, known, limit, wanted)
    # Of a single word, those that have some of the words have all, and fewer than the pool are all there are.
    is_whole = len(terms) == 1 and len(counts) < _POOL
    if known and not is_whole and len(counts) < (limit if partly_below is None else min(limit, partly_below)):
        for pk, count in _with_some(backend, known, limit, wanted).items():
            counts.setdefault(pk, count)
    shares = {pk: count / len(terms) for pk, count in list(counts.items())[:limit]}
    return WordMatches(tuple(term.text for term in terms), shares)


def _with_all(backend: Backend, needles: Sequence[str], limit: int, among: Filter | None) -> dict[int, int]:
    """Items with all needles, best first."""
    found: list[int] = []
    if len(needles) > 1:
        found = backend.best(needles, _POOL, among=among)
    if len(needles) == 1 or len(found) == _POOL:
        # What is told in passing must not fill the pool where the words are common.
        titles = backend.best(needles, _POOL, titles=True, among=among)
        if len(titles) < limit and not found:
            found = backend.best(needles, _POOL, among=among)
        found = [*titles, *found]
    return dict.fromkeys(found, len(needles))


def _with_some(backend: Backend, needles: Sequence[str], limit: int, among: Filter | None) -> dict[int, int]:
    """Item to its number of needles: the most first, then the rarest, then the newest."""
    lists = backend.having(needles, _LIST, among)
    ids, place = np.unique(np.concatenate(lists), return_inverse=True)
    if not len(ids):
        return {}
    weights = np.concatenate([np.full(len(one), 1.0 - len(one) / (2.0 * _LIST)) for one in lists])
    counts = np.bincount(place, minlength=len(ids))
    order = np.lexsort((-ids, -np.bincount(place, weights, len(ids)), -counts))[:limit]
    return dict(zip(ids[order].tolist(), counts[order].tolist(), strict=True))
