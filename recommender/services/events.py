"""What people do with items: recorded at once, and told to every process that ranks for them."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from redis.exceptions import RedisError

from recommender.errors import RecommenderError
from recommender.models import Interaction, Item
from recommender.services.impressions import answered, flush_impressions
from recommender.services.redis_link import shared_redis

__all__ = [
    "Actor",
    "all_items",
    "flush_impressions",
    "history_version",
    "newest",
    "note_change",
    "record",
    "states",
    "toggle",
    "undo",
]

log = logging.getLogger(__name__)

Kind = Interaction.Kind
#: A switch that goes off when the other goes on.
_OPPOSITE = {Kind.LIKE: Kind.DISLIKE, Kind.DISLIKE: Kind.LIKE}
_VERSION_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever acts or reads: a signed-in user, or a visitor known by an id; neither is nobody."""

    user: Any = None
    visitor: str = ""

    @property
    def is_nobody(self) -> bool:
        return self.user is None and not self.visitor

    @property
    def key(self) -> str:
        """A name that no other actor has; "" for nobody."""
        if self.user is not None:
            return f"u{self.user.pk}"
        return f"v{self.visitor}" if self.visitor else ""


# -- doing --------------------------------------------------------------------------------------------------


def record(
    actor: Actor,
    item: Item,
    kind: str,
    *,
    value: float | None = None,
    impression: uuid.UUID | None = None,
    at: datetime | None = None,
) -> Interaction | None:
    """Note that ``actor`` did ``kind`` with ``item``; None for nobody, of whom nothing is kept.

    A switch (like, dislike, hide, save) that is on already stays on, with its row.

    Args:
        value: stars of a rating, 1 to 5.
        impression: the card that was answered; one that showed another item, or was somebody else's, is
            left out.
        at: when it happened; now, if None.

    Raises:
        RecommenderError: an unknown kind, or a rating without stars.
    """
    _check(kind, value)
    if actor.is_nobody:
        return None
    with transaction.atomic():
        mine = _mine(actor, item, kind)
        if kind in Interaction.TOGGLES and (done := mine.first()):
            return done
        _switch_off_opposite(actor, item, kind)
        done = _insert(actor, item, kind, value=value, impression=impression, at=at)
    note_change(actor)
    return done


def toggle(actor: Actor, item: Item, kind: str, *, impression: uuid.UUID | None = None) -> bool:
    """Switch like, dislike, hide or save; True when it is on afterwards. Like and dislike exclude each other.

    Raises:
        RecommenderError: ``kind`` is not a switch.
    """
    if kind not in Interaction.TOGGLES:
        names = ", ".join(Interaction.TOGGLES)
        raise RecommenderError(f"{kind!r} cannot be switched.", f"Use one of {names}.")
    if actor.is_nobody:
        return False
    with transaction.atomic():
        on = not _mine(actor, item, kind).delete()[0]
        if on:
            _switch_off_opposite(actor, item, kind)
            _insert(actor, item, kind, impression=impression)
    note_change(actor)
    return on


def undo(actor: Actor, pk: int) -> bool:
    """Take back one thing that ``actor`` did; False where it is not theirs, or is gone."""
    removed = Interaction.objects.of(actor.user, actor.visitor).filter(pk=pk).delete()[0]
    if removed:
        note_change(actor)
    return bool(removed)


def _check(kind: str, value: float | None) -> None:
    if kind not in Kind.values:
        raise RecommenderError(
            f"{kind!r} is nothing one can do with an item.", f"Use {', '.join(Kind.values)}."
        )
    if kind == Kind.RATING and (value is None or not 1 <= value <= 5):
        raise RecommenderError(f"A rating of {value} is not possible.", "Give 1 to 5 stars.")


def _mine(actor: Actor, item: Item, kind: str) -> Any:
    return Interaction.objects.of(actor.user, actor.visitor).filter(item_id=item.pk, kind=kind)


def _switch_off_opposite(actor: Actor, item: Item, kind: str) -> None:
    if kind in _OPPOSITE:
        _mine(actor, item, _OPPOSITE[Kind(kind)]).delete()


