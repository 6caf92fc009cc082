"""Where complaints are more than usual, by the sums: stretches of days of items and categories.

What a closed alert told of is not found again: its days count as past there, not as news. What an alert told
that still stands is found together with what adjoins it, and counted as one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.engine.reporting.anomalies import (
    Rules,
    Tests,
    Window,
    beta_prior,
    run_tests,
    telling,
    worst_days,
)
from analytics.engine.reporting.cubes import ABSTAINED, CUBES, Columns, joined
from analytics.services.report.cells import Selection
from recommender.models import Category

#: Days back from today in which changes are looked for.
LOOK_DAYS = 42
#: Two alarms of a subject no more than so many days apart are one.
GAP = 1
#: An aspect stands for the whole complaint where it has this share of its negative reviews.
TELLS_ALL = 0.6
RULES = Rules()


@dataclass(frozen=True, slots=True)
class Told:
    """What an alert says: days ``start`` to ``end`` (ordinals, inclusive); ``aspect`` as an alarm's."""

    alert: int
    subject: int
    aspect: int
    start: int
    end: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Alarm:
    """Days ``start`` to ``end`` (ordinals, inclusive) of one subject; ``aspect`` is its number, 0 for all.

    All of it is of the same reviews and days. ``grows`` is the alert that it is the news of, 0 for none.
    """

    subject: int
    aspect: int
    start: int
    end: int
    reviews: int
    negative: int
    usual: float
    p_value: float
    grows: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """Ordinals of the first and last day that are read, and from them the windows that are tested."""

    first: int
    last: int

    @property
    def days(self) -> int:
        return self.last - self.first + 1

    @property
    def watched(self) -> int:
        """Position of the first day in which changes are looked for."""
        return self.days - LOOK_DAYS

    def windows(self) -> list[Window]:
        """Each watched day by itself, and with the six days before it."""
        watched = range(self.watched, self.days)
        days = [Window(day, day + 1) for day in watched]
        return days + [Window(max(0, day - 6), day + 1) for day in watched]


def alarms(parts: Iterable[Selection], column: str, span: Span, told: list[Told]) -> list[Alarm]:
    """One alarm for each stretch of days of each subject, about the aspect that tells the most.

    Args:
        told: what the alerts of these subjects say; of those that stand, the first that adjoins grows.
    """
    series = [_series(part, column, span) for part in parts]
    whole = _Series(*(np.concatenate([getattr(one, name) for one in series]) for name in _Series.__slots__))
    look = _Look(whole, span, told)
    found: list[Alarm] = []
    for subject, stretches in look.stretches():
        standing = [one for one in told if one.subject == subject and not one.closed]
        found += _united(look, stretches, standing)
    return sorted(found, key=lambda alarm: alarm.p_value)


def _united(look: _Look, stretches: Iterable[list[int]], standing: list[Told]) -> list[Alarm]:
    """One for each stretch, but one for all that the same alert grows by."""
    found: list[Alarm] = []
    for stretch in stretches:
        alarm = look.alarm(stretch, standing)
        if alarm.grows:
            found = [one for one in found if one.grows != alarm.grows]
            grown = {"start": alarm.start, "end": alarm.end, "aspect": alarm.aspect}
            standing = [
                dataclasses.replace(one, **grown) if one.alert == alarm.grows else one for one in standing
            ]
        found.append(alarm)
    return found


# -- counts -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Series:
    """(n,) subjects and aspects; (n, days) reviews that commit themselves, and negative ones of them."""

    subject: np.ndarray
    aspect: np.ndarray
    negative: np.ndarray
    reviews: np.ndarray
    #: (n, 2) what is usual for the aspect, whatever the subject
    prior: np.ndarray


