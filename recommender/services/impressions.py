"""What was shown to whom: ids are given at once, rows wait in Redis until a worker writes them in bulk.

All impressions of one answer share their first 14 bytes, and the last two number the card. So an answer
is one field of one Redis hash, and a click finds its impression there even before it has become a row.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from redis.exceptions import RedisError

from recommender.models import Impression, Item
from recommender.services.later import later
from recommender.services.measured import SHOWN, rank_group
from recommender.services.redis_link import shared_redis
from recommender.services.responses import count_responses

if TYPE_CHECKING:
    from recommender.services.events import Actor

log = logging.getLogger(__name__)

KEY = "mmsite:impressions"
#: Answers that may wait; what is shown beyond that, while no worker writes them, is not remembered.
MOST_WAITING = 2_000
MOST_CARDS = 0xFFFF
#: Of the time between two flushes; what comes faster than this for long is not all remembered.
_FLUSH_SECONDS = 1.0
#: In one transaction: nobody who acts is to wait for long.
_ANSWERS_AT_ONCE = 4
_PAUSE_SECONDS = 1.0
_pause_until = 0.0


@dataclass(frozen=True, slots=True)
class Shown:
    """One card of an answer: the item, where it stood (``surface``, ``rank`` from 0), what put it there."""

    item_id: int
    surface: str
    rank: int
    score: float = 0.0
    source: str = ""
    seed_id: int | None = None


def note_shown(actor: Actor, shown: Sequence[Shown], *, model: str = "") -> list[uuid.UUID]:
    """Ids of the impressions of one answer, in its order; their rows follow within seconds.

    Args:
        model: what ranked them, e.g. the name of the item graph.
    """
    if not shown:
        return []
    answer = uuid.uuid4().int & ~MOST_CARDS
    cards = [
        (one.item_id, one.surface, one.rank, round(float(one.score), 5), one.source, one.seed_id)
        for one in shown[:MOST_CARDS]
    ]
    user_id = actor.user.pk if actor.user is not None else None
    entry = {"u": user_id, "v": actor.visitor, "m": model[:80], "t": time.time(), "c": cards}
    later(_keep, _field(answer), entry)
    return [uuid.UUID(int=answer + number) for number in range(1, len(cards) + 1)]


def _field(answer: int) -> str:
    """The part that the impressions of an answer have in common."""
    return f"{answer >> 16:028x}"


def _keep(field: str, entry: dict[str, Any]) -> None:
    """Let an answer wait for the worker, unless too many do."""
    global _pause_until
    if time.monotonic() < _pause_until:
        return
    try:
        with shared_redis().pipeline(transaction=False) as pipe:
            told = json.dumps(entry, separators=(",", ":"))
            _new, waiting = pipe.hset(KEY, field, told).hlen(KEY).execute()
    except RedisError as error:
        log.warning("Redis does not answer (%s); what is shown is not remembered.", error)
        waiting = MOST_WAITING
    if waiting >= MOST_WAITING:
        _pause_until = time.monotonic() + _PAUSE_SECONDS


# -- answering one ------------------------------------------------------------------------------------------


def answered(actor: Actor, item_id: int, impression: uuid.UUID | None) -> uuid.UUID | None:
    """``impression`` if it showed this item to this person, as a row that can be referred to; else None.

    What was shown to a guest who had no id yet may be answered by whoever holds its own.
    """
    if impression is None:
        return None
    row = Impression.objects.filter(pk=impression).values_list(*_Row._fields, named=True).first()
    waiting = row is None
    if row is None:
        row = _waiting(impression)
    user_id = actor.user.pk if actor.user is not None else None
    if row is None or row.item_id != item_id:
        return None
    if (row.user_id, row.visitor) not in {(user_id, actor.visitor), (None, "")}:
        return None
    if waiting:
        _write([row])
    return impression


def _waiting(impression: uuid.UUID) -> _Row | None:
    """The impression as it waits to be written, if it does."""
    try:
        entry = shared_redis().hget(KEY, _field(impression.int))
    except RedisError:
        return None
    if entry is None:
        return None
    number = impression.int & MOST_CARDS
    rows = _rows(_field(impression.int), entry, slice(number - 1, number)) if number else []
    return rows[0] if rows else None


def hand_over(visitor: str, user_id: int) -> None:
    """What waits to be written of ``visitor`` is the user's from now on."""
    try:
        for field, entry in shared_redis().hscan_iter(KEY, count=_ANSWERS_AT_ONCE):
            told = json.loads(entry)
            if told["u"] is None and told["v"] == visitor:
                shared_redis().hset(KEY, field, json.dumps(told | {"u": user_id, "v": ""}))
    except RedisError as error:
        log.warning("Redis does not answer (%s); some impressions stay the guest's.", error)