def _insert(
    actor: Actor,
    item: Item,
    kind: str,
    *,
    value: float | None = None,
    impression: uuid.UUID | None = None,
    at: datetime | None = None,
) -> Interaction:
    """A new row; the one that is there already where another request was quicker."""
    fields: dict[str, Any] = {"user": actor.user, "visitor": actor.visitor, "item": item, "kind": kind}
    when = at or timezone.now()
    try:
        with transaction.atomic():
            return Interaction.objects.create(
                **fields, value=value, created_at=when, impression_id=answered(actor, item.pk, impression)
            )
    except IntegrityError:
        if kind not in Interaction.TOGGLES:
            fields["created_at"] = when
        there = Interaction.objects.filter(**fields).first()
        if there is None:
            raise
        return there


# -- reading ------------------------------------------------------------------------------------------------


def newest(actor: Actor, limit: int) -> list[tuple[int, str, float, float | None]]:
    """The last ``limit`` things ``actor`` did as (item, kind, seconds since 1970, value), newest first.

    By hand, because it is read for every answer that is ranked.
    """
    if actor.is_nobody:
        return []
    table = connection.ops.quote_name(Interaction._meta.db_table)
    column, who = ("user_id", actor.user.pk) if actor.user is not None else ("visitor", actor.visitor)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT item_id, kind, created_at, value FROM {table} WHERE {column} = %s"  # noqa: S608 (names)
            " ORDER BY created_at DESC, id DESC LIMIT %s",
            [who, limit],
        )
        return [(item, kind, _seconds(moment), value) for item, kind, moment, value in cursor.fetchall()]


def _seconds(moment: datetime | str) -> float:
    """Seconds since 1970 of a time as the driver gives it: SQLite keeps UTC as text."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def all_items(actor: Actor) -> set[int]:
    """Every item ``actor`` ever did something with."""
    done = Interaction.objects.of(actor.user, actor.visitor).order_by()
    return set(done.values_list("item_id", flat=True).distinct())


def states(actor: Actor, item_ids: Iterable[int] | None = None) -> dict[int, dict[str, bool]]:
    """Which switches ``actor`` has on, by item: ``{7: {"like": True}}``; items with none are absent.

    Args:
        item_ids: only of these; of all, if None.
    """
    if actor.is_nobody:
        return {}
    on = Interaction.objects.of(actor.user, actor.visitor).of_kind(*Interaction.TOGGLES)
    if item_ids is not None:
        on = on.filter(item_id__in=list(item_ids))
    found: dict[int, dict[str, bool]] = {}
    for item_id, kind in on.values_list("item_id", "kind"):
        found.setdefault(item_id, {})[kind] = True
    return found


# -- telling ------------------------------------------------------------------------------------------------


def note_change(actor: Actor) -> None:
    """Whatever a process remembers of this person's history is out of date from now on."""
    _renew_version(actor)
    if transaction.get_connection().in_atomic_block:
        # Somebody may have read the old state, under the new version, before the commit.
        transaction.on_commit(lambda: _renew_version(actor))


def history_version(actor: Actor) -> str:
    """A name for the present state of this person's history: it changes with every event.

    "" while Redis does not answer: then nothing may be remembered, and the database is read.
    """
    key = _version_key(actor)
    try:
        version = shared_redis().get(key)
        if version is None:
            # Random, not counted: a number could come back after Redis has lost its memory.
            shared_redis().set(key, uuid.uuid4().hex, ex=_VERSION_SECONDS, nx=True)
            version = shared_redis().get(key)
    except RedisError as error:
        log.warning("Redis does not answer (%s); histories are read from the database.", error)
        return ""
    return version.decode() if version else ""


def _renew_version(actor: Actor) -> None:
    try:
        shared_redis().set(_version_key(actor), uuid.uuid4().hex, ex=_VERSION_SECONDS)
    except RedisError as error:
        log.warning("Redis does not answer (%s); a feed may lag behind for some seconds.", error)


def _version_key(actor: Actor) -> str:
    return f"mmsite:history:{actor.key}"
