"""The reviews behind a figure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db.models import Max, Min, Q

from analytics.engine.reporting.cubes import CUBES
from analytics.engine.reporting.terms import terms_of_all
from analytics.models import RollupDay, SentimentScore
from analytics.models.scores import SentimentScoreQuerySet
from analytics.services.report.cells import read, subtree, summed_cells
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
#: In how many, the newest, words are looked for: no index knows them.
SEARCHED_AMONG = 20_000
_LEANS: dict[str, dict[str, float]] = {
    "negative": {"aspects__polarity__lte": -ASPECT_LEAN},
    "neutral": {"aspects__polarity__gt": -ASPECT_LEAN, "aspects__polarity__lt": ASPECT_LEAN},
    "positive": {"aspects__polarity__gte": ASPECT_LEAN},
}


def reviews(filters: Filters, order: str = "newest") -> SentimentScoreQuerySet:
    """Exactly the reviews that the figures of ``filters`` count.

    Args:
        order: one of ``ORDERS``; anything else counts as "newest".
    """
    if filters.words:
        among = _searched(filters)
        return reviews(among, order).with_words(filters.words) if among else SentimentScore.objects.none()
    found = SentimentScore.objects.ready().filter(
        reviewed_at__gte=filters.since, reviewed_at__lt=filters.until, **_plain(filters)
    )
    if filters.category is not None:
        found = found.filter(category__in=subtree(filters.category))
    if filters.aspect:
        found = found.filter(aspects__aspect=filters.aspect, **_LEANS.get(filters.label, {}))
    if filters.label:
        found = found.filter(COMMITTED if filters.aspect else COMMITTED & Q(label=filters.label))
    if filters.abstained is not None:
        found = found.exclude(COMMITTED) if filters.abstained else found.filter(COMMITTED)
    return found.order_by(*ORDERS.get(order, ORDERS["newest"]))


def _plain(filters: Filters) -> dict[str, Any]:
    asked = {
        "item": filters.item,
        "language": filters.language,
        "rating": filters.rating,
        "channels__contains": filters.channel,
    }
    return {name: value for name, value in asked.items() if value}


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


def searched_since(filters: Filters) -> date | None:
    """The day that a search for words goes back to; None where it looks through the whole selection."""
    return oldest_day(filters, SEARCHED_AMONG) if filters.words else None


def _searched(filters: Filters) -> Filters | None:
    """Where its words are looked for; None where there is nothing.

    Among the newest ``SEARCHED_AMONG``, to the end of the day that those reach into, and on days whose sums
    are out of date.
    """
    window = _window(filters, 0, SEARCHED_AMONG, newest_first=True)
    days = [*(window[:2] if window else ()), *_unsummed(filters)]
    return filters.replace(start=min(days), end=max(days), words="") if days else None


def _unsummed(filters: Filters) -> tuple[date, ...]:
    """The first and the last day of the period whose sums are out of date; none where there is no such day.

    No further back than the newest ``SEARCHED_AMONG`` of all reviews, so that a correction of one of long ago
    does not have everything since then looked through.
    """
    stale = RollupDay.objects.stale().filter(day__range=(filters.start, filters.end))
    edges = stale.aggregate(first=Min("day"), last=Max("day"))
    if edges["first"] is None:
        return ()
    since = oldest_day(Filters(filters.start, filters.end), SEARCHED_AMONG) or filters.start
    return (max(edges["first"], since), edges["last"]) if edges["last"] >= since else ()


def _with_term(filters: Filters, term: str, skip: int, size: int) -> list[SentimentScore]:
    """The sums name the days on which the term was used; what is like it there is read, newest first."""
    found = reviews(filters)
    for word in term.split():
        found = found.with_words(word.partition("'")[0])
    days = sorted(_days_with(filters, term), reverse=True)
    chosen: list[int] = []
    for start in range(0, len(days), _DAYS_AT_ONCE):
        portion = [date.fromordinal(day) for day in days[start : start + _DAYS_AT_ONCE]]
        inside = found.filter(reviewed_at__gte=midnight(portion[-1]))
        inside = inside.filter(reviewed_at__lt=midnight(portion[0] + timedelta(days=1)))
        rows = inside.values_list("pk", "review__text", "heard").iterator(chunk_size=500)
        chosen += [pk for pk, *texts in rows if term in terms_of_all(texts)]
        if len(chosen) >= skip + size:
            break
    page = chosen[skip : skip + size]
    return list(SentimentScore.objects.filter(pk__in=page).order_by(*ORDERS["newest"]).for_list())


_DAYS_AT_ONCE = 7


def _days_with(filters: Filters, term: str) -> list[int]:
    number = code(Kind.TERM, term)
    if number is None:
        return []
    cells = read(CUBES["words"], filters.start, filters.end, days=True)
    return np.unique(cells["day"][cells["term"] == number]).tolist()


def _window(filters: Filters, first: int, last: int, *, newest_first: bool) -> tuple[date, date, int] | None:
    """The days that hold reviews ``first`` up to ``last`` in order of time, and how many come before them.

    Of the whole selection, whatever words are looked for in it.
    """
    cells = summed_cells(filters, days=True)
    counts = np.bincount(cells["day"] - filters.start.toordinal(), weights=cells["reviews"]).astype(int)
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
