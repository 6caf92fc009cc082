"""Sudden changes of what reviewers feel: found, kept up to date, looked at, closed.

Items are tested first, about everything and about each aspect; then categories, without the reviews that an
item's alert already explains. Neighbouring days and weeks of one subject make one alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

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
from analytics.models import Alert
from analytics.services.report.cells import Selection, read
from analytics.services.report.evidence import reviews
from analytics.services.report.filters import Filters
from analytics.services.report.names import Kind, named
from analytics.services.report.rows import midnight
from recommender.models import Category, Item

#: Days back from today in which changes are looked for.
LOOK_DAYS = 42
EVIDENCE = 100
#: Two alarms of a subject no more than so many days apart are one.
_GAP = 1
#: An aspect stands for the whole complaint where it has this share of its negative reviews.
_TELLS_ALL = 0.6
RULES = Rules()


@dataclass(frozen=True, slots=True)
class Alarm:
    """Days ``start`` to ``end`` (ordinals, inclusive) of one subject; ``aspect`` is its number, 0 for all."""

    subject: int
    aspect: int
    start: int
    end: int
    reviews: int
    negative: int
    usual: float
    p_value: float


def find_alerts(today: date | None = None) -> list[Alert]:
    """Look at the last ``LOOK_DAYS`` days and raise what is not known yet; the new alerts.

    Known ones that grew are brought up to date. Safe to run as often as one likes.
    """
    last = today or timezone.localdate()
    first = last - timedelta(days=LOOK_DAYS + RULES.memory - 1)
    span = Span(first.toordinal(), last.toordinal())
    cells = {name: read(CUBES[name], first, last, days=True) for name in ("items", "item_aspects")}
    found = [("item", alarm) for alarm in _alarms(cells.values(), "item", span)]
    rest = [_unexplained(part, [alarm for _, alarm in found]) for part in cells.values()]
    above = _ancestors()
    found += [("category", one) for one in _alarms([_lifted(p, above) for p in rest], "category", span)]
    names = named(Kind.ASPECT, {alarm.aspect for _, alarm in found if alarm.aspect})
    raised = [_raise(kind, alarm, names.get(alarm.aspect, "")) for kind, alarm in found]
    return [alert for alert in raised if alert is not None]


# -- finding ------------------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class _Series:
    """(n,) subjects and aspects; (n, days) reviews that commit themselves, and negative ones of them."""

    subject: np.ndarray
    aspect: np.ndarray
    negative: np.ndarray
    reviews: np.ndarray
    #: (n, 2) what is usual for the aspect, whatever the subject
    prior: np.ndarray


def _alarms(parts: Iterable[Selection], column: str, span: Span) -> list[Alarm]:
    """One alarm for each stretch of days of each subject, about the aspect that tells the most."""
    series = [_series(part, column, span) for part in parts]
    whole = _Series(*(np.concatenate([getattr(one, name) for one in series]) for name in _Series.__slots__))
    windows = span.windows()
    tests = run_tests(whole.negative, whole.reviews, whole.prior, windows, RULES)
    rows = np.flatnonzero(telling(tests, RULES))
    alarms = []
    for subject in np.unique(whole.subject[tests.subject[rows]]):
        own = rows[whole.subject[tests.subject[rows]] == subject]
        alarms += [
            _alarm(whole, tests, stretch, windows, span) for stretch in _stretches(tests, own, windows)
        ]
    return sorted(alarms, key=lambda alarm: alarm.p_value)


def _series(cells: Selection, column: str, span: Span) -> _Series:
    """Of those subjects that have enough reviews in the watched days to be tested at all."""
    cells = cells.where((cells["label"] != ABSTAINED) & (cells[column] > 0))
    aspect = cells["aspect"] if "aspect" in cells else np.zeros(len(cells))
    pair = cells[column].astype(np.int64) << 32 | aspect.astype(np.int64)
    place = cells["day"] - span.first
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


def _stretches(tests: Tests, rows: np.ndarray, windows: list[Window]) -> Iterator[list[int]]:
    """Rows of ``tests`` of one subject, those together whose windows touch."""
    ordered = sorted(rows, key=lambda row: windows[int(tests.window[row])].start)
    current: list[int] = []
    end = 0
    for row in ordered:
        window = windows[int(tests.window[row])]
        if current and window.start > end + _GAP:
            yield current
            current = []
        end = max(end, window.end) if current else window.end
        current.append(int(row))
    if current:
        yield current


def _alarm(whole: _Series, tests: Tests, rows: list[int], windows: list[Window], span: Span) -> Alarm:
    """The stretch as one: its days that are worse than usual together, with the best of its tests."""
    found = [windows[int(tests.window[row])] for row in rows]
    start, end = min(window.start for window in found), max(window.end for window in found)
    row = _spokesman(whole, {int(tests.subject[row]) for row in rows}, start, end)
    own = [one for one in rows if tests.subject[one] == row]
    best = min(own, key=lambda one: float(tests.p_value[one]))
    usual = float(tests.usual[best])
    days = whole.negative[row, start:end], whole.reviews[row, start:end]
    first, after = worst_days(*days, usual, float(tests.negative[best] / tests.reviews[best]))
    negative, total = (counts[first:after].sum() for counts in days)
    start, end, least = start + first, start + after, float(tests.p_value[best])
    return Alarm(
        subject=int(whole.subject[row]),
        aspect=int(whole.aspect[row]),
        start=span.first + start,
        end=span.first + end - 1,
        reviews=int(total),
        negative=int(negative),
        usual=usual,
        p_value=least,
    )


def _spokesman(whole: _Series, rows: set[int], start: int, end: int) -> int:
    """The row whose aspect says best what it is about: the most telling aspect, unless it is but a part."""
    negative = {row: whole.negative[row, start:end].sum() for row in sorted(rows)}
    most = max(negative.values())
    aspects = {row: count for row, count in negative.items() if whole.aspect[row]}
    if aspects and max(aspects.values()) >= _TELLS_ALL * most:
        return max(aspects, key=lambda row: aspects[row])
    return max(negative, key=lambda row: negative[row])


# -- categories ---------------------------------------------------------------------------------------------


def _unexplained(cells: Selection, alarms: list[Alarm]) -> Selection:
    """Without the days of items that have an alert of their own."""
    mask = np.ones(len(cells), dtype=bool)
    for alarm in alarms:
        inside = (cells["day"] >= alarm.start) & (cells["day"] <= alarm.end)
        mask &= ~((cells["item"] == alarm.subject) & inside)
    return cells.where(mask)


def _ancestors() -> dict[int, list[int]]:
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


def _lifted(cells: Selection, above: dict[int, list[int]]) -> Selection:
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


# -- raising ------------------------------------------------------------------------------------------------


@transaction.atomic
def _raise(kind: str, alarm: Alarm, aspect: str) -> Alert | None:
    """The alert, if it is new; a known one of the same subject and days grows, unless it is closed."""
    subject = {f"{kind}_id": alarm.subject}
    starts = midnight(date.fromordinal(alarm.start))
    ends = midnight(date.fromordinal(alarm.end + 1))
    told: dict[str, Any] = {
        "reviews": alarm.reviews,
        "negative_share": alarm.negative / alarm.reviews,
        "usual_share": alarm.usual,
        "p_value": alarm.p_value,
        "evidence": _evidence(kind, alarm, aspect),
    }
    near = timedelta(days=_GAP)
    known = Alert.objects.filter(**subject, starts_at__lt=ends + near, ends_at__gt=starts - near).first()
    if known is not None:
        if known.state != Alert.State.CLOSED:
            span = {"starts_at": min(known.starts_at, starts), "ends_at": max(known.ends_at, ends)}
            Alert.objects.filter(pk=known.pk).update(**told, **span, updated_at=timezone.now())
        return None
    owner: Any = Item if kind == "item" else Category
    if not owner.objects.filter(pk=alarm.subject).exists():
        return None  # deleted, and its day is not summed anew yet
    key = f"{kind}:{alarm.subject}:{aspect}:{date.fromordinal(alarm.start)}"
    alert, created = Alert.objects.get_or_create(
        key=key, defaults={**subject, **told, "aspect": aspect, "starts_at": starts, "ends_at": ends}
    )
    return alert if created else None


def _evidence(kind: str, alarm: Alarm, aspect: str) -> list[int]:
    """Ids of the negative reviews behind it, the newest first."""
    start, end = date.fromordinal(alarm.start), date.fromordinal(alarm.end)
    filters = Filters(start, end, aspect=aspect, label="negative", **{kind: alarm.subject})
    return list(reviews(filters).values_list("review_id", flat=True)[:EVIDENCE])


def filters_of(alert: Alert) -> Filters:
    """The selection that an alert is about."""
    last = timezone.localdate(alert.ends_at - timedelta(seconds=1), timezone.get_default_timezone())
    return Filters(
        start=timezone.localdate(alert.starts_at, timezone.get_default_timezone()),
        end=last,
        item=alert.item_id,
        category=alert.category_id,
        aspect=alert.aspect,
    )


# -- people -------------------------------------------------------------------------------------------------


def mark_seen(user: Any, alert: Alert) -> bool:
    """Whether it was open until now."""
    mine = Alert.objects.filter(pk=alert.pk, state=Alert.State.OPEN)
    return bool(mine.update(state=Alert.State.SEEN, seen_by=user, updated_at=timezone.now()))


def close(user: Any, alert: Alert) -> bool:
    """Whether it was not closed before. It stays closed, whatever more is said about the same days."""
    mine = Alert.objects.filter(pk=alert.pk).exclude(state=Alert.State.CLOSED)
    return bool(mine.update(state=Alert.State.CLOSED, seen_by=user, updated_at=timezone.now()))
