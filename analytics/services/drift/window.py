"""Where "lately" begins, and which rows stand for it and for the time before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Max, Min, QuerySet
from django.db.models.functions import Coalesce

from recommender.models import ImportBatch

#: The window has rows of this time, but at least and at most so many.
AGE = timedelta(hours=24)
LEAST, MOST = 50, 500
REFERENCE = 2_000
_UPLOADS = 100
_AT_ONCE = 500


@dataclass(frozen=True)
class Stream:
    """Rows in the order in which they came.

    Attributes:
        rows: of any model.
        moment: the field that says when each came.
    """

    rows: QuerySet[Any]
    moment: str

    def since(self, moment: datetime) -> QuerySet[Any]:
        return self.rows.filter(**{f"{self.moment}__gte": moment})

    def before(self, moment: datetime) -> QuerySet[Any]:
        return self.rows.filter(**{f"{self.moment}__lt": moment})


@dataclass(frozen=True)
class Window:
    """The rows (primary keys, ascending) that are held against each other, and when they came."""

    new: np.ndarray
    old: np.ndarray
    new_span: tuple[datetime, datetime]
    old_span: tuple[datetime, datetime]

    @property
    def is_enough(self) -> bool:
        return min(len(self.new), len(self.old)) >= LEAST


def newest(stream: Stream, now: datetime, *, seed: int = 0) -> Window | None:
    """The newest rows against a sample of those before; None while there is nothing at all."""
    start = beginning(stream, now)
    if start is None:
        return None
    rng = np.random.default_rng(seed)
    new, old = stream.since(start), stream.before(start)
    new_span, old_span = _span(new, stream.moment, start), _span(old, stream.moment, start)
    return Window(_some(new, MOST, rng), _some(old, REFERENCE, rng), new_span, old_span)


def beginning(stream: Stream, now: datetime) -> datetime | None:
    """Where the window begins: a day ago, or later where much came.

    It begins with the newest upload that brought enough, so that one that is unlike the rest is not lost
    among it, and never in the middle of one: a file is often in some order, and would be unlike itself.
    """
    moments = list(
        stream.rows.order_by(f"-{stream.moment}", "-pk").values_list(stream.moment, flat=True)[:MOST]
    )
    if not moments:
        return None
    start = max(now - AGE, moments[-1])
    if sum(moment >= start for moment in moments) < LEAST:
        start = moments[min(LEAST, len(moments)) - 1]
    for begun, _ended in _uploads():
        if begun > start and stream.since(begun).count() >= LEAST:
            return begun
    return _not_inside(stream, start)


def _not_inside(stream: Stream, start: datetime) -> datetime:
    """``start``, or the end of the upload that it lies in, or its beginning if too little came after."""
    for begun, ended in _uploads():
        if begun < start and (ended is None or start <= ended):
            if ended is not None and stream.since(ended).count() >= LEAST:
                return ended
            return _not_inside(stream, begun)
    return start


def _uploads() -> list[tuple[datetime, datetime | None]]:
    """When the last uploads began and ended, the newest first; None for one that is being read."""
    State = ImportBatch.State
    begun = Coalesce("job__started_at", "created_at")
    rows = ImportBatch.objects.filter(state__in=[State.RUNNING, State.DONE, State.CANCELLED, State.FAILED])
    found = rows.annotate(begun=begun).order_by("-begun").values_list("begun", "finished_at")
    return list(found[:_UPLOADS])


def _span(rows: QuerySet[Any], moment: str, otherwise: datetime) -> tuple[datetime, datetime]:
    ends = rows.aggregate(first=Min(moment), last=Max(moment))
    return ends["first"] or otherwise, ends["last"] or otherwise


def _some(rows: QuerySet[Any], most: int, rng: np.random.Generator) -> np.ndarray:
    """(n,) ascending primary keys, at most so many, drawn at random."""
    ids = np.sort(np.fromiter(rows.order_by().values_list("pk", flat=True), np.int64))
    return ids if len(ids) <= most else np.sort(rng.choice(ids, most, replace=False))


def values_of(rows: QuerySet[Any], ids: np.ndarray, *fields: str) -> Iterator[tuple[Any, ...]]:
    """``fields`` of the rows with these primary keys, in their order."""
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE].tolist()
        yield from rows.model._default_manager.filter(pk__in=part).order_by("pk").values_list(*fields)
