"""The overview: how people feel, since when, about what, and how sure the report is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics.models import Alert
from analytics.services import report
from analytics.services.asked import Asked, Page
from analytics.services.report import Filters, Overview
from analytics.templatetags.feeling import grouped, share, signed
from analytics.web.charts import Chart, trend_chart
from analytics.web.charts_parts import breakdown_chart, impact_chart
from analytics.web.filtering import filter_bar
from analytics.web.frame import address, analysts_only, answer
from analytics.web.items import items_chart, order_of

#: alerts a trend marks at most
MARKS = 6
#: fewer reviews before are no measure of growth
FEW = 20


@require_safe
@analysts_only
def overview(request: HttpRequest) -> HttpResponseBase:
    """The figures of the selection that the address names; a fragment's request gets them alone."""
    filters = Filters.from_query(request.GET)
    figures = report.overview(filters)
    charts = _charts(request.GET, filters) if figures.reviews else {}
    pages = charts["item"].pages if charts else None
    context = {
        "address": pages.address if pages else address("sentiment", filters),
        "asked": Asked(Page.OVERVIEW, filters),
        "figures": figures,
        "cards": figure_cards(figures, filters),
        "compares": report.compares_with_before(filters),
        "stack": label_stack(figures, filters),
        "bar": filter_bar("sentiment", filters, keep={"order": _kept_order(request.GET)}),
        "charts": charts,
        "reviews_url": address("sentiment_reviews", filters),
        "compare_url": address("sentiment_compare", filters),
    }
    return answer(request, "sentiment", "analytics/overview.html", context, filters=filters)


def _kept_order(query: QueryDict) -> str:
    """Of the items, where it is not the usual one."""
    order = order_of(query)
    return "" if order == "most" else order


def _charts(query: QueryDict, filters: Filters) -> dict[str, Chart]:
    charts = {"trend": trend_chart(report.trend(filters), filters, alerts_within(filters))}
    charts["impact"] = impact_chart(report.impact(filters), filters)
    for by in report.BYS:
        if by != "item":
            charts[by] = breakdown_chart(report.breakdown(filters, by), by, filters)
    return charts | {"item": items_chart(query, filters)}


def alerts_within(filters: Filters) -> list[Alert]:
    """Alerts on what the report is about, in its period, the newest first."""
    found = Alert.objects.filter(starts_at__lt=filters.until, ends_at__gte=filters.since)
    if filters.item:
        found = found.filter(item=filters.item)
    if isinstance(filters.category, str):  # alerts are on whole branches
        found = found.none()
    elif filters.category:
        found = found.filter(category=filters.category)
    if filters.aspect:
        found = found.filter(aspect__in=("", filters.aspect))
    return list(found.exclude(state=Alert.State.CLOSED).select_related("item", "category")[:MARKS])


def figure_cards(figures: Overview, filters: Filters) -> list[dict[str, Any]]:
    """The key figures, each with its change and the reviews behind it."""
    before = figures.previous if figures.previous and figures.previous.reviews >= FEW else None
    return [
        _card(
            _("Net sentiment"),
            signed(figures.net) or "–",
            note=_interval(figures),
            change=signed(figures.change) if before else "",
            better=_direction(figures, before),
            url=address("sentiment_reviews", filters),
            lead=True,
        ),
        _card(
            _("Reviews"),
            grouped(figures.reviews),
            change=_relative(figures.reviews, before.reviews if before else 0),
            url=address("sentiment_reviews", filters),
        ),
        _card(
            _("Not sure"),
            share(figures.abstained),
            note=_("the scorer does not commit itself"),
            change=_points(figures.abstained, before.abstained if before else None),
            url=address("sentiment_reviews", filters.replace(abstained=True)),
        ),
        _card(
            _("Disagreement"),
            f"{figures.disagreement:.2f}",
            note=_("between words, picture and voice; 0 to 1"),
            change=signed(figures.disagreement - before.disagreement) if before else "",
            url=address("sentiment_reviews", filters, order="disagreement"),
        ),
    ]


def _card(label: str, value: str, *, url: str, **more: Any) -> dict[str, Any]:
    empty = {"note": "", "change": "", "better": 0, "lead": False}
    return {"label": label, "value": value, "url": url} | empty | more


def _interval(figures: Overview) -> str:
    if figures.low is None or figures.high is None:
        return _("no review commits itself")
    return _("Interval {low} … {high} (95 %)").format(low=signed(figures.low), high=signed(figures.high))


def _direction(now: Overview, before: Overview | None) -> int:
    """1 for better, -1 for worse, 0 where the two intervals meet: that may be chance."""
    if before is None or now.low is None or now.high is None or before.low is None or before.high is None:
        return 0
    return 1 if now.low > before.high else -1 if now.high < before.low else 0


def _relative(now: int, before: int) -> str:
    """The change in per cent; beside very few reviews it would say nothing."""
    return f"{signed(100 * (now - before) / before, 0)} %" if before >= FEW else ""


def _points(now: float, before: float | None) -> str:
    return "" if before is None else _("{n} points").format(n=signed(100 * (now - before), 1))


def label_stack(figures: Overview, filters: Filters) -> list[dict[str, Any]]:
    """Shares of negative, neutral and positive as parts of one bar, ``x`` and ``width`` in [0, 1000]."""
    parts, at = [], 0.0
    for label, name, size in (
        ("positive", _("Positive"), figures.positive),
        ("neutral", _("Neutral"), figures.neutral),
        ("negative", _("Negative"), figures.negative),
    ):
        url = address("sentiment_reviews", filters.replace(label=label))
        parts.append(
            {
                "label": label,
                "name": name,
                "share": size,
                "x": round(1000 * at, 1),
                "width": round(1000 * size, 1),
                "url": url,
            }
        )
        at += size
    return parts