def _series(cells: Selection, column: str, span: Span) -> _Series:
    """Of those subjects that have enough reviews in the watched days to be tested at all."""
    cells = cells.where((cells["label"] != ABSTAINED) & (cells[column] > 0))
    aspect = cells["aspect"] if "aspect" in cells else np.zeros(len(cells))
    pair = cells[column].astype(np.int64) << 32 | aspect.astype(np.int64)
    place = cells["day"].astype(np.int64) - span.first
    recent = place >= span.watched
    weight = cells["reviews"].astype(np.float64)
    keys, row = np.unique(pair, return_inverse=True)
    both = (weight * (cells["label"] == 0), weight)
    sums = [np.bincount(row, values, len(keys)) for values in both]
    kept = np.bincount(row, weight * recent, len(keys)) >= RULES.least
    known = kept[row]
    flat = (np.cumsum(kept) - 1)[row[known]] * span.days + place[known]
    size = int(kept.sum()) * span.days
    counts = [np.bincount(flat, values[known], size).reshape(-1, span.days) for values in both]
    aspects = keys & (2**32 - 1)
    return _Series(keys[kept] >> 32, aspects[kept], *counts, _priors(aspects, *sums)[kept])


def _priors(aspects: np.ndarray, negative: np.ndarray, reviews: np.ndarray) -> np.ndarray:
    """(n, 2) ``beta_prior`` of all subjects about the same aspect."""
    found = np.zeros((len(aspects), 2))
    for aspect in np.unique(aspects):
        same = aspects == aspect
        found[same] = beta_prior(negative[same], reviews[same])
    return found


@dataclass(frozen=True, slots=True)
class _News:
    """(n, days) what no closed alert told of yet, and the days of which one told all there is."""

    negative: np.ndarray
    reviews: np.ndarray
    shut: np.ndarray


def _news(whole: _Series, told: list[Told], span: Span) -> _News:
    """Without what closed alerts told: about everything of every aspect, about an aspect of its part."""
    closed = [one for one in told if one.closed]
    if not closed:
        return _News(whole.negative, whole.reviews, np.broadcast_to(np.False_, whole.reviews.shape))
    negative, reviews = whole.negative.copy(), whole.reviews.copy()
    shut = np.zeros(negative.shape, dtype=bool)
    for one in closed:
        days = slice(max(0, one.start - span.first), max(0, one.end - span.first + 1))
        rows = np.flatnonzero(whole.subject == one.subject)
        about = rows[whole.aspect[rows] == one.aspect]
        shut[about if one.aspect else rows, days] = True
        everything = rows[whole.aspect[rows] == 0]
        if one.aspect and len(about) and len(everything):
            negative[everything, days] -= whole.negative[about, days]
            reviews[everything, days] -= whole.reviews[about, days]
    negative[shut] = reviews[shut] = 0
    # What is felt of an aspect may differ from what is felt of everything.
    np.maximum(negative, 0, out=negative)
    np.maximum(reviews, negative, out=reviews)
    return _News(negative, reviews, shut)


# -- stretches ----------------------------------------------------------------------------------------------


