"""The available items as columns: what anything may match is counted in memory, not by the database.

A process reads the catalogue once, and then what has changed. Counts are as exact as a look at every item:
before any, it looks at what changed since the last time, and at how many items there are.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from recommender.models import Item, Media
from recommender.services.search.filters import with_below
from recommender.services.search.question import Filters

#: After how long everything is read anew in any case; and how long films and sounds are remembered.
_SECONDS, _MEDIA_SECONDS = 600.0, 2.0
#: How long a change may take from its time to its commit.
_SLOW_COMMIT = timedelta(seconds=10)
#: More changes than this are quicker read with everything else.
_MOST_CHANGES = 10_000
_SELECT = (
    "SELECT id, category_id, language, title_zh <> '', currency, price, availability FROM recommender_item "
)


class _Names:
    """Numbers for the few texts that items share."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """That of ``text``, which is given one."""
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
        return np.isin(self.ids, _with_media()[kind])

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
    """What was read when, up to which time of changes, and those of the last seconds that were dealt with."""

    columns: Columns
    read: float
    after: datetime
    dealt: dict[int, datetime]


_kept: _Kept | None = None
_lock = threading.Lock()


def catalogue() -> Columns:
    """The available items as of now."""
    global _kept
    with _lock:
        if _kept is None or time.monotonic() - _kept.read > _SECONDS or not _follow(_kept):
            now = timezone.now()
            columns = _read("WHERE availability = %s", [Item.Availability.AVAILABLE])
            _kept = _Kept(columns, time.monotonic(), now - _SLOW_COMMIT, {})
        return _kept.columns


def _follow(kept: _Kept) -> bool:
    """Take up what has changed; False where it is better read with everything, or cannot be told."""
    now = timezone.now()
    changed = Item.objects.filter(updated_at__gt=kept.after).values_list("pk", "updated_at")
    rows = dict(changed[: _MOST_CHANGES + 1])
    fresh = [pk for pk, moment in rows.items() if kept.dealt.get(pk) != moment]
    if len(rows) > _MOST_CHANGES:
        return False
    if fresh:
        kept.columns = _patched(kept.columns, fresh)
    kept.dealt, kept.after = rows, now - _SLOW_COMMIT
    # An item that was deleted leaves no time behind.
    return Item.objects.available().count() == len(kept.columns)


def _patched(columns: Columns, ids: list[int]) -> Columns:
    """With these items as they are now: another state, new, or no longer available."""
    marks = ",".join(["%s"] * len(ids))
    new = _read(f"WHERE id IN ({marks})", ids)
    stay = ~np.isin(columns.ids, ids)
    return _in_order(
        {name: np.concatenate([getattr(columns, name)[stay], getattr(new, name)]) for name in _DTYPES}
    )


def _read(where: str, values: list[Any]) -> Columns:
    """By hand, because there are as many rows as items.

    Availability is looked at here: asked for it as well, SQLite would take its index and read everything.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SELECT + where, values)
        rows = [row for row in cursor.fetchall() if row[-1] == Item.Availability.AVAILABLE]
    found = {
        "ids": (row[0] for row in rows),
        "category": (row[1] or 0 for row in rows),
        "language": (_languages.number(row[2]) for row in rows),
        "has_chinese": (bool(row[3]) for row in rows),
        "currency": (_currencies.number(row[4]) for row in rows),
        "price": (-1 if row[5] is None else round(100 * row[5]) for row in rows),
    }
    arrays = {name: np.fromiter(found[name], dtype, len(rows)) for name, dtype in _DTYPES.items()}
    return _in_order(arrays)


def _in_order(arrays: dict[str, np.ndarray]) -> Columns:
    order = np.argsort(arrays["ids"], kind="stable")
    return Columns(**{name: values[order] for name, values in arrays.items()})


_known_media: tuple[float, dict[str, np.ndarray]] = (float("-inf"), {})


def _with_media() -> dict[str, np.ndarray]:
    """Kind to the items with such a medium that is ready; films and sounds."""
    global _known_media
    if time.monotonic() - _known_media[0] > _MEDIA_SECONDS:
        now = time.monotonic()
        kinds = (Media.Kind.VIDEO, Media.Kind.AUDIO)
        ready = Media.objects.ready().filter(kind__in=kinds, item__isnull=False).order_by()
        found = list(ready.values_list("kind", "item_id"))
        _known_media = (
            now,
            {str(kind): np.array([pk for one, pk in found if one == kind], np.int64) for kind in kinds},
        )
    return _known_media[1]


def forget_catalogue() -> None:
    """Read everything anew."""
    global _kept, _known_media
    _kept, _known_media = None, (float("-inf"), {})
