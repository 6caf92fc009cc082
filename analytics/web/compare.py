"""Two periods or two segments side by side: is it more than noise, and what drove it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics.services import report
from analytics.services.report import DEFAULT_DAYS, Comparison, Filters, Overview
from analytics.templatetags.feeling import signed
from analytics.web.charts import likelihood, trend_chart
from analytics.web.charts_parts import drivers_chart
from analytics.web.filtering import filter_bar, period_words, reach_of, title_of
from analytics.web.frame import address, analysts_only, answer
from analytics.web.overview import label_stack

#: what the first selection's names start with in the address; those without it are the second's
OTHER = "a_"


@require_safe
@analysts_only
def compare(request: HttpRequest) -> HttpResponseBase:
    """B is the report's selection; A is the period before it, or what the address says with ``a_`` names."""
    b = Filters.from_query(_with_period(request.GET))
    a, own = _other(request.GET, b)
    found = report.compare(a, b)
    context = {
        "address": _address(a if own else None, b),
        "sides": [_side("A", a, found.a), _side("B", b, found.b)],
        "verdict": _verdict(found),
        "found": found,
        "p_value": likelihood(found.p_value),
        "drivers": drivers_chart(found, a, b),
        "bar": _bar_of_b(a if own else None, b),
        "other": _bar_of_a(a, b),
        "a": a,
        "own": own,
        "before_url": _address(None, b),
        "swap_url": _address(b, a),
    }
    return answer(request, "sentiment_compare", "analytics/compare.html", context, filters=b)


def _with_period(query: QueryDict) -> QueryDict:
    """Where no period is asked for, a month: a young site has nothing before its first three."""
    if query.keys() & {"start", "end", "days"}:
        return query
    query = query.copy()
    query["days"] = "30"
    return query


def _other(query: QueryDict, b: Filters) -> tuple[Filters, bool]:
    """The first selection, and whether the address names it."""
    given = {
        name.removeprefix(OTHER): value for name, value in query.items() if name.startswith(OTHER) and value
    }
    if not given:
        return b.previous(), False
    if not given.keys() & {"start", "end", "days"}:
        given |= {"start": b.start.isoformat(), "end": b.end.isoformat()}
    return Filters.from_query(given), True


def _address(a: Filters | None, b: Filters) -> str:
    # What is left out elsewhere is to be said here, where no period means a month.
    days = b.days if b.days == DEFAULT_DAYS else ""
    return address("sentiment_compare", b, days=days, **(_named(a) if a else {}))


def _named(a: Filters) -> dict[str, Any]:
    """The first selection as the address writes it."""
    period = {"start": a.start.isoformat(), "end": a.end.isoformat()}
    return {OTHER + name: value for name, value in (period | a.given()).items()}


def _bar_of_b(a: Filters | None, b: Filters) -> dict[str, Any]:
    keep = dict(_named(a)) if a else {}
    return filter_bar("sentiment_compare", b, keep=keep, link=lambda other: _address(a, other))


def _bar_of_a(a: Filters, b: Filters) -> dict[str, Any]:
    pinned = {"start": b.start.isoformat(), "end": b.end.isoformat()}
    keep = (pinned if b.days is None else {"days": b.days}) | b.given()
    return filter_bar("sentiment_compare", a, prefix=OTHER, keep=keep, link=lambda other: _address(other, b))


def _side(letter: str, filters: Filters, figures: Overview) -> dict[str, Any]:
    points = report.trend(filters) if figures.reviews else []
    return {
        "letter": letter,
        "figures": figures,
        "period": period_words(filters),
        "reach": reach_of(filters),
        "title": title_of(filters),
        "stack": label_stack(figures, filters),
        "reviews_url": address("sentiment_reviews", filters),
        "report_url": address("sentiment", filters),
        "trend": trend_chart(points, filters, key=f"trend-{letter.lower()}") if points else None,
    }


def _verdict(found: Comparison) -> dict[str, str]:
    """The answer in a sentence, with its tone and drawing."""
    if found.difference is None:
        return {
            "tone": "calm",
            "icon": "help-circle",
            "text": _("One side has nothing to compare: no review there commits itself."),
        }
    change = signed(found.difference)
    if found.is_noise:
        text = _("B differs from A by {change}: no more than chance alone would do.").format(change=change)
        return {"tone": "calm", "icon": "wave-sine", "text": text}
    if found.difference > 0:
        text = _("B is better than A by {change}, and that is more than noise.").format(change=change)
        return {"tone": "good", "icon": "trending-up", "text": text}
    text = _("B is worse than A by {change}, and that is more than noise.").format(change=change)
    return {"tone": "bad", "icon": "trending-down", "text": text}
