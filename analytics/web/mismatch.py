"""Likely sarcasm or mismatch: what contradicts itself most, with what stands against what."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from analytics.models import SentimentScore
from analytics.services import mismatch
from analytics.services.report import Filters
from analytics.web.cards import describe
from analytics.web.filtering import filter_bar
from analytics.web.frame import address, analysts_only, answer
from analytics.web.review import form_context

LENGTH = 20
LAST_PAGE = 100
NAME = "sentiment_mismatch"


@require_safe
@analysts_only
def likely(request: HttpRequest) -> HttpResponseBase:
    """One page of what a selection holds of it, the widest contradiction first, to be labelled in place."""
    filters = Filters.from_query(request.GET)
    number, scores, has_next = _shown(filters, _page(request.GET.get("page", "")))
    here = _paged(filters, number)
    context: dict[str, Any] = {
        "address": here,
        "keyboard": True,
        "rows": [describe(score, filters.words) for score in scores],
        "bar": filter_bar(NAME, filters),
        "number": number,
        "before_url": _paged(filters, number - 1) if number > 1 else "",
        "next_url": _paged(filters, number + 1) if has_next else "",
        **form_context(here),
    }
    return answer(request, NAME, "analytics/mismatch.html", context, filters=filters)


def _shown(filters: Filters, number: int) -> tuple[int, list[SentimentScore], bool]:
    """The page, its rows, and whether another follows.

    Labelled reviews leave the list, so a page may have become empty; then it is the one before, or the first.
    """
    found = mismatch.likely(filters)
    for page in dict.fromkeys((number, max(1, number - 1), 1)):
        rows = list(found[LENGTH * (page - 1) : LENGTH * page + 1])
        if rows:
            return page, rows[:LENGTH], len(rows) > LENGTH and page < LAST_PAGE
    return 1, [], False


def _page(raw: str) -> int:
    return max(1, min(LAST_PAGE, int(raw))) if raw.isdecimal() and len(raw) < 7 else 1


def _paged(filters: Filters, number: int) -> str:
    return address(NAME, filters, page=number if number > 1 else "")
