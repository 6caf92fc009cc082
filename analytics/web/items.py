"""Items in the report: the breakdown by them in orders and pages, and one of them found by its title."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from analytics.services import report
from analytics.services.report import Filters
from analytics.templatetags.feeling import grouped
from analytics.web.charts import Chart, Pages
from analytics.web.charts_parts import breakdown_chart
from analytics.web.frame import address, analysts_only, answer, is_fragment

#: rows of a page of the table
PAGE = 50
ORDERS: dict[report.Order, Any] = {
    "most": gettext_lazy("Most reviews"),
    "worst": gettext_lazy("Worst first"),
    "best": gettext_lazy("Best first"),
}
_NOTES: dict[str, Any] = {
    "worst": gettext_lazy(
        "By the upper end of the interval, so that a few bad reviews do not go before many."
    ),
    "best": gettext_lazy(
        "By the lower end of the interval, so that a few good reviews do not go before many."
    ),
}
#: pages on which an item can be chosen
_CHOOSERS = (
    "sentiment", "sentiment_compare", "sentiment_terms", "sentiment_reviews", "sentiment_mismatch",
)  # fmt: skip
#: names of the address that are not of the page that is gone to
_OWN = ("find", "on", "side")


def order_of(query: QueryDict) -> report.Order:
    """The order of the items that an address asks for."""
    return next((one for one in ORDERS if one == query.get("order")), "most")


def items_chart(query: QueryDict, filters: Filters) -> Chart:
    """One page of the items of the selection; the address holds the order and the page."""
    order = order_of(query)
    parts = report.breakdown(filters, "item", order)
    last, raw = max(1, -(-len(parts) // PAGE)), query.get("page", "")
    number = min(max(1, int(raw)), last) if raw.isdecimal() and len(raw) < 7 else 1
    slices = parts.page(PAGE * (number - 1), PAGE)

    def at(page: int | str) -> str:
        return address("sentiment", filters, order=order if "order" in query else "", page=page)

    pages = Pages(
        told=_told(PAGE * (number - 1), len(slices), len(parts)),
        address=at(number if "page" in query else ""),
        orders=tuple(
            (str(label), one == order, address("sentiment", filters, order=one))
            for one, label in ORDERS.items()
        ),
        before_url=at(number - 1) if number > 1 else "",
        next_url=at(number + 1) if number < last else "",
        note=str(_NOTES.get(order, "")),
        is_open="page" in query or "order" in query,
    )
    return breakdown_chart(slices, "item", filters, pages=pages)


def _told(before: int, shown: int, there: int) -> str:
    if shown == there:
        return ngettext("{n} item", "{n} items", there).format(n=grouped(there))
    return _("{first} to {last} of {n} items").format(
        first=grouped(before + 1), last=grouped(before + shown), n=grouped(there)
    )


# -- one of them --------------------------------------------------------------------------------------------


@require_safe
@analysts_only
def find(request: HttpRequest) -> HttpResponseBase:
    """Items of a selection by title, each with the address of the page that is limited to it.

    ``find`` is what is typed, ``on`` the page, ``side`` what the names of its selection start with; the rest
    is the page's own address. A fragment's request gets the list alone.
    """
    words = request.GET.get("find", "").strip()
    page = request.GET.get("on", "")
    page = page if page in _CHOOSERS else _CHOOSERS[0]
    side = request.GET.get("side", "")[:4]
    own = [(name, value) for name, value in request.GET.items() if name not in _OWN and value]
    filters = Filters.from_query(_of_side(dict(own), side))
    others = [(name, value) for name, value in own if name not in (f"{side}item", "page")]
    context = {
        "find": words,
        "most": report.TITLE_MOST,
        "found": [
            {"one": one, "url": f"{reverse(page)}?{urlencode([*others, (f'{side}item', one.key)])}"}
            for one in report.items_called(filters, words)
        ],
        "hidden": [("on", page), ("side", side), *own],
        "back_url": f"{reverse(page)}?{urlencode(own)}",
    }
    if is_fragment(request):
        return render(request, "analytics/items_found.html", context)
    return answer(request, "sentiment", "analytics/items.html", context, filters=filters)


def _of_side(query: Mapping[str, str], side: str) -> dict[str, str]:
    return {name.removeprefix(side): value for name, value in query.items() if name.startswith(side)}
