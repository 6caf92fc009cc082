"""Words and aspects that come up, and words that tell the pleased from the displeased."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.services import report
from analytics.services.asked import Asked, Page
from analytics.services.report import Filters, Overview
from analytics.web.charts_words import aspects_chart, emerging_chart, telling_chart
from analytics.web.filtering import PERIODS, filter_bar, last
from analytics.web.frame import address, analysts_only, answer


@require_safe
@analysts_only
def terms(request: HttpRequest) -> HttpResponseBase:
    """What is spoken of now and was before, or by whom; a click on a word or aspect opens its reviews."""
    filters = Filters.from_query(request.GET)
    figures, before = (report.overview(one, previous=False) for one in (filters, filters.previous()))
    emerging, telling = report.terms_both_ways(filters)
    context = {
        "address": address("sentiment_terms", filters),
        "asked": Asked(Page.TERMS, filters),
        "figures": figures,
        "among": _among(figures.reviews, filters),
        "bar": filter_bar("sentiment_terms", filters),
        "before": before.reviews or not report.compares_with_before(filters),
        "shorter": _shorter(filters) if figures.reviews and not before.reviews else None,
        "emerging": emerging_chart(emerging, filters, _growth(figures, before, filters)),
        "aspects": aspects_chart(report.emerging_aspects(filters), filters),
        "telling": telling_chart(telling, filters, _pleased(figures)),
    }
    return answer(request, "sentiment_terms", "analytics/terms.html", context, filters=filters)


def _among(reviews: int, filters: Filters) -> int | None:
    """In how many of so many reviews words are counted; None where it is in all of them."""
    most = report.counted_among(filters)
    return most if most is not None and reviews > most else None


def _shorter(filters: Filters) -> dict[str, Any] | None:
    """The longest of the usual periods that is shorter and has reviews, before it too: a young site has none
    before its first months."""
    for days, label in reversed(PERIODS):
        found = last(filters, days)
        both = found, found.previous()
        if days < filters.length and all(report.overview(one, previous=False).reviews for one in both):
            return {"url": address("sentiment_terms", found), "label": label}
    return None


def _growth(figures: Overview, before: Overview, filters: Filters) -> float:
    """Reviews now for each one of the period before, of those whose words are counted."""
    read, read_before = (_among(one.reviews, filters) or one.reviews for one in (figures, before))
    return read / read_before if read and read_before else 1.0


def _pleased(figures: Overview) -> float:
    """Positive reviews for each negative one."""
    return figures.positive / figures.negative if figures.negative and figures.positive else 1.0
