"""Tokens that programs show to the programming interface: issued, recognised, revoked."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from recommender.errors import RecommenderError
from recommender.models import ApiToken

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: What every token begins with, so that scanners for leaked secrets know one when they see it.
PREFIX = "mmsite_"
_BYTES = 32
_NOTED_EVERY = timedelta(minutes=1)  # between two writes of when a token was last used
_LONGEST = len(PREFIX) + 2 * _BYTES  # characters; anything longer is no token of this site


def issue(user: User, name: str, *, expires_at: datetime | None = None) -> str:
    """A new token of ``user``; this is the only time it can be read.

    Raises:
        RecommenderError: the name is empty, too long, or another token of this person has it.
    """
    name = name.strip()
    longest = ApiToken._meta.get_field("name").max_length or 0
    if not 0 < len(name) <= longest:
        raise RecommenderError(
            f"A token's name has 1 to {longest} characters.", "Name the program that uses it."
        )
    token = PREFIX + secrets.token_urlsafe(_BYTES)
    _row, made = ApiToken.objects.get_or_create(
        user=user, name=name, defaults={"digest": _digest(token), "expires_at": expires_at}
    )
    if not made:
        raise RecommenderError(
            f"{user.get_username()} has a token named {name} already.",
            "Revoke it first, or choose another name.",
        )
    return token


def user_of(token: str) -> User | None:
    """Whose token this is; None where it is unknown, expired, or its owner may not log in any more."""
    if not token.startswith(PREFIX) or len(token) > _LONGEST:
        return None
    found = ApiToken.objects.valid().select_related("user").filter(digest=_digest(token)).first()
    if found is None:
        return None
    now = timezone.now()
    if found.last_used_at is None or found.last_used_at < now - _NOTED_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - _NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=found.pk).update(last_used_at=now)
    return found.user


def revoke(user: User, name: str) -> None:
    """The token opens nothing from now on; RecommenderError where there is none of that name."""
    if not ApiToken.objects.filter(user=user, name=name).delete()[0]:
        raise RecommenderError(
            f"{user.get_username()} has no token named {name}.", "List the tokens to see their names."
        )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
