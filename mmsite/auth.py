"""Who is signed in: asked on every request, so an account is made of its row only once."""

from __future__ import annotations

import copy
import threading
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.db import connection

_MOST = 5_000
#: account number to its row and the user made of it
_known: dict[Any, tuple[tuple[Any, ...], Any]] = {}
_lock = threading.Lock()


class AccountBackend(ModelBackend):
    """Django's own, but that a user is made of its row only when the row has changed."""

    def get_user(self, user_id: int) -> Any:
        row = _row(user_id)
        if row is None:
            return None
        known = _known.get(user_id)
        if known is None or known[0] != row:
            user = super().get_user(user_id)
            if user is None:
                return None
            known = (row, user)
            with _lock:
                if len(_known) >= _MOST:
                    _known.clear()
                _known[user_id] = known
        # A copy, because requests hang permissions on it and may change it.
        user = copy.copy(known[1])
        return user if self.user_can_authenticate(user) else None


def _row(user_id: int) -> tuple[Any, ...] | None:
    users = get_user_model()
    quote = connection.ops.quote_name
    key = users._meta.pk.column  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM {quote(users._meta.db_table)} WHERE {quote(key)} = %s",  # noqa: S608 (names)
            [user_id],
        )
        row = cursor.fetchone()
    return tuple(row) if row is not None else None
