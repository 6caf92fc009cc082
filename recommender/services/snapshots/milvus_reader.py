"""A snapshot in Milvus: it proposes rows with their scores, and gives the vectors of the few that count.

This process holds the number of each row's item, nine bytes a row, and the vectors it was given last.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.engine.index.composition import BLOCKS, Asked
from recommender.engine.index.exact import top
from recommender.engine.index.rows import Directory, Span
from recommender.errors import IndexUnavailable, SnapshotError
from recommender.said import gettext_noop as _
from recommender.said import say
from recommender.services.snapshots.milvus import partition_of
from recommender.services.snapshots.milvus_link import MilvusLink

#: The least effort of a search, as with the graphs of this machine.
_EFFORT = 128
_MOST = 16_384  # proposals that Milvus gives at once
#: Proposals that cost less than to name the rows that may be found.
_CHEAP = 1_024
_NAMED = 4_096  # rows that are named in one question
_WIDER = 8
_MESSAGE_BYTES = 8 * 1024**2
_REMEMBERED_BYTES = 64 * 1024**2


@dataclass(slots=True)
class Source:
    """A collection, and the field of its vectors.

    Attributes:
        is_exact: whether Milvus looks at every row that it may find, rather than following a graph.
    """

    link: MilvusLink
    collection: str
    field: str
    is_exact: bool
    #: whether it did not answer: a Milvus that was started again may have to load the collection first
    _was_away: bool = False

    def asked(self, what: str, **options: Any) -> Any:
        """As ``MilvusLink.call``; a collection that somebody removed is as good as no answer."""
        try:
            if self._was_away:
                self.link.call("load_collection", self.collection)
                self._was_away = False
            return self.link.call(what, self.collection, **options)
        except IndexUnavailable:
            self._was_away = True
            raise
        except SnapshotError as error:
            self.link.give_up()
            raise IndexUnavailable(error.message, error.remedy) from error


class MilvusSnapshot(Directory):
    """A ``SnapshotReader``; every question may raise ``IndexUnavailable``."""

    def __init__(self, source: Source, dim: int, row_ids: np.ndarray, spans: Sequence[Span]) -> None:
        super().__init__(dim, row_ids, spans)
        self._source, self._spans = source, spans
        self._remembered = _Vectors(_REMEMBERED_BYTES // (4 * BLOCKS * dim))

    # -- vectors -------------------------------------------------------------------------------------------

    def vectors_of(self, rows: np.ndarray) -> np.ndarray:
        """(m, 3 * dim) float32, the vectors of rows (m,)."""
        width, field = BLOCKS * self.dim, self._source.field
        wanted = rows.tolist()
        known = self._remembered.get_many(wanted)
        missing = [row for row in dict.fromkeys(wanted) if row not in known]
        at_once = min(_MOST, max(1, _MESSAGE_BYTES // (4 * width)))
        for start in range(0, len(missing), at_once):
            some = missing[start : start + at_once]
            told = self._source.asked("query", ids=some, output_fields=["row", field])
            fresh = {one["row"]: np.asarray(one[field], np.float32) for one in told}
            if len(fresh) != len(some):
                lacks = say(_("Milvus has {n} of {all} vectors."), n=len(fresh), all=len(some))
                raise IndexUnavailable(lacks, _("Rebuild the index."))
            known |= fresh
            self._remembered.keep(fresh)
        return np.stack([known[row] for row in wanted]) if wanted else np.zeros((0, width), np.float32)

    # -- searching -----------------------------------------------------------------------------------------

    def best_rows(self, asked: Asked, k: int, allowed: np.ndarray) -> np.ndarray:
        """Rows that hold the ``k`` best of the ``allowed`` (n,) bool, and perhaps some more, in any order."""
        rows = np.flatnonzero(allowed & asked.meets[self.codes])
        if len(rows) <= k:
            return rows
        found = [self._best_of(span, asked, k, rows) for span in self._spans if asked.meets[span.code]]
        numbers, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return numbers[top(scores * asked.factors[self.codes[numbers]], k)]

    def _best_of(self, span: Span, asked: Asked, k: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of one group the ``k`` best (m,) of the allowed ``rows``, with their inner products (m,)."""
        mine = rows[np.searchsorted(rows, span.start) : np.searchsorted(rows, span.stop)]
        want, size = min(k, len(mine)), span.stop - span.start
        if not want:
            return _NONE
        for limit in _limits(want, len(mine), size):
            found, scores = self._proposed(span, asked.query, limit)
            kept = np.isin(found, mine) if len(mine) < size else np.ones(len(found), bool)
            if np.count_nonzero(kept) >= want:
                return found[kept], scores[kept]
        return self._best_named(span, asked.query, want, mine)

    def _best_named(
        self, span: Span, query: np.ndarray, want: int, rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same by naming the rows that may be found, so few at once that Milvus looks at each of them."""
        parts = -(-len(rows) // _NAMED)
        found = [self._best_of_part(span, query, want, rows[part::parts]) for part in range(parts)]
        numbers, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
        best = top(scores, want)
        return numbers[best], scores[best]

    def _best_of_part(
        self, span: Span, query: np.ndarray, want: int, rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        limit = min(want, len(rows))
        found, scores = self._proposed(span, query, limit, among=rows)
        if len(found) >= limit:
            return found, scores
        # A graph may lose its way among rows that few of are allowed.
        scores = self.vectors_of(rows) @ query
        best = top(scores, limit)
        return rows[best], scores[best]

    def _proposed(
        self, span: Span, query: np.ndarray, limit: int, among: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows (m,) and inner products (m,) of the ``limit`` nearest of a group, or of some of its rows."""
        effort = max(_EFFORT, 2 * limit) if among is None else _MOST
        (hits,) = self._source.asked(
            "search",
            anns_field=self._source.field,
            data=[query],
            filter="" if among is None else f"row in {among.tolist()}",
            limit=limit,
            output_fields=["row"],
            search_params={"params": {} if self._source.is_exact else {"ef": effort}},
            partition_names=[partition_of(span.code)],
        )
        rows = np.array([hit["row"] for hit in hits], np.int64)
        return rows, np.array([hit["distance"] for hit in hits], np.float32)


_NONE = (np.zeros(0, np.int64), np.zeros(0, np.float32))


def _limits(want: int, count: int, size: int) -> Iterator[int]:
    """How many proposals to ask for so that ``want`` of the ``count`` allowed of all ``size`` are among them.

    None where naming those allowed costs less.
    """
    enough = want + size - count
    if count <= _NAMED and enough > _CHEAP:
        return
    limit = min(enough, max(_EFFORT, 2 * want * size // count))
    while limit <= min(_MOST, size):
        yield limit
        limit *= _WIDER


class _Vectors:
    """The vectors last used, by row; a snapshot never changes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._vectors: OrderedDict[int, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def get_many(self, rows: Sequence[int]) -> dict[int, np.ndarray]:
        with self._lock:
            found = {row: self._vectors[row] for row in rows if row in self._vectors}
            for row in found:
                self._vectors.move_to_end(row)
        return found

    def keep(self, vectors: dict[int, np.ndarray]) -> None:
        with self._lock:
            self._vectors |= vectors
            while len(self._vectors) > self._most:
                self._vectors.popitem(last=False)
