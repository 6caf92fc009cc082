"""Numbers and addresses in the sentences of checks, short."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_noop as _

from recommender.said import Said, say

_UNITS = ((86_400, _("{n} d")), (3_600, _("{n} h")), (60, _("{n} min")))
_BYTES = ("B", "kB", "MB", "GB", "TB")


def span(seconds: float) -> Said:
    """Such as "45 s", "12 min" or "3 h"."""
    for size, text in _UNITS:
        if seconds >= 2 * size:
            return say(text, n=f"{seconds / size:.0f}")
    return say(_("{n} s"), n=f"{max(0.0, seconds):.0f}")


def share(part: float) -> str:
    """Such as "3.5%"."""
    return f"{100 * part:.2g}%" if part < 0.1 else f"{100 * part:.0f}%"


def size(amount: float) -> str:
    """Bytes, such as "1.4 GB"."""
    for unit in _BYTES[:-1]:
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.3g} {_BYTES[-1]}"


def page(name: str) -> str:
    """The path of a page, "" where this site has none of that name."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
