"""Deeds that others may ask about are noted where they are done, in the same transaction."""

from __future__ import annotations

from typing import Any

from analytics.models import AuditEntry

#: What is done to reviews and the model that scores them; everything else is the business of operators.
OF_ANALYSTS = (
    "retrain",
    "candidate",
    "put live",
    "roll back",
    "correct",
    "second opinion",
    "settle",
    "undo correction",
    "view mailed",
)


def note(actor: Any, action: str, subject: str = "", **details: Any) -> AuditEntry:
    """Note that ``actor`` (None: the site itself) did ``action``; ``details`` must be JSON."""
    return AuditEntry.objects.create(actor=actor, action=action, subject=subject[:200], details=details)


def correct(entry: AuditEntry, **details: Any) -> None:
    """Say in an entry that was noted beforehand what came of it."""
    entry.details |= details
    entry.save(update_fields=["details"])
