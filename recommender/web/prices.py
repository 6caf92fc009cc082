"""The price filter as it is shown: what prices are compared in, and ranges with what they would leave."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from recommender.services.search import Facets, Filters, PriceRange, main_currency
from recommender.templatetags.site import price

#: In addresses: items that have a price and do not say in what.
UNSTATED = "-"
_CODE = re.compile(r"[A-Z]{3}")


def read_currency(raw: str) -> str | None:
    """The currency in an address; None where none makes sense."""
    code = raw.strip().upper()
    return "" if code == UNSTATED else code if _CODE.fullmatch(code) else None


def facets(found: Facets, chosen: Filters, query: QueryDict) -> dict[str, Any]:
    """Currencies, where there is one to choose, and ranges of prices.

    Limits without a currency are in the main one; that is said, but not chosen, so that it goes with them.
    """
    limited = chosen.price_min is not None or chosen.price_max is not None
    implied = found.currency if limited and chosen.currency is None else None
    # What is in force stays to be seen, however little it leaves.
    in_force = [code for code in (chosen.currency, implied) if code is not None]
    known = found.currencies | {code: found.currencies.get(code, 0) for code in in_force}
    mixed = len(known) > 1 or chosen.currency is not None or found.currency != main_currency()
    return {
        "currencies": [
            {"value": code or UNSTATED, "label": _named(code), "count": count, "on": code == chosen.currency}
            for code, count in known.items()
            if mixed and code != implied
        ],
        "no_currency": _("Any") if implied is None else _named(implied),
        "no_currency_count": None if implied is None else known[implied],
        "no_currency_on": chosen.currency is None,
        "limited": chosen.currency is not None and limited,
        "prices": [_range(one, found.currency, chosen, query, mixed) for one in found.prices],
        "prices_in": found.currency if mixed else "",
        "any_price": _address(query, min=None, max=None, currency=None) if limited else "",
    }


def _named(code: str) -> str:
    return code or _("not stated")


def _range(one: PriceRange, currency: str, chosen: Filters, query: QueryDict, mixed: bool) -> dict[str, Any]:
    limits = {"min": _plain(one.low), "max": _plain(one.high)}
    named = {"currency": currency or UNSTATED} if mixed else {}
    return {
        **limits,
        "label": _label(price(one.low, currency), price(one.high, currency)),
        "count": one.count,
        "on": (one.low, one.high) == (chosen.price_min, chosen.price_max),
        "url": _address(query, **limits, **named),
    }


def _label(low: str, high: str) -> str:
    if not low:
        return _("up to {price}").format(price=high)
    return f"{low} – {high}" if high else _("from {price}").format(price=low)


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.normalize():f}"


def _address(query: QueryDict, **changes: str | None) -> str:
    """The search with some of its parameters changed, from its first result on."""
    changed = query.copy()
    for name, value in {"offset": None, **changes}.items():
        changed.pop(name, None)
        if value is not None:
            changed[name] = value
    return f"{reverse('search')}?{changed.urlencode()}"
