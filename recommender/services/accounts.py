"""Accounts: becoming a member, and bringing along what one did as a guest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction

from recommender.models import Impression, Interaction, Profile, Role
from recommender.services import impressions

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_EXCLUDES = {Interaction.Kind.LIKE: Interaction.Kind.DISLIKE, Interaction.Kind.DISLIKE: Interaction.Kind.LIKE}


@transaction.atomic
def sign_up(username: str, password: str, *, language: str = "") -> User:
    """A new member, with a profile in ``language``; name and password have been checked by the form."""
    user = get_user_model().objects.create_user(username, password=password)
    user.groups.add(Group.objects.get_or_create(name=Role.MEMBER.value)[0])
    Profile.objects.create(user=user, language=language)
    return user


def adopt_visitor(user: User, visitor: str) -> int:
    """Make what ``visitor`` did and was shown the user's own; says how many interactions came along.

    Where both did the same, the user's row stays; where one liked what the other disliked, the later word
    counts.
    """
    if not visitor:
        return 0
    impressions.hand_over(visitor, user.pk)
    with transaction.atomic():
        theirs = Interaction.objects.filter(user__isnull=True, visitor=visitor)
        _settle_conflicts(user, list(theirs))
        moved = theirs.update(user=user, visitor="")
        Impression.objects.filter(user__isnull=True, visitor=visitor).update(user=user, visitor="")
    return moved


def _settle_conflicts(user: User, theirs: list[Interaction]) -> None:
    """Remove whatever could not be true of one person at once."""
    own = Interaction.objects.filter(user=user, item_id__in={row.item_id for row in theirs})
    switches = {(row.item_id, row.kind): row for row in own if row.kind in Interaction.TOGGLES}
    moments = {(row.item_id, row.kind, row.created_at) for row in own}
    dropped: set[int] = set()
    for row in theirs:
        if (row.item_id, row.kind) in switches or (row.item_id, row.kind, row.created_at) in moments:
            dropped.add(row.pk)
            continue
        other = switches.get((row.item_id, _EXCLUDES.get(row.kind, "")))  # type: ignore[call-overload]
        if other is not None:
            dropped.add(min((row, other), key=lambda one: one.created_at).pk)
    Interaction.objects.filter(pk__in=dropped).delete()
