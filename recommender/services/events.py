"""What people do with items: recorded at once, and known to every process with its next answer."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from recommender.errors import RecommenderError
from recommender.models import Interaction, Item, Review
from recommender.said import gettext_noop as _
from recommender.said import say
from recommender.services.impressions import answered, flush_impressions
from recommender.services.responses import note_response

__all__ = [
    "Actor",
    "all_items",
    "feelings",
    "flush_impressions",
    "has_feelings",
    "history_version",
    "newest",
    "record",
    "states",
    "toggle",
    "undo",
]

Kind = Interaction.Kind
_REVIEWS = Review._meta.db_table
_DEEDS = Interaction._meta.db_table
#: A switch that goes off when the other goes on.
_OPPOSITE = {Kind.LIKE: Kind.DISLIKE, Kind.DISLIKE: Kind.LIKE}


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
        made = _insert(actor, item, kind, value=value, impression=impression, at=at)
    note_response(made)
    return made


def toggle(actor: Actor, item: Item, kind: str, *, impression: uuid.UUID | None = None) -> bool:
    """Switch like, dislike, hide or save; True when it is on afterwards. Like and dislike exclude each other.

    Raises:
        RecommenderError: ``kind`` is not a switch.
    """
    if kind not in Interaction.TOGGLES:
        names = ", ".join(Interaction.TOGGLES)
        told = say(_("{kind} cannot be switched."), kind=repr(kind))
        raise RecommenderError(told, say(_("Use one of {ways}."), ways=names))
    if actor.is_nobody:
        return False
    made = None
    with transaction.atomic():
        if not _mine(actor, item, kind).delete()[0]:
            _switch_off_opposite(actor, item, kind)
            made = _insert(actor, item, kind, impression=impression)
    note_response(made)
    return made is not None


def undo(actor: Actor, pk: int) -> bool:
    """Take back one thing that ``actor`` did; False where it is not theirs, or is gone."""
    return bool(Interaction.objects.of(actor.user, actor.visitor).filter(pk=pk).delete()[0])


def _check(kind: str, value: float | None) -> None:
    if kind not in Kind.values:
        raise RecommenderError(
            say(_("{kind} is nothing one can do with an item."), kind=repr(kind)),
            say(_("Use one of {ways}."), ways=", ".join(Kind.values)),
        )
    if kind == Kind.RATING and (value is None or not 1 <= value <= 5):
        raise RecommenderError(
            say(_("A rating of {value} is not possible."), value=value), _("Give 1 to 5 stars.")
        )


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
    rows = _ask(
        actor,
        "SELECT item_id, kind, created_at, value",
        f"ORDER BY created_at DESC, id DESC LIMIT {int(limit)}",
    )
    return [(item, kind, _seconds(moment), value) for item, kind, moment, value in rows]


def history_version(actor: Actor) -> str:
    """A name for the present state of this person's history, another one after every event.

    Numbers of rows are never given twice, so the highest of them and their count tell one state from another.
    What their reviews are found to feel comes in with its number and its sum.
    """
    if actor.is_nobody:
        return ""
    if actor.user is None:
        ((highest, count),) = _ask(actor, "SELECT MAX(id), COUNT(*)")
        return f"{highest or 0}-{count}"
    # Nothing of the reader stands in the text of the query, so that SQLite keeps its plan.
    done = f"SELECT MAX(id), COUNT(*) FROM {_DEEDS} WHERE user_id = %s"  # noqa: S608
    felt = f"SELECT COUNT(polarity), SUM(polarity) FROM {_REVIEWS} WHERE user_id = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({done}) AS done, ({felt}) AS felt", [actor.user.pk] * 2)  # noqa: S608
        highest, count, felt_count, felt_sum = cursor.fetchone()
    version = f"{highest or 0}-{count}"
    return f"{version}-{felt_count}-{felt_sum:.4f}" if felt_count else version


def has_feelings(version: str) -> bool:
    """Whether a history of that version has reviews of which it is known what they feel."""
    return version.count("-") > 1


def feelings(actor: Actor, limit: int) -> dict[int, tuple[float, float]]:
    """What the last ``limit`` reviews of ``actor`` are found to feel: item to (seconds since 1970, polarity).

    Of several reviews of one item the newest counts; those of which nobody knows yet are left out.
    """
    if actor.user is None:
        return {}
    found: dict[int, tuple[float, float]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT item_id, created_at, polarity FROM {_REVIEWS} "  # noqa: S608
            "WHERE user_id = %s AND polarity IS NOT NULL ORDER BY created_at DESC, id DESC LIMIT %s",
            [actor.user.pk, limit],
        )
        for item, moment, polarity in cursor.fetchall():
            found.setdefault(item, (_seconds(moment), polarity))
    return found


def _ask(actor: Actor, select: str, rest: str = "") -> list[tuple[Any, ...]]:
    """Rows of what ``actor`` did, in plain SQL."""
    column, who = ("user_id", actor.user.pk) if actor.user is not None else ("visitor", actor.visitor)
    with connection.cursor() as cursor:
        cursor.execute(f"{select} FROM {_DEEDS} WHERE {column} = %s {rest}", [who])
        return list(cursor.fetchall())


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
