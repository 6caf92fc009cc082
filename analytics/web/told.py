"""Reasons that the scorer gives in English, in the reader's language where the catalogue knows them."""

from __future__ import annotations

from django.utils.translation import gettext


def told(reason: str) -> str:
    """``reason`` as a sentence, translated where it is known."""
    if not reason:
        return ""
    return gettext(reason)
