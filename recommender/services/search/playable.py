"""Which items have a film or a sound that can be played, listed anew only when that has changed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.conf import settings
from django.db.models import Count, Max

from recommender.models import Media
from recommender.services.later import later

_KINDS = (Media.Kind.VIDEO, Media.Kind.AUDIO)
#: For how long nobody asks for changes, and up to which age a list is given out while somebody asks aside.
_SECONDS, _STALE_SECONDS = 1.0, 1.7
#: After how long they are listed in any case: one that goes and one that is committed late look like none.
_LISTED_SECONDS = 60.0

#: Kind, how many are ready, and when the last of them changed.
_State = list[tuple[str, int, datetime | None]]


@dataclass(frozen=True, slots=True)
class _Known:
    looked: float
    listed: float
    state: _State
    items: dict[str, np.ndarray]


_known: _Known | None = None
_lock = threading.Lock()


def playable(kind: str) -> np.ndarray:
    """Items, in no order and maybe repeated, with a ready medium of ``kind``: as of two seconds ago at most.

    Only the first call of a process, and one after a pause, waits.
    """
    known = _known
    age = float("inf") if known is None else time.monotonic() - known.looked
    if known is not None and age < _SECONDS:
        return known.items[kind]
    if known is not None and age < _STALE_SECONDS and settings.WORK_ASIDE:
        later(_look, known)
        return known.items[kind]
    return _look(known).items[kind]


def _look(known: _Known | None) -> _Known:
    """What is known now; ``known`` itself while somebody else is looking."""
    global _known
    if not _lock.acquire(blocking=known is None):
        return known  # type: ignore[return-value]  # never waited for without something to give out
    try:
        if _known is None or time.monotonic() - _known.looked >= _SECONDS:
            _known = _current(_known)
        return _known
    finally:
        _lock.release()


def _current(known: _Known | None) -> _Known:
    now = time.monotonic()
    state = _state()  # before the list: what changes in between is told apart at the next look
    if known is not None and state == known.state and now - known.listed < _LISTED_SECONDS:
        return _Known(now, known.listed, state, known.items)
    return _Known(now, now, state, {str(kind): _listed(kind) for kind in _KINDS})


def _state() -> _State:
    """Read from one index. One that becomes ready has a new time, one that no longer is makes them fewer."""
    ready = Media.objects.ready().of_kind(*_KINDS).order_by("kind")
    return list(ready.values_list("kind").annotate(Count("pk"), Max("updated_at")))


def _listed(kind: str) -> np.ndarray:
    ready = Media.objects.ready().of_kind(kind).filter(item__isnull=False).order_by()
    return np.fromiter(ready.values_list("item_id", flat=True).iterator(chunk_size=10_000), np.int64)


def forget_playable() -> None:
    """List them anew."""
    global _known
    _known = None
