"""Items as cards need them, kept by each process; every use asks the database whether they still hold."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from recommender.models import Item, Media
from recommender.services.measured import staged

#: Id to id, availability and time of change.
Stamps = dict[int, tuple[Any, ...]]
_CHANGED = "CAST(updated_at AS varchar(40))"  # text, so that the driver makes no times of it
#: About 4 kB each.
_MOST = 20_000
#: id to what the database said of it, and the item with category and media
_kept: dict[int, tuple[tuple[Any, ...], Item]] = {}
_lock = threading.Lock()


def items_now(ids: Iterable[int]) -> dict[int, Item]:
    """The items that exist, in their present state, whatever their availability.

    One query for what is known already, two more (items, media) where something is new or has changed.
    """
    return items_and_stamps(ids)[0]


@staged("hydrate")
def items_and_stamps(ids: Iterable[int]) -> tuple[dict[int, Item], Stamps]:
    """``items_now``, and what tells their state from any other."""
    stamps = _stamps(list(dict.fromkeys(ids)))
    found: dict[int, Item] = {}
    missing = []
    for pk, stamp in stamps.items():
        known = _kept.get(pk)
        if known is not None and known[0] == stamp:
            found[pk] = known[1]
        else:
            missing.append(pk)
    if missing:
        loaded = _load(missing)
        _keep(loaded, stamps)
        found |= loaded
    return found, stamps


def available_now(ids: Iterable[int]) -> dict[int, Item]:
    """``items_now`` without those that are withheld or retired."""
    return {pk: item for pk, item in items_now(ids).items() if is_available(item)}


def state_from(stamps: Stamps) -> str:
    """All stamps as one text, as ``state_now`` reads it."""
    return ",".join(f"{pk} {availability} {changed}" for pk, availability, changed in sorted(stamps.values()))


def listed(ids: Iterable[int]) -> str:
    """Ids as the one parameter of ``state_now``: with them in its text SQLite would plan every reader's query
    anew."""
    opening, closing = "{}" if connection.vendor == "postgresql" else "[]"
    return opening + ",".join(map(str, sorted(map(int, ids)))) + closing


def state_now(ids: str) -> str:
    """The state of these items (as ``listed``) in the database: one text in one row comes quicker than a row
    for each."""
    joined = "string_agg" if connection.vendor == "postgresql" else "group_concat"
    stamp = f"id || ' ' || availability || ' ' || {_CHANGED} AS stamp"
    told = f"(SELECT {stamp} FROM {_table()} WHERE {_among()} ORDER BY id) AS told"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {joined}(stamp, ',') FROM {told}", [ids])  # noqa: S608
        return cursor.fetchone()[0] or ""


def is_available(item: Item) -> bool:
    return item.availability == Item.Availability.AVAILABLE


def _stamps(ids: list[int]) -> Stamps:
    """What tells one state of an item from another. By hand, because every page asks for it."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, availability, {_CHANGED} FROM {_table()} WHERE {_among()}",  # noqa: S608
            [listed(ids)],
        )
        return {row[0]: row for row in cursor.fetchall()}


def _among() -> str:
    """A condition on the id; its parameter comes from ``listed``."""
    if connection.vendor == "postgresql":
        return "id = ANY(CAST(%s AS bigint[]))"
    return "id IN (SELECT value FROM json_each(%s))"


def _table() -> str:
    return connection.ops.quote_name(Item._meta.db_table)


def _load(ids: list[int]) -> dict[int, Item]:
    """``Item.objects.for_cards()`` by id, the media put in their place by hand: in half the time."""
    items = Item.objects.select_related("category").by_ids(ids)
    media: dict[int, list[Media]] = {pk: [] for pk in items}
    for one in Media.objects.filter(item_id__in=list(items)):
        media[one.item_id].append(one)
    for pk, item in items.items():
        known = QuerySet(Media)
        known._result_cache = media[pk]
        known._prefetch_done = True
        item._prefetched_objects_cache = {"media": known}
    return items


def _keep(loaded: dict[int, Item], stamps: dict[int, tuple[Any, ...]]) -> None:
    """Remember items under the stamp read before them: if one changed in between, the next look tells."""
    with _lock:
        while _kept and len(_kept) + len(loaded) > _MOST:
            del _kept[next(iter(_kept))]
        for pk, item in loaded.items():
            _kept[pk] = (stamps[pk], item)


def forget_items() -> None:
    """Read every item anew at its next use."""
    _kept.clear()
