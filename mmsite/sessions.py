"""Who is asking: read on every request, so a session comes by a plain query, not by one made by the ORM, and
its signature is checked once for each state that it is in."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connections, router
from django.utils import timezone


class SessionStore(DatabaseStore):
    """Django's own, in its table; only reading is quicker: making the query costs more than running it, and
    checking a signature as much again."""

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and no key, where it is unknown or has expired."""
        packed = self._packed()
        if packed is None:
            self._session_key = None
            return {}
        return self.decode(packed)

    def decode(self, session_data: str) -> dict[str, Any]:
        """What the packed text holds; nothing, where it is damaged or signed by somebody else."""
        # From text each time: whoever is given it may change it.
        return dict(json.loads(_unpacked(session_data, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)))

    def _packed(self) -> str | None:
        connection = connections[router.db_for_read(self.model)]
        table = connection.ops.quote_name(self.model._meta.db_table)
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT session_data FROM {table} WHERE session_key = %s AND expire_date > %s",  # noqa: S608
                [self.session_key, now],
            )
            row = cursor.fetchone()
        return row[0] if row is not None else None


@lru_cache(maxsize=5_000)
def _unpacked(session_data: str, *_secrets: str) -> str:
    """As JSON, which is what sessions are made of; under other secrets it would be checked anew."""
    return json.dumps(DatabaseStore().decode(session_data))
