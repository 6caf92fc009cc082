"""Deeds that others may ask about are noted where they are done, in the same transaction."""

from __future__ import annotations

from typing import Any

from analytics.models import AuditEntry


def note(actor: Any, action: str, subject: str = "", **details: Any) -> AuditEntry:
    """Note that ``actor`` (None: the site itself) did ``action``; ``details`` must be JSON."""
    return AuditEntry.objects.create(actor=actor, action=action, subject=subject[:200], details=details)
