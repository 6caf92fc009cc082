"""Two periods or two segments side by side: is it more than noise, and what drove it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from analytics.services import report
from analytics.services.asked import Asked, Page
from analytics.services.numbers import likelihood
from analytics.services.report import OTHER, Comparison, Filters, Overview, Sides, period_of
from analytics.services.verdict import verdict
from analytics.web.charts import trend_chart
from analytics.web.charts_parts import drivers_chart
from analytics.web.filtering import filter_bar, period_words, reach_of, title_of
from analytics.web.frame import address, analysts_only, answer
from analytics.web.overview import label_stack


@require_safe
@analysts_only
def compare(request: HttpRequest) -> HttpResponseBase:
    """B is the report's selection; A is the period before it, or what the address says with ``a_`` names."""
    sides = Sides.from_query(request.GET)
    a, b = sides.a, sides.b
    found = report.compare(a, b)
    context = {
        "address": _address(sides),
        "asked": Asked(Page.COMPARISON, b, own=sides.own),
        "sides": [_side("A", a, found.a), _side("B", b, found.b)],
        "verdict": _verdict(found),
        "found": found,
        "p_value": likelihood(found.p_value),
        "drivers": drivers_chart(found, a, b),
        "bar": _bar_of_b(sides),
        "other": _bar_of_a(sides),
        "a": a,
        "own": sides.own is not None,
        "before_url": _address(Sides(b)),
        "swap_url": _address(Sides(a, b)),
    }
    return answer(request, "sentiment_compare", "analytics/compare.html", context, filters=b)


def _address(sides: Sides) -> str:
    return f"{reverse('sentiment_compare')}?{sides.as_query()}"


def _bar_of_b(sides: Sides) -> dict[str, Any]:
    keep = sides.prefixed() if sides.own else {}
    return filter_bar(
        "sentiment_compare", sides.b, keep=keep, link=lambda other: _address(Sides(other, sides.own))
    )


def _bar_of_a(sides: Sides) -> dict[str, Any]:
    keep = period_of(sides.b) | sides.b.given()
    return filter_bar(
        "sentiment_compare",
        sides.a,
        prefix=OTHER,
        keep=keep,
        link=lambda other: _address(Sides(sides.b, other)),
    )


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
    text = verdict(found)
    if found.difference is None:
        return {"tone": "calm", "icon": "help-circle", "text": text}
    if found.is_noise:
        return {"tone": "calm", "icon": "wave-sine", "text": text}
    better = found.difference > 0
    return {
        "tone": "good" if better else "bad",
        "icon": "trending-up" if better else "trending-down",
        "text": text,
    }