# -- writing them -------------------------------------------------------------------------------------------


def flush_impressions() -> int:
    """Write the impressions that wait, for some seconds at most; says how many became rows.

    An answer leaves Redis only once its rows are there, so it can be found in one of both at any moment. Then
    its cards are counted, and after them what people made of such cards.
    """
    written, end = 0, time.monotonic() + _FLUSH_SECONDS
    for answers in _answers():
        rows = [row for field, entry in answers.items() for row in _rows(field.decode(), entry)]
        try:
            written += _write(rows)
        except IntegrityError:
            # An item or a person went away in between; the next flush sees that.
            continue
        _count(rows, _take(list(answers)))
        if time.monotonic() > end:
            break
    count_responses()
    return written


def _take(fields: list[bytes]) -> set[int]:
    """Remove answers from Redis; those that no other worker removed first."""
    with shared_redis().pipeline(transaction=False) as pipe:
        for field in fields:
            pipe.hdel(KEY, field)
        gone = pipe.execute()
    return {int(field, 16) << 16 for field, count in zip(fields, gone, strict=True) if count}


def _count(rows: list[_Row], mine: set[int]) -> None:
    """Count the cards of the answers that are ``mine``: so each once, though rows may be written twice."""
    for row in rows:
        if row.answer.int in mine:
            SHOWN.add(1, row.surface, rank_group(row.rank))


def _answers() -> Iterator[dict[bytes, bytes]]:
    """The waiting answers, some at a time."""
    found: dict[bytes, bytes] = {}
    try:
        for field, entry in shared_redis().hscan_iter(KEY, count=_ANSWERS_AT_ONCE):
            found[field] = entry
            if len(found) >= _ANSWERS_AT_ONCE:
                yield found
                found = {}
    except RedisError as error:
        log.warning("Redis does not answer (%s); impressions wait.", error)
    if found:
        yield found


class _Row(NamedTuple):
    """The columns of an impression."""

    id: uuid.UUID
    answer: uuid.UUID
    user_id: int | None
    visitor: str
    item_id: int
    surface: str
    rank: int
    score: float
    source: str
    seed_id: int | None
    model: str
    created_at: datetime


def _rows(field: str, entry: bytes, chosen: slice = slice(None)) -> list[_Row]:
    """The impressions of one waiting answer, or those at the ``chosen`` places alone."""
    told: dict[str, Any] = json.loads(entry)
    answer = int(field, 16) << 16
    who = (told["u"], told["v"])
    name, shown_at = uuid.UUID(int=answer), datetime.fromtimestamp(told["t"], UTC)
    return [
        _Row(uuid.UUID(int=answer + number), name, *who, *card, told["m"], shown_at)
        for number, card in enumerate(told["c"][chosen], 1 + (chosen.start or 0))
    ]


def _write(rows: list[_Row]) -> int:
    """Insert what is not there yet, in plain SQL: it is much, and somebody else may want to write."""
    quote, meta = connection.ops.quote_name, Impression._meta
    columns = ", ".join(quote(meta.get_field(name).column) for name in _Row._fields)
    marks = ", ".join(["%s"] * len(_Row._fields))
    with transaction.atomic():
        rows = _living(rows)
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ({marks})"  # noqa: S608 (names)
                " ON CONFLICT DO NOTHING",
                _for_driver(rows),
            )
    return len(rows)


def _for_driver(rows: list[_Row]) -> list[tuple[Any, ...]]:
    """The rows as the database's driver takes them."""
    native = connection.features.has_native_uuid_field
    moment = connection.ops.adapt_datetimefield_value
    return [
        (
            row.id if native else row.id.hex,
            row.answer if native else row.answer.hex,
            *row[2:-1],
            moment(row.created_at),
        )
        for row in rows
    ]


def _living(rows: list[_Row]) -> list[_Row]:
    """Rows whose item and person are still there; seeds that are gone are left out."""
    items = {row.item_id for row in rows} | {row.seed_id for row in rows if row.seed_id}
    there = set(Item.objects.filter(pk__in=items).values_list("pk", flat=True))
    people = {row.user_id for row in rows if row.user_id}
    users = set(get_user_model().objects.filter(pk__in=people).values_list("pk", flat=True)) | {None}
    return [
        row if row.seed_id is None or row.seed_id in there else row._replace(seed_id=None)
        for row in rows
        if row.item_id in there and row.user_id in users
    ]
