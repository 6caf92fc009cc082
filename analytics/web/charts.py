"""What a chart shows, and the table behind it: built once, from the report's figures alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.models import Alert
from analytics.services.names import BY_NAMES, name_of
from analytics.services.report import Comparison, Driver, Filters, Impact, Point, Slice, Term
from analytics.templatetags.feeling import grouped, share, signed
from analytics.web.frame import address

#: rows a chart draws; its table has them all
DRAWN = 12
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
class Chart:
    """One chart with its table.

    Attributes:
        data: for static/js/charts.js: ``kind`` (trend, bars or terms), ``description`` for screen readers,
            ``words`` of the tooltip, and ``points`` or ``rows``, each with the ``href`` that a click follows.
        columns, rows: of the table; a row's first cell names it.
    """

    key: str
    title: str
    data: dict[str, Any]
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.rows

    @property
    def data_id(self) -> str:
        return f"chart-{self.key}"


def _interval(low: float | None, high: float | None) -> str:
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
    grain = grain_of(points)
    drawn, rows = [], []
    for point, following in zip(points, [*points[1:], None], strict=True):
        label, title = _when(point, grain)
        href = address("sentiment_reviews", _span(point, following, filters)) if point.reviews else ""
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
                    Cell(_interval(point.low, point.high)),
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
    columns = (_("When"), _("Net sentiment"), _("95 % interval"), _("Negative"), _("Reviews"))
    title = _("Net sentiment {grain}").format(grain=GRAIN_NAMES[grain])
    return Chart(
        key,
        title,
        data,
        columns,
        tuple(rows),
        _("The band is the 95 % interval. Click a point to read its reviews."),
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


# -- alerts -------------------------------------------------------------------------------------------------


def alert_title(alert: Alert) -> str:
    """What an alert is about, in a few words."""
    about = (
        alert.item.local_title
        if alert.item
        else alert.category.local_name
        if alert.category
        else _("The whole site")
    )
    return f"{about}: {name_of('aspect', alert.aspect)}" if alert.aspect else str(about)


def filters_of_alert(alert: Alert) -> Filters:
    """The selection an alert is about, in its period."""
    start, end = (timezone.localtime(moment).date() for moment in (alert.starts_at, alert.ends_at))
    return Filters.latest().replace(
        start=start, end=max(start, end), item=alert.item_id, category=alert.category_id, aspect=alert.aspect
    )


def address_of_alert(alert: Alert) -> str:
    """The reviews behind an alert."""
    return address("sentiment_reviews", filters_of_alert(alert), alert=alert.pk)


# -- parts --------------------------------------------------------------------------------------------------


def breakdown_chart(slices: list[Slice], by: str, filters: Filters) -> Chart:
    """Net sentiment of each part with its interval; a click limits the report to it."""
    drawn, rows = [], []
    for one in slices:
        label = name_of(by, one.key, one.label)
        part = filters.replace(**{by: one.key}) if one.key != "" else None
        href = address("sentiment", part) if part else ""
        to_reviews = address("sentiment_reviews", part) if part else ""
        if one.net is not None:
            drawn.append(
                {
                    "label": label,
                    "value": round(one.net, 4),
                    "low": round(one.low or 0, 4),
                    "high": round(one.high or 0, 4),
                    "reviews": one.reviews,
                    "href": href,
                }
            )
        rows.append(
            (
                Cell(label, href),
                Cell(signed(one.net)),
                Cell(_interval(one.low, one.high)),
                Cell(share(one.share)),
                Cell(grouped(one.reviews), to_reviews),
            )
        )
    columns = (str(BY_NAMES[by]), _("Net sentiment"), _("95 % interval"), _("Share"), _("Reviews"))
    title = _("By {what}").format(what=str(BY_NAMES[by]).lower())
    data = _bars(drawn, _("Net sentiment"), title) | {"reach": 1}
    return Chart(f"by-{by}", title, data, columns, tuple(rows))


def impact_chart(impacts: list[Impact], filters: Filters) -> Chart:
    """How far each aspect lifts or lowers the score of the whole."""
    drawn, rows = [], []
    for one in impacts:
        label = name_of("aspect", one.aspect, one.label)
        part = filters.replace(aspect=one.aspect)
        href, to_reviews = address("sentiment", part), address("sentiment_reviews", part)
        more = [[_("About it"), signed(one.net)], [_("Reviews that mention it"), signed(one.overall)]]
        drawn.append(
            {
                "label": label,
                "value": round(one.impact, 4),
                "reviews": one.reviews,
                "href": href,
                "more": more,
            }
        )
        cells = (label, signed(one.impact, 3), signed(one.net), signed(one.overall), grouped(one.reviews))
        rows.append(
            tuple(Cell(text, link) for text, link in zip(cells, (href, "", "", "", to_reviews), strict=True))
        )
    columns = (_("Aspect"), _("Impact"), _("About it"), _("Reviews that mention it"), _("Reviews"))
    data = _bars(drawn, _("Impact"), _("Impact of aspects")) | {"digits": 3}
    note = _(
        "How far the overall score would fall (right) or rise (left) without the reviews that mention it."
    )
    return Chart("impact", _("What moves the score"), data, columns, tuple(rows), note)


def drivers_chart(found: Comparison, a: Filters, b: Filters) -> Chart:
    """What the difference between two selections is made of, the largest parts first."""
    drawn, rows = [], []
    for one in found.drivers:
        label, href = _driver_label(one), _driver_address(one, b)
        more = [
            [_("another opinion"), signed(one.rate, 3)],
            [_("more or fewer of them"), signed(one.mix, 3)],
            [_("Reviews before and after"), f"{one.before} / {one.after}"],
        ]
        drawn.append({"label": label, "value": round(one.change, 4), "href": href, "more": more})
        texts = (
            signed(one.rate, 3),
            signed(one.mix, 3),
            grouped(one.before),
            grouped(one.after),
            likelihood(one.p_value),
        )
        links = ("", "", _driver_address(one, a), href, "")
        parts = [Cell(text, link) for text, link in zip(texts, links, strict=True)]
        rows.append((Cell(label, href), Cell(signed(one.change, 3)), *parts))
    columns = (
        _("What"),
        _("Part of the change"),
        _("another opinion"),
        _("more or fewer of them"),
        _("Reviews in A"),
        _("Reviews in B"),
        _("p-value"),
    )
    data = _bars(drawn, _("Part of the change"), _("What drove it")) | {"digits": 3}
    return Chart("drivers", _("What drove it"), data, columns, tuple(rows))


def _driver_label(one: Driver) -> str:
    return f"{BY_NAMES[one.by]}: {name_of(one.by, one.key, one.label)}"


def _driver_address(one: Driver, filters: Filters) -> str:
    return address("sentiment_reviews", filters.replace(**{one.by: one.key})) if one.key != "" else ""


def likelihood(p_value: float | None) -> str:
    """A p-value as far as it says something."""
    if p_value is None:
        return ""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _bars(drawn: list[dict[str, Any]], value: str, title: str) -> dict[str, Any]:
    shown = drawn[:DRAWN]
    told = "; ".join(f"{row['label']} {signed(row['value'])}" for row in shown)
    return {
        "kind": "bars",
        "rows": shown,
        "words": {"value": value, "reviews": _("Reviews")},
        "description": f"{title}. {told}" if told else title,
    }


# -- words --------------------------------------------------------------------------------------------------


def emerging_chart(terms: list[Term], filters: Filters, ratio: float) -> Chart:
    """How often words are used now against before; above the line, reviews now per review before, more."""
    drawn = [
        _spot(term, term.before, term.recent, term.score, address("sentiment_reviews", filters, q=term.term))
        for term in terms
    ]
    data = _terms(drawn, _("Reviews before"), _("Reviews now"), _("Growth (z)")) | {"ratio": ratio}
    columns = (_("Word"), _("Now"), _("Before"), _("Growth (z)"), _("p-value"), _("Net sentiment"))
    rows = tuple(
        (
            Cell(term.term, spot["href"]),
            Cell(grouped(term.recent), spot["href"]),
            Cell(grouped(term.before), address("sentiment_reviews", filters.previous(), q=term.term)),
            Cell(signed(term.score, 1)),
            Cell(likelihood(term.p_value)),
            Cell(signed(term.net)),
        )
        for term, spot in zip(terms, drawn, strict=True)
    )
    note = _(
        "Above the dashed line: used more than in the period before. Click a word to read it in its reviews."
    )
    return Chart("emerging", _("Coming up"), data, columns, rows, note)


def telling_chart(terms: list[Term], filters: Filters, ratio: float) -> Chart:
    """How often words are used by the pleased against the displeased; ``ratio`` of those is the line."""
    drawn = [
        _spot(
            term,
            term.negative,
            term.positive,
            abs(term.association),
            address("sentiment_reviews", filters, q=term.term),
        )
        for term in terms
    ]
    data = _terms(drawn, _("Negative reviews"), _("Positive reviews"), _("Association (z)")) | {
        "ratio": ratio
    }
    columns = (_("Word"), _("Positive"), _("Negative"), _("Association (z)"), _("Net sentiment"))
    rows = tuple(
        (
            Cell(term.term, spot["href"]),
            Cell(
                grouped(term.positive),
                address("sentiment_reviews", filters.replace(label="positive"), q=term.term),
            ),
            Cell(
                grouped(term.negative),
                address("sentiment_reviews", filters.replace(label="negative"), q=term.term),
            ),
            Cell(signed(term.association, 1)),
            Cell(signed(term.net)),
        )
        for term, spot in zip(terms, drawn, strict=True)
    )
    note = _("Upper left: words of the pleased. Lower right: words of the displeased.")
    return Chart("telling", _("Words of the pleased and the displeased"), data, columns, rows, note)


def _spot(term: Term, across: int, up: int, score: float, href: str) -> dict[str, Any]:
    return {
        "term": term.term,
        "before": across,
        "recent": up,
        "before_text": grouped(across),
        "recent_text": grouped(up),
        "score": round(score, 3),
        "growth_text": signed(score, 1),
        "net": round(term.net or 0.0, 4),
        "href": href,
    }


def _terms(drawn: list[dict[str, Any]], across: str, up: str, growth: str) -> dict[str, Any]:
    told = ", ".join(spot["term"] for spot in drawn[:DRAWN])
    return {
        "kind": "terms",
        "rows": drawn,
        "strongest": max((spot["score"] for spot in drawn), default=1.0),
        "words": {"before": across, "recent": up, "net": _("Net sentiment"), "growth": growth},
        "description": f"{up} / {across}: {told}",
    }
