"""The available items as columns: what anything may match is counted in memory, not by the database.

A process reads the catalogue once, and then what has changed: before any count it looks at what changed since
the last one, and at how many items there are. So counts are those of a look at every item, but for

- a change that took more than ten seconds from its time to its commit, which is seen up to ten seconds late,
- one that took more than a minute: seen within ten minutes, or soon where it alone alters their number,
- items that were deleted, or changed by the hundred thousand since the last look: counted as they were while
  everything is read aside, some seconds,
- films and sounds, which are up to two seconds old.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from recommender.models import Item, Media
from recommender.services.later import later
from recommender.services.search.filters import with_below
from recommender.services.search.playable import playable
from recommender.services.search.question import Filters

#: After how long everything is read anew in any case.
_SECONDS = 600.0
#: How long a change may take from its time to its commit: most of them, and all but the slowest, which are
#: looked for less often, because an import changes hundreds of thousands of items in a minute.
_COMMIT, _SLOW_COMMIT = timedelta(seconds=10), timedelta(minutes=1)
_SLOW_EVERY = timedelta(seconds=10)
#: Items of one query.
_PORTION = 10_000
#: More changes than this are quicker read with everything else.
_MOST_CHANGES = 100_000
#: Looks for changes before a count that is still off is left to the next question.
_LOOKS = 4
_SELECT = (
    "SELECT id, category_id, language, title_zh <> '', currency, price, availability FROM recommender_item "
)


class _Names:
    """Numbers for the few texts that items share."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def number(self, text: str) -> int:
        """That of ``text``, which is given one."""
        if text not in self._numbers:
            with self._lock:  # everything may be read aside while another thread reads what changed
                if text not in self._numbers:
                    self.texts.append(text)
                    self._numbers[text] = len(self.texts) - 1
        return self._numbers[text]

    def known(self, text: str) -> int:
        """That of ``text``; one that no item has where there is none."""
        return self._numbers.get(text, -1)

    def counted(self, numbers: np.ndarray) -> Counter[str]:
        """Text to how often its number occurs, in the order of the texts."""
        counts = np.bincount(numbers, minlength=len(self.texts)).tolist()
        return Counter({text: n for text, n in sorted(zip(self.texts, counts, strict=False)) if n})


_languages, _currencies = _Names(), _Names()
_DTYPES = {
    "ids": np.int64,
    "category": np.int64,
    "language": np.int32,
    "has_chinese": np.bool_,
    "currency": np.int32,
    "price": np.int64,
}


@dataclass(frozen=True, slots=True)
class Columns:
    """(n,) each, by ascending id. ``category`` is 0 for none, ``price`` is in hundredths, -1 for none."""

    ids: np.ndarray
    category: np.ndarray
    language: np.ndarray
    has_chinese: np.ndarray
    currency: np.ndarray
    price: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    def matching(self, filters: Filters) -> np.ndarray:
        """(n,) whether each item meets ``filters``."""
        found = np.ones(len(self), dtype=bool)
        if filters.category is not None:
            found &= np.isin(self.category, with_below(filters.category))
        if filters.currency is not None:
            found &= (self.currency == _currencies.known(filters.currency)) & (self.price >= 0)
        if filters.price_min is not None:
            found &= self.price >= max(0, math.ceil(100 * filters.price_min))
        if filters.price_max is not None:
            found &= (self.price >= 0) & (self.price <= math.floor(100 * filters.price_max))
        if filters.language:
            found &= self._in_language(filters.language)
        for wanted, kind in ((filters.has_video, Media.Kind.VIDEO), (filters.has_audio, Media.Kind.AUDIO)):
            if wanted:
                found &= self.with_medium(kind)
        return found

    def _in_language(self, code: str) -> np.ndarray:
        own = self.language == _languages.known(code)
        return own | self.has_chinese if code == "zh" else own

    def with_medium(self, kind: str) -> np.ndarray:
        """(n,) whether each item has a film, or a sound, that can be played."""
        return np.isin(self.ids, playable(kind))

    # -- counting, among the items that a mask picks

    def categories(self, chosen: np.ndarray) -> Counter[int]:
        """Category to the number of items that are in it, and not below it."""
        own, counts = np.unique(self.category[chosen], return_counts=True)
        return Counter({int(pk): int(n) for pk, n in zip(own, counts, strict=True) if pk})

    def languages(self, chosen: np.ndarray) -> Counter[str]:
        """Code to the number of items; one with Chinese words counts as Chinese as well."""
        counts = _languages.counted(self.language[chosen])
        besides = self.has_chinese[chosen] & (self.language[chosen] != _languages.known("zh"))
        counts["zh"] += int(besides.sum())
        return Counter({code: n for code, n in counts.items() if code and n})

    def currencies(self, chosen: np.ndarray) -> Counter[str]:
        """Code to the number of items with a price in it."""
        return _currencies.counted(self.currency[chosen & (self.price >= 0)])

    def prices(self, chosen: np.ndarray, currency: str) -> Counter[int]:
        """Amount, in hundredths of ``currency``, to the number of items."""
        there = chosen & (self.price >= 0) & (self.currency == _currencies.known(currency))
        amounts, counts = np.unique(self.price[there], return_counts=True)
        return Counter(dict(zip(amounts.tolist(), counts.tolist(), strict=True)))


