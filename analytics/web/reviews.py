"""The reviews behind a number or a mark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Self

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


@dataclass(frozen=True, slots=True)
class _List:
    """The list that an address asks for.

    Attributes:
        order: "newest" where a term is looked for: that is read newest first, as far as the page.
        alert: limits it to the reviews that it was raised on, or, ``is_counted``, to those its figures count.
        term: limits it to the reviews that have it.
        hour: limits it to an hour of its only day.
    """

    filters: Filters
    order: str
    alert: Alert | None
    is_counted: bool
    term: str
    hour: int | None

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        alert = _alert(query.get("alert", ""))
        filters = _selection(query, alert)
        term = "" if alert else query.get("term", "").replace("\0", "").strip()[:TERM_MOST]
        order = query.get("order", "")
        return cls(
            filters=filters,
            order=order if order in ORDER_NAMES and not term else "newest",
            alert=alert,
            is_counted=alert is not None and query.get("counted") == "1",
            term=term,
            hour=None if alert or term else _hour(query.get("hour", ""), filters),
        )

    @property
    def kept_order(self) -> str:
        """As an address has it."""
        return "" if self.order == "newest" else self.order

    @property
    def kept(self) -> dict[str, Any]:
        """What an address of this list has beside filters, order and page."""
        return {
            "alert": self.alert.pk if self.alert else "",
            "counted": 1 if self.is_counted else "",
            "term": self.term,
            "hour": "" if self.hour is None else self.hour,
        }

    def url(self, number: int, order: str | None = None) -> str:
        """Of one of its pages, in another order if one is given."""
        order = self.kept_order if order is None else order
        page = number if number > 1 else ""
        return address("sentiment_reviews", self.filters, order=order, **self.kept, page=page)

    def total(self) -> int | None:
        """How many there are; None where that is not counted: how many have a term, or are an alert's."""
        if self.alert or self.term:
            return None
        if self.hour is not None:
            return int(self._of_hour().count())
        return report.overview(self.filters, previous=False).reviews

    def rows(self, number: int) -> list[Any]:
        """Scores of a page. Behind an alert, and of an hour, are few; others are found by way of the sums."""
        if self.alert is None and self.hour is None:
            return report.reviews_page(self.filters, number, PAGE, self.order, term=self.term)
        found = self._of_hour() if self.alert is None else self._of_alert(self.alert)
        start = PAGE * (number - 1)
        return list(found.for_list()[start : start + PAGE])

    def _of_hour(self) -> SentimentScoreQuerySet:
        since = self.filters.since + timedelta(hours=self.hour or 0)
        found = report.reviews(self.filters, self.order)
        return found.filter(reviewed_at__gte=since, reviewed_at__lt=since + timedelta(hours=1))

    def _of_alert(self, alert: Alert) -> SentimentScoreQuerySet:
        found = report.reviews(self.filters.replace(words=""), self.order)
        if self.is_counted:
            found = left_over(found, alert.without)
        else:
            found = found.filter(review__in=alert.evidence)
        return found.with_words(self.filters.words) if self.filters.words else found

    def last(self, total: int) -> int:
        """The number of the last page."""
        # An hour is ordered as a whole.
        whole = self.order == "newest" or self.filters.words or self.hour is not None
        reached = total if whole else min(total, report.SORTED_AMONG)
        return max(1, min(LAST_PAGE, -(-reached // PAGE)))


@require_safe
@analysts_only
def reviews(request: HttpRequest) -> HttpResponseBase:
    """One page of the reviews of a selection; ``alert`` limits it to those an alert was raised on.

    With ``counted`` as well it is limited to those that the alert's figures count. ``hour`` limits the
    reviews of a single day further, as a trend by the hour counts them.
    """
    listed = _List.of(request.GET)
    filters, total = listed.filters, listed.total()
    last = None if total is None else listed.last(total)
    number, rows, has_next = _shown(_page(request.GET.get("page", "")), listed.rows, last)
    context = {
        "rows": [
            describe(score, filters.words, term=listed.term) for score in opinions.mark(request.user, rows)
        ],
        "total": total,
        "reach": _reach(filters, total, listed.order),
        "number": number,
        "before_url": listed.url(number - 1) if number > 1 else "",
        "next_url": listed.url(number + 1) if has_next else "",
        **_about(listed, number),
        **form_context(request.get_full_path()),
    }
    return answer(request, "sentiment_reviews", "analytics/reviews.html", context, filters=filters)


def _about(listed: _List, number: int) -> dict[str, Any]:
    """What the page says of its list, and how one gets to others from it."""
    filters, alert = listed.filters, listed.alert
    bar = filter_bar("sentiment_reviews", filters, keep=listed.kept | {"order": listed.kept_order})
    return {
        "address": listed.url(number),
        "asked": Asked(Page.REVIEWS, filters, order=listed.kept_order),
        "alert": alert,
        "alert_title": alert_title(alert) if alert else "",
        "is_counted": listed.is_counted,
        "order": listed.order,
        "term": listed.term,
        "is_hour": listed.hour is not None,
        "orders": [
            {"label": label, "on": value == listed.order, "url": listed.url(1, value)}
            for value, label in ORDER_NAMES.items()
            if not listed.term
        ],
        "bar": bar | _of_this_list(bar["limits"], listed),
        "back_url": address("sentiment", filters),
        "without_alert_url": address("sentiment_reviews", filters, order=listed.kept_order),
    }


def _of_this_list(limits: list[dict[str, str]], listed: _List) -> dict[str, Any]:
    """What the bar shows besides for what only this list is limited by."""
    filters = listed.filters
    # All of an alert's are looked through.
    changed: dict[str, Any] = {"reach": None} if listed.alert else {}
    more = [_limit_of(listed.term, filters)] if listed.term else []
    if listed.hour is not None:
        more.append(_limit_of_hour(listed.hour, filters, listed.kept_order))
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


def _reach(filters: Filters, total: int | None, order: str) -> dict[str, Any] | None:
    """How far back an order goes; None where that is over the whole selection."""
    if total is None or total <= report.SORTED_AMONG or order == "newest" or filters.words:
        return None
    since = report.oldest_day(filters, report.SORTED_AMONG)
    return {"most": report.SORTED_AMONG, "since": since} if since else None


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
