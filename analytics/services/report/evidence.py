"""The reviews behind a figure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np
from django.db.models import Q, QuerySet

from analytics.contracts import NONE
from analytics.engine.reporting.cubes import CUBES
from analytics.engine.reporting.terms import terms_of_all
from analytics.models import SentimentScore
from analytics.models.scores import SentimentScoreQuerySet
from analytics.services.report.cells import categories_of, read, summed_cells
from analytics.services.report.filters import Filters
from analytics.services.report.names import Kind, code
from analytics.services.report.rows import ASPECT_LEAN, COMMITTED, aspect_code, label_code, midnight

ORDERS: dict[str, tuple[str, ...]] = {
    "newest": ("-reviewed_at", "-pk"),
    "oldest": ("reviewed_at", "pk"),
    "negative": ("polarity", "-pk"),
    "positive": ("-polarity", "-pk"),
    "disagreement": ("-disagreement", "-pk"),
    "unsure": ("confidence", "-pk"),
}
#: Of how many reviews, the newest, a page in another order than time is chosen.
SORTED_AMONG = 1_000
#: In how many, the newest of the period, words are looked for: no index knows them.
SEARCHED_AMONG = 20_000
_LEANS: dict[str, dict[str, float]] = {
    "negative": {"aspects__polarity__lte": -ASPECT_LEAN},
    "neutral": {"aspects__polarity__gt": -ASPECT_LEAN, "aspects__polarity__lt": ASPECT_LEAN},
    "positive": {"aspects__polarity__gte": ASPECT_LEAN},
}

#: What is stored of a review without a value, by how a value is looked for.
_WITHOUT: dict[str, tuple[str, Any]] = {
    "language": ("language", ""),
    "rating": ("rating", None),
    "channels__contains": ("channels", ""),
}


def reviews(filters: Filters, order: str = "newest") -> SentimentScoreQuerySet:
    """Exactly the reviews that the figures of ``filters`` count.

    Args:
        order: one of ``ORDERS``; anything else counts as "newest".
    """
    since = searched_since(filters) or filters.since
    found = SentimentScore.objects.ready().filter(
        reviewed_at__gte=since, reviewed_at__lt=filters.until, **_plain(filters)
    )
    if filters.category == NONE:
        found = found.filter(category=None)
    elif filters.category is not None:
        found = found.filter(category__in=categories_of(filters.category))
    if filters.aspect:
        found = found.filter(aspects__aspect=filters.aspect, **_LEANS.get(filters.label, {}))
    if filters.label:
        found = found.filter(COMMITTED if filters.aspect else COMMITTED & Q(label=filters.label))
    if filters.abstained is not None:
        found = found.exclude(COMMITTED) if filters.abstained else found.filter(COMMITTED)
    if filters.words:
        found = found.with_words(filters.words)
    return found.order_by(*ORDERS.get(order, ORDERS["newest"]))


def _plain(filters: Filters) -> dict[str, Any]:
    asked = {
        "item": filters.item,
        "language": filters.language,
        "rating": filters.rating,
        "channels__contains": filters.channel,
    }
    given = {name: value for name, value in asked.items() if value}
    return dict(_WITHOUT[name] if value == NONE else (name, value) for name, value in given.items())


def reviews_page(
    filters: Filters, page: int = 1, size: int = 25, order: str = "newest", *, term: str = ""
) -> list[SentimentScore]:
    """One page of ``reviews``, with everything a list shows.

    The sums say which days the page lies in, so that no other day is searched. In another order than by
    time, the page is of the newest ``SORTED_AMONG`` reviews, to the end of the day that they reach into.

    Args:
        page: counted from 1.
        term: only reviews that have it, as ``emerging`` counts them; then always the newest first.
    """
    skip = (max(1, page) - 1) * size
    if term:
        return _with_term(filters, term.lower(), skip, size)
    if filters.words:
        return list(reviews(filters, order).for_list()[skip : skip + size])
    by_time = order not in ORDERS or order in ("newest", "oldest")
    wanted = (skip, skip + size) if by_time else (0, SORTED_AMONG)
    window = _window(filters, *wanted, newest_first=order != "oldest")
    if window is None:
        return []
    start, end, before = window
    found = reviews(filters.replace(start=start, end=end), order)
    first = skip - before if by_time else skip
    return list(found.for_list()[first : first + size])


def oldest_day(filters: Filters, among: int) -> date | None:
    """The day that the newest ``among`` reviews reach into; None where there are none before it."""
    window = _window(filters, 0, among, newest_first=True)
    first = _window(filters, 0, 1, newest_first=False)
    return window[0] if window and first and window[0] > first[0] else None


def searched_since(filters: Filters) -> datetime | None:
    """The moment that a search for words goes back to; None where it looks through the whole period.

    That of the ``SEARCHED_AMONG``-th newest review of the period, whatever else the selection is limited to:
    a part of the selection is looked for in the same reviews as the whole.
    """
    if not filters.words:
        return None
    moments = _moments(filters)[SEARCHED_AMONG - 1 : SEARCHED_AMONG + 1]
    return moments[0] if len(moments) > 1 else None


def _moments(filters: Filters) -> QuerySet[SentimentScore, datetime]:
    """Of all reviews of the period, the newest first; an index alone answers."""
    within = SentimentScore.objects.ready().filter(
        reviewed_at__gte=filters.since, reviewed_at__lt=filters.until
    )
    return within.order_by("-reviewed_at").values_list("reviewed_at", flat=True)


def _with_term(filters: Filters, term: str, skip: int, size: int) -> list[SentimentScore]:
    """The sums name the days on which the term was used; what is like it there is read, newest first.

    Where words are looked for too, all that they are looked for in is read, for sums may not be made yet.
    """
    found = reviews(filters)
    for word in term.split():
        found = found.with_words(word.partition("'")[0])
    if filters.words:
        return _listed(list(islice(_using(found, term), skip, skip + size)))
    days = sorted(_days_with(filters, term), reverse=True)
    chosen: list[int] = []
    for start in range(0, len(days), _DAYS_AT_ONCE):
        portion = [date.fromordinal(day) for day in days[start : start + _DAYS_AT_ONCE]]
        inside = found.filter(reviewed_at__gte=midnight(portion[-1]))
        inside = inside.filter(reviewed_at__lt=midnight(portion[0] + timedelta(days=1)))
        chosen += _using(inside, term)
        if len(chosen) >= skip + size:
            break
    return _listed(chosen[skip : skip + size])


def _using(found: SentimentScoreQuerySet, term: str) -> Iterator[int]:
    """Numbers of those that have the term as ``emerging`` counts it, in their order."""
    rows = found.values_list("pk", "review__text", "heard").iterator(chunk_size=500)
    return (pk for pk, *texts in rows if term in terms_of_all(texts))


def _listed(page: list[int]) -> list[SentimentScore]:
    return list(SentimentScore.objects.filter(pk__in=page).order_by(*ORDERS["newest"]).for_list())


_DAYS_AT_ONCE = 7


def _days_with(filters: Filters, term: str) -> list[int]:
    number = code(Kind.TERM, term)
    if number is None:
        return []
    cells = read(CUBES["words"], filters.start, filters.end, days=True)
    return np.unique(cells["day"][cells["term"] == number]).tolist()


def _window(filters: Filters, first: int, last: int, *, newest_first: bool) -> tuple[date, date, int] | None:
    """The days that hold reviews ``first`` up to ``last`` in order of time, and how many come before them."""
    cells = summed_cells(filters, days=True)
    counts = np.bincount(
        cells["day"].astype(np.int64) - filters.start.toordinal(), weights=cells["reviews"]
    ).astype(int)
    days = np.flatnonzero(counts)
    days = days[::-1] if newest_first else days
    upto = np.cumsum(counts[days])
    if first >= (upto[-1] if len(upto) else 0):
        return None
    one = int(np.searchsorted(upto, first, side="right"))
    two = min(int(np.searchsorted(upto, last, side="left")), len(days) - 1)
    edges = sorted(int(day) + filters.start.toordinal() for day in (days[one], days[two]))
    return date.fromordinal(edges[0]), date.fromordinal(edges[1]), int(upto[one] - counts[days[one]])


def _newest(filters: Filters, most: int) -> SentimentScoreQuerySet:
    """So many, looked for on no day that the sums need not be asked of."""
    if filters.words:
        return reviews(filters)[:most]
    window = _window(filters, 0, most, newest_first=True)
    if window is None:
        return SentimentScore.objects.none()
    return reviews(filters.replace(start=window[0], end=window[1]))[:most]


def reviews_sample(filters: Filters, most: int) -> list[tuple[tuple[str, str], int]]:
    """What the newest reviews of the selection say, written and heard, with what counts (``label_code``)."""
    found = _newest(filters, most)
    fields = ("review__text", "heard", "label", "abstained", "corrected")
    if not filters.aspect:
        rows = found.values_list(*fields)
        return [((text, heard), label_code(*said)) for text, heard, *said in rows]
    rows = found.values_list(*fields, "aspects__polarity")
    return [
        ((text, heard), aspect_code(label_code(*said), polarity)) for text, heard, *said, polarity in rows
    ]
