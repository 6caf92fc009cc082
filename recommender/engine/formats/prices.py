"""Prices and currencies as shops write them."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

from recommender.engine.formats.base import Unreadable, as_text
from recommender.said import gettext_noop as _
from recommender.said import say

_CURRENCY_SIGNS = {
    "$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "CNY", "￥": "CNY", "元": "CNY", "₹": "INR",
    "₩": "KRW", "₽": "RUB", "R$": "BRL", "HK$": "HKD", "NT$": "TWD", "A$": "AUD", "C$": "CAD",
}  # fmt: skip
_PRICE = re.compile(r"(?P<before>[^\d.,+\-\s]*)\s*(?P<number>[\d.,\s'’]*\d)\s*(?P<after>[^\d.,\s]*)")
#: A lowest price, or a lowest and a highest: the lowest counts, as shops advertise it.
_PRICE_SPAN = re.compile(
    r"from\s+(?P<only>.+)|(?P<least>[^–—-]+?)\s+[-–—]\s+(?P<most>[^–—-]+)", re.IGNORECASE
)
_NO_PRICE = ("", "-", "–", "—", "none", "null", "n/a", "na")
_LOOKALIKES = str.maketrans("OoIl|SB０１２３４５６７８９，．。", "00111580123456789,..")
_NOT_A_PRICE = _("is not a price")


def price(value: Any) -> tuple[Decimal, str] | None:
    """(amount with two decimals, currency or empty), None for an empty cell.

    Both 1,299.00 and 1.299,00 are read: of two separators the last is the decimal one; a single
    comma followed by exactly three digits separates thousands.
    """
    if isinstance(value, bool | list | dict):
        raise Unreadable(_NOT_A_PRICE, _("Write a number such as 12.50."))
    written = as_text(value).strip().translate({0xFF0C: ",", 0xFF0E: "."})
    if written.casefold() in _NO_PRICE:
        return None
    if len(written) > 40:
        raise Unreadable(_NOT_A_PRICE, _("Write one number such as 12.50."))
    if found := _PRICE_SPAN.fullmatch(written):
        low, high = price(found["only"] or found["least"]), price(found["only"] or found["most"])
        if low is None or high is None or low[0] > high[0]:
            raise Unreadable(_NOT_A_PRICE, _price_remedy(written))
        return low[0], low[1] or high[1]
    if isinstance(value, int | float) and math.isfinite(value):
        written = repr(value) if abs(value) < 1e15 else "x"
        if "e" in written:
            written = f"{value:.2f}"
    found = _PRICE.fullmatch(written)
    sign = (found["before"] or found["after"]) if found else ""
    currency = _currency_of(sign)
    if found is None or (sign and not currency):
        raise Unreadable(_NOT_A_PRICE, _price_remedy(written))
    exact = Decimal(_plain_number(found["number"]))
    if exact >= Decimal("1e10"):
        raise Unreadable(_("is larger than a price can be"), _("Write at most ten digits before the point."))
    return exact.quantize(Decimal("0.01")), currency


def _currency_of(sign: str) -> str:
    sign = sign.strip()
    known = _CURRENCY_SIGNS.get(sign.upper()) or _CURRENCY_SIGNS.get(sign)
    return known or (sign.upper() if re.fullmatch(r"[A-Za-z]{3}", sign) else "")


def _price_remedy(written: str) -> str:
    if written.startswith("-"):
        return _("A price cannot be negative.")
    guess = written.translate(_LOOKALIKES)
    if guess != written and (found := _PRICE.fullmatch(guess)) and not (found["before"] or found["after"]):
        told = _("Did you mean {number}? A letter stands where a digit belongs.")
        return say(told, number=_plain_number(found["number"]))
    return _("Write one number such as 12.50, with the currency in its own column.")


def _plain_number(written: str) -> str:
    """Digits with a decimal point, whichever way thousands and decimals were separated."""
    digits = re.sub(r"[\s'’]", "", written)
    last = max(digits.rfind(","), digits.rfind("."))
    if last < 0:
        return digits
    mark, decimals = digits[last], digits[last + 1 :]
    both = "," in digits and "." in digits
    if not both and (digits.count(mark) > 1 or (len(decimals) == 3 and mark == "," and digits[0] != "0")):
        return digits.replace(mark, "")
    return digits[:last].replace(",", "").replace(".", "") + "." + decimals


def currency(value: Any) -> str:
    written = as_text(value).strip()
    found = _currency_of(written) if written else ""
    if written and not found:
        raise Unreadable(_("is not a currency"), _("Write a code of three letters, such as EUR."))
    return found
