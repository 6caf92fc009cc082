"""The price filter as it is shown: what prices are compared in, and ranges with what they would leave."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from recommender.services.search import Facets, Filters, PriceRange
from recommender.templatetags.site import price

#: In addresses: items that have a price and do not say in what.
UNSTATED = "-"
_CODE = re.compile(r"[A-Z]{3}")


def read_currency(raw: str) -> str | None:
    """The currency in an address; None where none makes sense."""
    code = raw.strip().upper()
    return "" if code == UNSTATED else code if _CODE.fullmatch(code) else None


def facets(found: Facets, chosen: Filters, query: QueryDict) -> dict[str, Any]:
    """Currencies, where there is one to choose, and ranges of prices."""
    mixed = len(found.currencies) > 1 or chosen.currency is not None
    limited = chosen.price_min is not None or chosen.price_max is not None
    settled = found.currency if limited or chosen.currency is not None else None
    known = found.currencies | ({settled: found.currencies.get(settled, 0)} if settled is not None else {})
    return {
        "currencies": [
            {
                "value": code or UNSTATED,
                "label": code or _("not stated"),
                "count": count,
                "on": code == settled,
            }
            for code, count in known.items()
            if mixed
        ],
        "any_currency": settled is None,
        "limited": limited,
        "prices": [_range(one, found.currency, chosen, query, mixed) for one in found.prices],
        "prices_in": found.currency if mixed else "",
        "any_price": _address(query, min=None, max=None) if limited else "",
    }


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