# -- keeping ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Kept:
    """What was read when, up to which time changes were looked for, and those that were dealt with."""

    columns: Columns
    read: float
    looked: datetime
    looked_for_slow: datetime
    dealt: dict[int, str]
    is_renewed: bool = False
    is_behind: bool = False


_kept: _Kept | None = None
_lock = threading.Lock()


def catalogue() -> Columns:
    """The available items as of now. The first call of a process waits until all are read, no other does."""
    global _kept
    with _lock:
        if _kept is None:
            _kept = _read_all()
        kept = _kept
        is_told = not kept.is_behind and _follow(kept)
        is_due = not is_told or time.monotonic() - kept.read > _SECONDS
        begin = is_due and not kept.is_renewed
        kept.is_renewed |= begin
    if begin:
        later(_renew, kept)
    return (_kept or kept).columns


def _renew(kept: _Kept) -> None:
    """Read everything while others are answered from ``kept``."""
    global _kept
    try:
        new = _read_all()
        with _lock:
            if _kept is kept:
                _kept = new
    finally:
        kept.is_renewed = False


def _read_all() -> _Kept:
    now = timezone.now()
    # Before the items themselves: what changes in between has another time, and is looked at again.
    dealt = _changed_after(now - _SLOW_COMMIT)
    return _Kept(_joined(list(_everything())), time.monotonic(), now, now, dealt)


def _follow(kept: _Kept) -> bool:
    """Take up what has changed; False where it is better read with everything, or cannot be told.

    A count that is off may be due to a commit between the two queries, which the next look takes up. What
    is off by as much after that is not: an item that was deleted leaves no time behind.
    """
    off = 0
    for _look in range(_LOOKS):
        if not _take_up(kept):
            return False
        before, off = off, Item.objects.available().count() - len(kept.columns)
        if not off:
            return True
        if off == before:
            return False
    return True


def _take_up(kept: _Kept) -> bool:
    """The changes since the last look; False, and nothing taken, where there are too many."""
    now = timezone.now()
    for_slow = now - kept.looked_for_slow >= _SLOW_EVERY
    after = kept.looked_for_slow - _SLOW_COMMIT if for_slow else kept.looked - _COMMIT
    rows = _changed_after(after, len(kept.dealt) + _MOST_CHANGES + 1)
    fresh = [pk for pk, moment in rows.items() if kept.dealt.get(pk) != moment]
    if len(fresh) > _MOST_CHANGES:
        kept.is_behind = True  # nobody need find the same again until everything is read
        return False
    if fresh:
        kept.columns = _patched(kept.columns, fresh)
    kept.looked = now
    if for_slow:
        kept.looked_for_slow, kept.dealt = now, rows
    else:
        kept.dealt |= rows
    return True


def _changed_after(moment: datetime, most: int = 2**31) -> dict[int, str]:
    """Items to the time of their change, as text: during an import too many to make times of."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, CAST(updated_at AS varchar(40)) FROM recommender_item WHERE updated_at > %s LIMIT %s",
            [connection.ops.adapt_datetimefield_value(moment), most],
        )
        return dict(cursor.fetchall())


# -- reading ------------------------------------------------------------------------------------------------

_Arrays = dict[str, np.ndarray]


def _patched(columns: Columns, ids: list[int]) -> Columns:
    """With these items as they are now: another state, new, or no longer available."""
    stay = ~np.isin(columns.ids, ids)
    return _joined([{name: getattr(columns, name)[stay] for name in _DTYPES}, *_these(ids)])


def _these(ids: list[int]) -> Iterator[_Arrays]:
    for start in range(0, len(ids), _PORTION):
        part = ids[start : start + _PORTION]
        yield _arrays(_rows(f"WHERE id IN ({','.join(['%s'] * len(part))})", part))


def _everything() -> Iterator[_Arrays]:
    """In portions by id: as many rows at once as there are items take ten times the memory of the columns."""
    last = 0
    while rows := _rows("WHERE id > %s ORDER BY id LIMIT %s", [last, _PORTION]):
        last = rows[-1][0]
        yield _arrays(rows)


def _rows(where: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """By hand, because there are as many rows as items."""
    with connection.cursor() as cursor:
        cursor.execute(_SELECT + where, values)
        return cursor.fetchall()


def _arrays(rows: list[tuple[Any, ...]]) -> _Arrays:
    """Of those that are available, which is looked at here: asked for it too, SQLite would take its index."""
    rows = [row for row in rows if row[-1] == Item.Availability.AVAILABLE]
    found = {
        "ids": (row[0] for row in rows),
        "category": (row[1] or 0 for row in rows),
        "language": (_languages.number(row[2]) for row in rows),
        "has_chinese": (bool(row[3]) for row in rows),
        "currency": (_currencies.number(row[4]) for row in rows),
        "price": (-1 if row[5] is None else round(100 * row[5]) for row in rows),
    }
    return {name: np.fromiter(found[name], dtype, len(rows)) for name, dtype in _DTYPES.items()}


def _joined(parts: list[_Arrays]) -> Columns:
    """All of them, by ascending id."""
    whole = {
        name: np.concatenate([np.empty(0, dtype), *(part[name] for part in parts)])
        for name, dtype in _DTYPES.items()
    }
    order = np.argsort(whole["ids"], kind="stable")
    return Columns(**{name: values[order] for name, values in whole.items()})


def forget_catalogue() -> None:
    """Read everything anew."""
    global _kept
    _kept = None
