"""The reviews behind a number or a mark."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from analytics.contracts import LABELS
from analytics.models import Alert
from analytics.services import report
from analytics.services.names import LABEL_NAMES
from analytics.services.report import Filters
from analytics.web.alert_links import alert_title
from analytics.web.cards import describe
from analytics.web.filtering import filter_bar
from analytics.web.frame import address, analysts_only, answer

PAGE = 25
LAST_PAGE = 400
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
    """One page of the reviews of a selection; ``q`` further limits it to those with these words.

    ``alert`` limits it to the reviews an alert was raised on.
    """
    filters = Filters.from_query(request.GET)
    order = request.GET.get("order", "")
    order = order if order in ORDERS else "newest"
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    alert = _alert(request.GET.get("alert", ""))
    number = _page(request.GET.get("page", ""))
    rows = _rows(filters, order, words, alert, number)
    total = report.overview(filters, previous=False).reviews
    has_next = len(rows) == PAGE and number < LAST_PAGE and _reached(number, total, order, words, alert)
    keep = {"q": words, "alert": alert.pk if alert else ""}
    kept_order = order if order != "newest" else ""
    context = {
        "address": _paged(filters, kept_order, keep, number),
        "rows": [describe(score) for score in rows],
        "total": None if words or alert else total,
        "words": words,
        "reach": None if alert else _reach(filters, total, order, words),
        "alert": alert,
        "alert_title": alert_title(alert) if alert else "",
        "order": order,
        "orders": [
            {"label": label, "on": value == order, "url": _paged(filters, value, keep, 1)}
            for value, label in ORDERS.items()
        ],
        "bar": filter_bar("sentiment_reviews", filters, keep=keep | {"order": kept_order}),
        "number": number,
        "before_url": _paged(filters, kept_order, keep, number - 1) if number > 1 else "",
        "next_url": _paged(filters, kept_order, keep, number + 1) if has_next else "",
        "back_url": address("sentiment", filters),
        "without_words_url": address("sentiment_reviews", filters, order=kept_order),
        "labels": [(label, LABEL_NAMES[label]) for label in LABELS],
        "next": request.get_full_path(),
    }
    return answer(request, "sentiment_reviews", "analytics/reviews.html", context, filters=filters)


def _rows(filters: Filters, order: str, words: str, alert: Alert | None, number: int) -> list[Any]:
    """The page's scores. Those behind an alert are few; all others are found by way of the sums."""
    if alert is None:
        return report.reviews_page(filters, number, PAGE, order, words=words)
    found = report.reviews(filters, order).filter(review__in=alert.evidence)
    if words:
        found = found.with_words(words)
    start = PAGE * (number - 1)
    return list(found.for_list()[start : start + PAGE])


def _reached(number: int, total: int, order: str, words: str, alert: Alert | None) -> bool:
    """Whether more may follow a full page; how many have the words, or an alert's, is not counted."""
    if words or alert:
        return True
    return number * PAGE < (total if order == "newest" else min(total, report.SORTED_AMONG))


def _reach(filters: Filters, total: int, order: str, words: str) -> dict[str, Any] | None:
    """How far back a search, or an order, goes; None where that is over the whole selection."""
    most = report.SEARCHED_AMONG if words else report.SORTED_AMONG
    if total <= most or (order == "newest" and not words):
        return None
    since = report.oldest_day(filters, most)
    return {"most": most, "since": since} if since else None


def _paged(filters: Filters, order: str, keep: dict[str, Any], number: int) -> str:
    return address("sentiment_reviews", filters, order=order, **keep, page=number if number > 1 else "")


def _page(raw: str) -> int:
    return max(1, min(LAST_PAGE, int(raw))) if raw.isdecimal() and len(raw) < 7 else 1


def _alert(raw: str) -> Alert | None:
    if not raw.isdecimal() or len(raw) > 12:
        return None
    return Alert.objects.select_related("item", "category").filter(pk=int(raw)).first()
