"""Numbers as people read them, in the language that is active."""

from __future__ import annotations

from django.utils.formats import number_format

MINUS = "\u2212"


def signed(value: float | None, digits: int = 2) -> str:
    """``0.3`` as ``+0.30``, ``-0.3`` with a real minus; nothing for None."""
    if value is None:
        return ""
    rounded = round(value, digits)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else ""
    return sign + number_format(abs(rounded), decimal_pos=digits)


def share(value: float | None, digits: int = 1) -> str:
    """A share in [0, 1] as a percentage: ``0.123`` as ``12.3 %``."""
    # Django cuts decimals off; it does not round.
    return "" if value is None else f"{number_format(round(100 * value, digits), decimal_pos=digits)} %"


def grouped(value: int | None) -> str:
    """A whole number with its thousands set apart."""
    return "" if value is None else number_format(value, force_grouping=True)


def likelihood(p_value: float | None) -> str:
    """A p-value as far as it says something."""
    if p_value is None:
        return ""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"