class _Look:
    """Everything that was counted and tested of one kind of subject."""

    def __init__(self, whole: _Series, span: Span, told: list[Told]) -> None:
        self._whole, self._span = whole, span
        self._news = _news(whole, told, span)
        self._windows = span.windows()
        past = (whole.negative, whole.reviews) if any(one.closed for one in told) else None
        self._tests: Tests = run_tests(
            self._news.negative, self._news.reviews, whole.prior, self._windows, RULES, past=past
        )

    def stretches(self) -> Iterator[tuple[int, Iterator[list[int]]]]:
        """Each subject with its stretches: rows of the tests that are worth an alarm."""
        rows = np.flatnonzero(telling(self._tests, RULES))
        subjects = self._whole.subject[self._tests.subject[rows]]
        for subject in np.unique(subjects):
            yield int(subject), self._touching(rows[subjects == subject])

    def _touching(self, rows: np.ndarray) -> Iterator[list[int]]:
        """Tests of one subject, those together whose windows touch."""
        ordered = sorted(rows, key=lambda row: self._window(row).start)
        current: list[int] = []
        end = 0
        for row in ordered:
            window = self._window(row)
            if current and window.start > end + GAP:
                yield current
                current = []
            end = max(end, window.end) if current else window.end
            current.append(int(row))
        if current:
            yield current

    def alarm(self, tests: list[int], standing: list[Told]) -> Alarm:
        """The stretch as one: its days that are worse than usual, with those of the alert that it adjoins."""
        rows = {int(self._tests.subject[test]) for test in tests}
        row, start, end = self._worst(rows, tests)
        grows = next((one for one in standing if self._adjoins(one, start, end)), None)
        if grows is not None:
            start = max(0, min(start, grows.start - self._span.first))
            end = min(self._span.days, max(end, grows.end - self._span.first + 1))
            row = _spokesman(self._whole, self._whole.negative, rows | self._row_of(grows), start, end)
        return self._counted(row, start, end, grows.alert if grows else 0)

    def _worst(self, rows: set[int], tests: list[int]) -> tuple[int, int, int]:
        """The row that speaks for the stretch, its first day and the day after its last."""
        found = [self._window(test) for test in tests]
        start, end = min(window.start for window in found), max(window.end for window in found)
        row = _spokesman(self._whole, self._news.negative, rows, start, end)
        own = [one for one in tests if self._tests.subject[one] == row]
        best = min(own, key=lambda one: float(self._tests.p_value[one]))
        first, after = worst_days(
            self._news.negative[row, start:end],
            self._news.reviews[row, start:end],
            float(self._tests.usual[best]),
            float(self._tests.negative[best] / self._tests.reviews[best]),
            self._news.shut[row, start:end],
        )
        return row, start + first, start + after

    def _counted(self, row: int, start: int, end: int, grows: int) -> Alarm:
        """All figures of the same days, whatever windows they were found in."""
        of_row = [values[row : row + 1] for values in (self._whole.negative, self._whole.reviews)]
        anyway = dataclasses.replace(RULES, least=0)
        test = run_tests(*of_row, self._whole.prior[row : row + 1], [Window(start, end)], anyway)
        return Alarm(
            subject=int(self._whole.subject[row]),
            aspect=int(self._whole.aspect[row]),
            start=self._span.first + start,
            end=self._span.first + end - 1,
            reviews=int(test.reviews[0]),
            negative=int(test.negative[0]),
            usual=float(test.usual[0]),
            p_value=float(test.p_value[0]),
            grows=grows,
        )

    def _window(self, test: Any) -> Window:
        return self._windows[int(self._tests.window[test])]

    def _adjoins(self, told: Told, start: int, end: int) -> bool:
        first = self._span.first
        return told.start < first + end + GAP and told.end >= first + start - GAP

    def _row_of(self, told: Told) -> set[int]:
        found = (self._whole.subject == told.subject) & (self._whole.aspect == told.aspect)
        return {int(row) for row in np.flatnonzero(found)}


def _spokesman(whole: _Series, negative: np.ndarray, rows: set[int], start: int, end: int) -> int:
    """The row whose aspect says best what it is about: the most telling aspect, unless it is but a part."""
    counts = {row: negative[row, start:end].sum() for row in sorted(rows)}
    most = max(counts.values())
    aspects = {row: count for row, count in counts.items() if whole.aspect[row]}
    if aspects and max(aspects.values()) >= TELLS_ALL * most:
        return max(aspects, key=lambda row: aspects[row])
    return max(counts, key=lambda row: counts[row])


# -- categories ---------------------------------------------------------------------------------------------


def unexplained(cells: Selection, told: Iterable[Told]) -> Selection:
    """Without the days of items that have an alert of their own."""
    mask = np.ones(len(cells), dtype=bool)
    for one in told:
        inside = (cells["day"] >= one.start) & (cells["day"] <= one.end)
        mask &= ~((cells["item"] == one.subject) & inside)
    return cells.where(mask)


def ancestors() -> dict[int, list[int]]:
    """Each category with itself and all above it."""
    parent = dict(Category.objects.values_list("pk", "parent"))
    chains: dict[int, list[int]] = {}
    for pk in parent:
        chain, step = [], pk
        while step is not None and step not in chain:
            chain.append(step)
            step = parent.get(step)
        chains[pk] = chain
    return chains


def lifted(cells: Selection, above: dict[int, list[int]]) -> Selection:
    """Every cell once for its category and once for each category above."""
    depth = max((len(chain) for chain in above.values()), default=0)
    size = max([int(cells["category"].max()) if len(cells) else 0, *above]) + 1
    parts: list[Columns] = []
    for level in range(depth):
        table = np.zeros(size, dtype=np.uint32)
        for pk, chain in above.items():
            table[pk] = chain[level] if level < len(chain) else 0
        parts.append({**cells.columns, "category": table[cells["category"]]})
    return Selection(joined(CUBES["items"], parts)) if parts else cells
