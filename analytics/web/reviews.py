"""The reviews behind a number or a mark."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from analytics.models import Alert
from analytics.services import report
from analytics.services.report import Filters
from analytics.web.alert_links import alert_title
from analytics.web.cards import describe
from analytics.web.filtering import bare, filter_bar
from analytics.web.frame import address, analysts_only, answer
from analytics.web.review import form_context

PAGE = 25
LAST_PAGE = 400
#: characters of a term that are looked for
TERM_MOST = 100
ORDERS: dict[str, Any] = {
    "newest": gettext_lazy("Newest"),
    "negative": gettext_lazy("Most negative"),
    "positive": gettext_lazy("Most positive"),
    "disagreement": gettext_lazy("Most disagreement"),
    "unsure": gettext_lazy("Least sure"),
}


@require_safe
@analysts_only
def reviews(request: HttpRequest) -> HttpResponseBase:
    """One page of the reviews of a selection; ``alert`` limits it to those an alert was raised on."""
    filters = Filters.from_query(request.GET)
    order = request.GET.get("order", "")
    order = order if order in ORDERS else "newest"
    alert = _alert(request.GET.get("alert", ""))
    number = _page(request.GET.get("page", ""))
    term = "" if alert else request.GET.get("term", "").replace("\0", "").strip()[:TERM_MOST]
    # What has a term is read newest first, as far as the page.
    order = "newest" if term else order
    rows = _rows(filters, order, alert, number, term)
    counted = None if alert or term else report.overview(filters, previous=False).reviews
    has_next = len(rows) == PAGE and number < LAST_PAGE and _reached(filters, number, counted, order)
    keep = {"alert": alert.pk if alert else "", "term": term}
    kept_order = order if order != "newest" else ""
    bar = filter_bar("sentiment_reviews", filters, keep=keep | {"order": kept_order})
    if alert:
        bar["reach"] = None  # all of an alert's are looked through
    if term:
        bar["limits"].append(_limit_of(term, filters))
        bar["clear_url"] = address("sentiment_reviews", bare(filters))
    context = {
        "address": _paged(filters, kept_order, keep, number),
        "rows": [describe(score, term or filters.words) for score in rows],
        "total": counted,
        "reach": _reach(filters, counted, order),
        "alert": alert,
        "alert_title": alert_title(alert) if alert else "",
        "order": order,
        "term": term,
        "orders": [
            {"label": label, "on": value == order, "url": _paged(filters, value, keep, 1)}
            for value, label in ORDERS.items()
            if not term
        ],
        "bar": bar,
        "number": number,
        "before_url": _paged(filters, kept_order, keep, number - 1) if number > 1 else "",
        "next_url": _paged(filters, kept_order, keep, number + 1) if has_next else "",
        "back_url": address("sentiment", filters),
        "without_alert_url": address("sentiment_reviews", filters, order=kept_order),
        **form_context(request.get_full_path()),
    }
    return answer(request, "sentiment_reviews", "analytics/reviews.html", context, filters=filters)


def _limit_of(term: str, filters: Filters) -> dict[str, str]:
    """The chip of a term that the list is limited to."""
    value = _("“%(words)s”") % {"words": term}
    return {"name": _("Word"), "value": value, "url": address("sentiment_reviews", filters)}


def _rows(filters: Filters, order: str, alert: Alert | None, number: int, term: str) -> list[Any]:
    """The page's scores. Those behind an alert are few; all others are found by way of the sums."""
    if alert is None:
        return report.reviews_page(filters, number, PAGE, order, term=term)
    found = report.reviews(filters.replace(words=""), order).filter(review__in=alert.evidence)
    if filters.words:
        found = found.with_words(filters.words)
    start = PAGE * (number - 1)
    return list(found.for_list()[start : start + PAGE])


def _reached(filters: Filters, number: int, total: int | None, order: str) -> bool:
    """Whether more may follow a full page; how many have a term, or are an alert's, is not counted."""
    if total is None:
        return True
    whole = order == "newest" or filters.words
    return number * PAGE < (total if whole else min(total, report.SORTED_AMONG))


def _reach(filters: Filters, total: int | None, order: str) -> dict[str, Any] | None:
    """How far back an order goes; None where that is over the whole selection."""
    if total is None or total <= report.SORTED_AMONG or order == "newest" or filters.words:
        return None
    since = report.oldest_day(filters, report.SORTED_AMONG)
    return {"most": report.SORTED_AMONG, "since": since} if since else None


def _paged(filters: Filters, order: str, keep: dict[str, Any], number: int) -> str:
    return address("sentiment_reviews", filters, order=order, **keep, page=number if number > 1 else "")


def _page(raw: str) -> int:
    return max(1, min(LAST_PAGE, int(raw))) if raw.isdecimal() and len(raw) < 7 else 1


def _alert(raw: str) -> Alert | None:
    if not raw.isdecimal() or len(raw) > 12:
        return None
    return Alert.objects.select_related("item", "category").filter(pk=int(raw)).first()
