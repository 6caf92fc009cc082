"""Requests that an operator may ask for: those that sent a task, failed, or were slow."""

from __future__ import annotations

import time

from django.http import HttpRequest

from analytics.services.monitoring.event_stream import OUTBOX, Event
from analytics.services.monitoring.redaction import shortened

_PATH = 500


def record_request(request: HttpRequest, request_id: str, view: str, status: int, seconds: float) -> None:
    """Without the query, which may hold what people searched for."""
    # As far as it is known already: whose session it was is not looked up for this.
    user = getattr(getattr(request, "_cached_user", None), "pk", None)
    OUTBOX.put(
        _shape,
        {
            "e": "request", "t": time.time(), "id": request_id, "method": request.method or "",
            "path": request.path, "view": view, "status": status, "seconds": seconds, "user": user,
        },
    )  # fmt: skip


def _shape(event: Event) -> Event:
    return event | {"path": shortened(event["path"], _PATH), "view": event["view"][:100]}
