"""The reviews behind a number or a mark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics.models import Alert
from analytics.models.scores import SentimentScoreQuerySet
from analytics.services import opinions, report
from analytics.services.alerts import filters_of, left_over
from analytics.services.asked import Asked, Page
from analytics.services.names import ORDER_NAMES
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
#: what an address limits a selection by, but for words
_NARROWED = {field.name for field in fields(Filters)} - {"words"}
Part = Callable[[SentimentScoreQuerySet], SentimentScoreQuerySet]


@require_safe
@analysts_only
def reviews(request: HttpRequest) -> HttpResponseBase:
    """One page of the reviews of a selection; ``alert`` limits it to those an alert was raised on.

    With ``counted`` as well it is limited to those that the alert's figures count. ``hour`` limits the
    reviews of a single day further, as a trend by the hour counts them.
    """
    order = request.GET.get("order", "")
    order = order if order in ORDER_NAMES else "newest"
    alert = _alert(request.GET.get("alert", ""))
    is_counted = alert is not None and request.GET.get("counted") == "1"
    filters = _selection(request.GET, alert)
    number = _page(request.GET.get("page", ""))
    term = "" if alert else request.GET.get("term", "").replace("\0", "").strip()[:TERM_MOST]
    # What has a term is read newest first, as far as the page.
    order = "newest" if term else order
    hour = None if alert or term else _hour(request.GET.get("hour", ""), filters)
    counted = None if alert or term else _count(filters, hour)

    def of(page: int) -> list[Any]:
        return _rows(filters, order, _part_of(alert, is_counted), page, term, hour)

    last = None if counted is None else _last(filters, counted, order, hour)
    number, rows, has_next = _shown(number, of, last)
    keep = {"alert": alert.pk if alert else "", "counted": 1 if is_counted else "", "term": term}
    keep["hour"] = "" if hour is None else hour
    kept_order = order if order != "newest" else ""
    bar = filter_bar("sentiment_reviews", filters, keep=keep | {"order": kept_order})
    bar |= _of_this_list(bar["limits"], filters, alert, term, hour, kept_order)
    context = {
        "address": _paged(filters, kept_order, keep, number),
        "asked": Asked(Page.REVIEWS, filters, order=kept_order),
        "rows": [describe(score, filters.words, term=term) for score in opinions.mark(request.user, rows)],
        "total": counted,
        "reach": _reach(filters, counted, order),
        "alert": alert,
        "alert_title": alert_title(alert) if alert else "",
        "is_counted": is_counted,
        "order": order,
        "term": term,
        "is_hour": hour is not None,
        "orders": [
            {"label": label, "on": value == order, "url": _paged(filters, value, keep, 1)}
            for value, label in ORDER_NAMES.items()
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


def _of_this_list(
    limits: list[dict[str, str]],
    filters: Filters,
    alert: Alert | None,
    term: str,
    hour: int | None,
    order: str,
) -> dict[str, Any]:
    """What the bar shows besides for what only this list is limited by."""
    changed: dict[str, Any] = {"reach": None} if alert else {}  # all of an alert's are looked through
    more = [_limit_of(term, filters)] if term else []
    if hour is not None:
        more.append(_limit_of_hour(hour, filters, order))
    if more:
        changed |= {"limits": [*limits, *more], "clear_url": address("sentiment_reviews", bare(filters))}
    return changed


def _limit_of(term: str, filters: Filters) -> dict[str, str]:
    """The chip of a term that the list is limited to."""
    value = _("“%(words)s”") % {"words": term}
    return {"name": _("Word"), "value": value, "url": address("sentiment_reviews", filters)}


def _limit_of_hour(hour: int, filters: Filters, order: str) -> dict[str, str]:
    """The chip of the hour of the day that the list is limited to."""
    value = f"{hour:02}:00 – {hour:02}:59"
    return {"name": _("Hour"), "value": value, "url": address("sentiment_reviews", filters, order=order)}


def _hour(raw: str, filters: Filters) -> int | None:
    """Of the only day of the selection; None where it has more, or the whole day is meant."""
    is_one = filters.length == 1 and raw.isdecimal() and len(raw) < 3 and int(raw) < 24
    return int(raw) if is_one else None


def _of_hour(filters: Filters, hour: int, order: str = "newest") -> Any:
    since = filters.since + timedelta(hours=hour)
    return report.reviews(filters, order).filter(
        reviewed_at__gte=since, reviewed_at__lt=since + timedelta(hours=1)
    )


def _count(filters: Filters, hour: int | None) -> int:
    if hour is not None:
        return _of_hour(filters, hour).count()
    return report.overview(filters, previous=False).reviews


def _rows(
    filters: Filters, order: str, part: Part | None, number: int, term: str, hour: int | None
) -> list[Any]:
    """The page's scores. Behind an alert, and of an hour, are few; others are found by way of the sums.

    Args:
        part: what of the selection is an alert's.
    """
    if part is None and hour is None:
        return report.reviews_page(filters, number, PAGE, order, term=term)
    if part is None:
        found = _of_hour(filters, hour or 0, order)
    else:
        found = part(report.reviews(filters.replace(words=""), order))
        if filters.words:
            found = found.with_words(filters.words)
    start = PAGE * (number - 1)
    return list(found.for_list()[start : start + PAGE])


def _part_of(alert: Alert | None, is_counted: bool) -> Part | None:
    if alert is None:
        return None
    without, evidence = alert.without, alert.evidence
    if is_counted:
        return lambda found: left_over(found, without)
    return lambda found: found.filter(review__in=evidence)


def _shown(number: int, of: Callable[[int], list[Any]], last: int | None) -> tuple[int, list[Any], bool]:
    """Page ``number``, its rows, and whether another follows; beyond the end the last that holds something.

    The address may be from before something was taken back, and the sums that ``last`` is from as well.

    Args:
        last: None where it is not counted: how many have a term, or are an alert's.
    """
    nearest = (number,) if last is None else (number, last, last - 1)
    for page in dict.fromkeys((*nearest, 1)):
        rows = of(page) if 1 <= page <= number else []
        if rows:
            is_full = len(rows) == PAGE and page < LAST_PAGE
            return page, rows, is_full and (page < last if last is not None else bool(of(page + 1)))
    return 1, [], False


def _last(filters: Filters, total: int, order: str, hour: int | None) -> int:
    """The number of the last page."""
    whole = order == "newest" or filters.words or hour is not None  # an hour is ordered as a whole
    reached = total if whole else min(total, report.SORTED_AMONG)
    return max(1, min(LAST_PAGE, -(-reached // PAGE)))


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


def _selection(query: QueryDict, alert: Alert | None) -> Filters:
    """What is asked for; what the alert is about where nothing else is, as in a letter of some days ago."""
    filters = Filters.from_query(query)
    if alert is None or _NARROWED & query.keys():
        return filters
    return filters_of(alert).replace(words=filters.words)


def _alert(raw: str) -> Alert | None:
    if not raw.isdecimal() or len(raw) > 12:
        return None
    return Alert.objects.select_related("item", "category").filter(pk=int(raw)).first()
