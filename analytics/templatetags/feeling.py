"""``{% load feeling %}``: sentiment, shares and evidence as people read them."""

from __future__ import annotations

from typing import Any

from django import template

from analytics.services.numbers import MINUS, grouped, share, signed

__all__ = ["MINUS", "grouped", "share", "signed"]

register = template.Library()

register.filter(signed)
register.filter(share)
register.filter(grouped)


@register.filter
def tone(value: float | str | None) -> str:
    """The CSS name of a polarity or a label: good, bad or calm."""
    if isinstance(value, str):
        return {"positive": "good", "negative": "bad"}.get(value, "calm")
    if value is None or abs(value) < 0.05:
        return "calm"
    return "good" if value > 0 else "bad"


@register.filter
def strength(weight: float, heaviest: float = 1.0) -> int:
    """How strongly a word is marked, 1 to 4, beside the heaviest of its text."""
    return max(1, min(4, round(4 * abs(weight) / (heaviest or 1.0))))


@register.filter
def times(value: float | None, factor: float) -> float:
    """``value`` times ``factor``: places in a drawing from shares of it."""
    return round((value or 0.0) * float(factor), 2)


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """``mapping[key]``, or None."""
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.filter
def unlocalized(value: float) -> str:
    """A number as drawings and machines write it, in every language."""
    return f"{value:g}"
