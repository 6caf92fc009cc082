"""``{% load feeling %}``: sentiment, shares and evidence as people read them."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.formats import number_format

from analytics.services.names import percent

register = template.Library()

MINUS = "\u2212"


@register.filter
def signed(value: float | None, digits: int = 2) -> str:
    """``0.3`` as ``+0.30``, ``-0.3`` with a real minus; nothing for None."""
    if value is None:
        return ""
    rounded = round(value, digits)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else ""
    return sign + number_format(abs(rounded), decimal_pos=digits)


@register.filter
def share(value: float | None, digits: int = 1) -> str:
    """A share in [0, 1] as a percentage: ``0.123`` as ``12.3 %``."""
    return "" if value is None else percent(value, digits)


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
def grouped(value: int | None) -> str:
    """A whole number with its thousands set apart."""
    return "" if value is None else number_format(value, force_grouping=True)


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
