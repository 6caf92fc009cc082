"""What a chart shows, and the table behind it: built once, from the report's figures alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.models import Alert
from analytics.services.report import Filters, Point, searched_since
from analytics.templatetags.feeling import grouped, share, signed
from analytics.web.alert_links import address_of_alert, alert_title
from analytics.web.frame import address

GRAIN_NAMES: dict[str, Any] = {
    "hour": gettext_lazy("by the hour"),
    "day": gettext_lazy("by day"),
    "week": gettext_lazy("by week"),
    "month": gettext_lazy("by month"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    """Where a page of a long list stands, and the way to its others.

    Attributes:
        told: which of how many these are.
        address: of this page of it.
        orders: what the list can be ordered by: label, whether it is now, and the address.
        note: what the order means.
        is_open: whether the table is what was asked for.
    """

    told: str
    address: str
    orders: tuple[tuple[str, bool, str], ...]
    before_url: str = ""
    next_url: str = ""
    note: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart with its table.

    Attributes:
        data: for static/js/charts.js: ``kind`` (trend, bars or terms), ``description`` for screen readers,
            ``words`` of the tooltip, and ``points`` or ``rows``, each with the ``href`` that a click follows.
        columns, rows: of the table; a row's first cell names it.
        pages: of a list too long for one table.
        none: said where there is nothing to draw.
    """

    key: str
    title: str
    data: dict[str, Any]
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    pages: Pages | None = None
    none: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.rows

    @property
    def data_id(self) -> str:
        return f"chart-{self.key}"


def interval(low: float | None, high: float | None) -> str:
    """A confidence interval; nothing where there is none."""
    return "" if low is None or high is None else f"{signed(low)} … {signed(high)}"


# -- over time ----------------------------------------------------------------------------------------------


def grain_of(points: list[Point]) -> str:
    """The step between two points: hour, day, week or month."""
    if len(points) < 2:
        return "day"
    step = (points[1].start - points[0].start).total_seconds() / 3600
    return "hour" if step < 12 else "day" if step < 100 else "week" if step < 400 else "month"


def _span(point: Point, following: Point | None, filters: Filters) -> Filters:
    """The days of a point, within those of the report."""
    start = timezone.localtime(point.start).date()
    if following is None:
        return filters.replace(start=max(start, filters.start), end=filters.end)
    end = timezone.localtime(following.start).date()
    last = end - timedelta(days=1) if end > start else start
    return filters.replace(start=max(start, filters.start), end=min(last, filters.end))


def _is_part(span: Filters, filters: Filters, since: datetime | None) -> bool:
    """Whether words were looked for in a part of the days of a point only: their list would hold more."""
    return since is not None and span.since < since and span.length < filters.length


def _when(point: Point, grain: str) -> tuple[str, str]:
    """What stands under a point, and what its tooltip and table say."""
    local = timezone.localtime(point.start)
    if grain == "hour":
        return date_format(local, "H:i"), date_format(local, "DATETIME_FORMAT")
    if grain == "month":
        return date_format(local, "YEAR_MONTH_FORMAT"), date_format(local, "YEAR_MONTH_FORMAT")
    day = date_format(local, "DATE_FORMAT")
    title = _("week from {day}").format(day=day) if grain == "week" else day
    return date_format(local, "MONTH_DAY_FORMAT"), title


def trend_chart(
    points: list[Point], filters: Filters, alerts: Iterable[Alert] = (), key: str = "trend"
) -> Chart:
    """Net sentiment with its 95 % band above, reviews below; alerts stand where they began."""
    grain, since = grain_of(points), searched_since(filters)
    drawn, rows = [], []
    for point, following in zip(points, [*points[1:], None], strict=True):
        label, title = _when(point, grain)
        span = _span(point, following, filters)
        opens = point.reviews and not _is_part(span, filters, since)
        hour = timezone.localtime(point.start).hour if grain == "hour" else ""
        href = address("sentiment_reviews", span, hour=hour) if opens else ""
        numbers = {"net": point.net, "low": point.low, "high": point.high, "negative": point.negative}
        committed = point.net is not None
        drawn.append(
            {"label": label, "title": title, "href": href, "reviews": point.reviews, "known": committed}
            | {name: round(value or 0.0, 4) for name, value in numbers.items()}
        )
        if point.reviews:
            rows.append(
                (
                    Cell(title, href),
                    Cell(signed(point.net)),
                    Cell(interval(point.low, point.high)),
                    Cell(share(point.negative)),
                    Cell(grouped(point.reviews), href),
                )
            )
    data = {
        "kind": "trend",
        "points": drawn,
        "marks": _marks(points, alerts),
        "words": {"net": _("Net sentiment"), "negative": _("Negative"), "reviews": _("Reviews")},
        "description": _trend_in_words(points, grain),
    }
    columns = (_("When"), _("Net sentiment"), _("Interval (95 %)"), _("Negative"), _("Reviews"))
    title = _("Net sentiment {grain}").format(grain=GRAIN_NAMES[grain])
    return Chart(
        key,
        title,
        data,
        columns,
        tuple(rows),
        _("The band is the interval of 95 %. Click a point to read its reviews."),
    )


def _marks(points: list[Point], alerts: Iterable[Alert]) -> list[dict[str, Any]]:
    """Where alerts began, on the point of that time."""
    marks = []
    for alert in alerts:
        places = [at for at, point in enumerate(points) if point.start <= alert.starts_at and point.reviews]
        if places:
            href = address_of_alert(alert)
            marks.append({"at": places[-1], "label": alert_title(alert), "href": href})
    return marks


def _trend_in_words(points: list[Point], grain: str) -> str:
    known = [point for point in points if point.net is not None]
    if not known:
        return _("No scored reviews in this period.")
    lowest, highest = (pick(known, key=lambda point: point.net) for pick in (min, max))
    return _(
        "Net sentiment {grain}: {n} points; lowest {low} at {low_when}, highest {high} at {high_when}."
    ).format(
        grain=GRAIN_NAMES[grain],
        n=len(known),
        low=signed(lowest.net),
        low_when=_when(lowest, grain)[1],
        high=signed(highest.net),
        high_when=_when(highest, grain)[1],
    )
