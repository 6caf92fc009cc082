"""Sudden changes of what reviewers feel: found, kept up to date, looked at, closed.

Items are tested first, about everything and about each aspect; then categories, without the reviews that an
item's alert already explains. Neighbouring days and weeks of one subject make one alert, until it is closed:
then it stays as it is, and what comes after it, or is about something else, is raised anew.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from analytics.engine.reporting.cubes import CUBES
from analytics.models import Alert
from analytics.models.scores import SentimentScoreQuerySet
from analytics.services.alerts_search import (
    GAP,
    LOOK_DAYS,
    RULES,
    TELLS_ALL,
    Alarm,
    Span,
    Told,
    alarms,
    ancestors,
    lifted,
    unexplained,
)
from analytics.services.report.cells import read
from analytics.services.report.evidence import reviews
from analytics.services.report.filters import Filters
from analytics.services.report.names import Kind, codes, named
from analytics.services.report.rows import local_day, midnight
from recommender.models import Category, Item

EVIDENCE = 100


def find_alerts(today: date | None = None) -> list[Alert]:
    """Look at the last ``LOOK_DAYS`` days and raise what is not known yet; the new alerts.

    Known ones that grew are brought up to date. Safe to run as often as one likes.
    """
    last = today or timezone.localdate()
    rows = list(Alert.objects.filter(ends_at__gt=midnight(last - timedelta(days=LOOK_DAYS + GAP))))
    known, keys = _told(rows), {alert.key for alert in rows}
    oldest = [one.start for of_kind in known.values() for one in of_kind if not one.closed]
    # As far back as an alert that still grows, and what was usual before it.
    watched = min([last.toordinal() - LOOK_DAYS + 1, *oldest])
    span = Span(watched - RULES.memory, last.toordinal())
    first = date.fromordinal(span.first)
    cells = {name: read(CUBES[name], first, last, days=True) for name in ("items", "item_aspects")}
    raised = _raised("item", alarms(cells.values(), "item", span, known["item"]), {}, keys)
    own = Alert.objects.filter(item__isnull=False, ends_at__gt=midnight(date.fromordinal(watched)))
    explained = _told(own)["item"]
    above = ancestors()
    rest = [lifted(unexplained(part, explained), above) for part in cells.values()]
    found = alarms(rest, "category", span, known["category"])
    return raised + _raised("category", found, _by_category(explained, above), keys)


def _by_category(explained: list[Told], above: dict[int, list[int]]) -> dict[int, list[Told]]:
    """What items explain, by every category that they are in."""
    shelves = dict(
        Item.objects.filter(pk__in={one.subject for one in explained}).values_list("pk", "category")
    )
    found = defaultdict(list)
    for one in explained:
        for category in above.get(shelves.get(one.subject) or 0, ()):
            found[category].append(one)
    return found


def _told(alerts: Iterable[Alert]) -> dict[str, list[Told]]:
    """What these say, by what they are about: "item" or "category"."""
    numbers = codes(Kind.ASPECT, {alert.aspect for alert in alerts})
    found: dict[str, list[Told]] = {"item": [], "category": []}
    for alert in alerts:
        subject = alert.item_id or alert.category_id or 0
        first, last = _days(alert)
        closed = alert.state == Alert.State.CLOSED
        aspect = numbers.get(alert.aspect, 0)
        told = Told(alert.pk, subject, aspect, first.toordinal(), last.toordinal(), closed)
        found["item" if alert.item_id else "category"].append(told)
    return found


# -- raising ------------------------------------------------------------------------------------------------


def _raised(
    kind: str, found: list[Alarm], explained: Mapping[int, list[Told]], keys: set[str]
) -> list[Alert]:
    """The new ones.

    Args:
        explained: by what an alarm is about, what other alerts say of it.
        keys: those that were taken before anything was looked for.
    """
    names = named(Kind.ASPECT, {alarm.aspect for alarm in found if alarm.aspect})
    made = [
        _raise(kind, alarm, names.get(alarm.aspect, ""), explained.get(alarm.subject, []), keys)
        for alarm in found
    ]
    return [alert for alert in made if alert is not None]


@transaction.atomic
def _raise(kind: str, alarm: Alarm, aspect: str, explained: list[Told], keys: set[str]) -> Alert | None:
    """The alert, if it is new; the one that it is news of is brought up to date as a whole."""
    alert = Alert(
        **{f"{kind}_id": alarm.subject},
        aspect=aspect,
        starts_at=midnight(date.fromordinal(alarm.start)),
        ends_at=midnight(date.fromordinal(alarm.end + 1)),
        reviews=alarm.reviews,
        negative_share=alarm.negative / alarm.reviews,
        usual_share=alarm.usual,
        p_value=alarm.p_value,
        without=_without(alarm, explained),
    )
    if not alarm.grows and _is_closed(alert):
        return None
    alert.evidence = list(_negative(alert).values_list("review_id", flat=True)[:EVIDENCE])
    told = {name: getattr(alert, name) for name in _TOLD}
    if alarm.grows:
        standing = Alert.objects.exclude(state=Alert.State.CLOSED).filter(pk=alarm.grows)
        standing.update(**told, updated_at=timezone.now())
        return None
    owner: Any = Item if kind == "item" else Category
    if not owner.objects.filter(pk=alarm.subject).exists():
        return None  # deleted, and its day is not summed anew yet
    told[f"{kind}_id"] = alarm.subject
    made, created = Alert.objects.get_or_create(key=_key(kind, alarm, aspect, keys), defaults=told)
    return made if created else None


#: What belongs together: all of it is of the same reviews.
_TOLD = (
    "aspect", "starts_at", "ends_at", "reviews", "negative_share", "usual_share", "p_value", "without",
    "evidence",
)  # fmt: skip


def _without(alarm: Alarm, explained: list[Told]) -> list[list[Any]]:
    """Items and days of theirs, both inclusive, that an alert of a category leaves to the items' own."""
    found = {
        (one.subject, max(one.start, alarm.start), min(one.end, alarm.end))
        for one in explained
        if one.start <= alarm.end and one.end >= alarm.start
    }
    return [
        [item, date.fromordinal(start).isoformat(), date.fromordinal(end).isoformat()]
        for item, start, end in sorted(found)
    ]


def _key(kind: str, alarm: Alarm, aspect: str, taken: set[str]) -> str:
    """The same for whoever raises this at the same time; another where an alert that changed since has it."""
    wanted = f"{kind}:{alarm.subject}:{aspect}:{date.fromordinal(alarm.start)}"
    names = itertools.chain([wanted], (f"{wanted}:{number}" for number in itertools.count(2)))
    return next(name for name in names if name not in taken)


def _is_closed(alert: Alert) -> bool:
    """Whether closed alerts have told of this: most of its negative reviews, under whatever aspect."""
    closed = Alert.objects.filter(
        item=alert.item_id,
        category=alert.category_id,
        state=Alert.State.CLOSED,
        starts_at__lt=alert.ends_at,
        ends_at__gt=alert.starts_at,
    )
    told = Q()
    for one in closed:
        told |= Q(pk__in=_negative(one).order_by().values("pk"))
    if not told:
        return False
    mine = _negative(alert)
    return mine.filter(told).count() >= TELLS_ALL * mine.count()


# -- what it is about ---------------------------------------------------------------------------------------


def filters_of(alert: Alert) -> Filters:
    """The selection that an alert is about."""
    start, end = _days(alert)
    return Filters(
        start=start,
        end=end,
        item=alert.item_id,
        category=alert.category_id,
        aspect=alert.aspect,
    )


def counted_by(alert: Alert) -> Filters:
    """The selection that an alert's figures count, but for what is ``without``: those that say something."""
    return filters_of(alert).replace(abstained=False)


def query_of(alert: Alert) -> str:
    """What the page of reviews is asked for those behind an alert: it knows what that is about by then."""
    return urlencode({"alert": alert.pk})


def left_over(found: SentimentScoreQuerySet, without: Sequence[Sequence[Any]]) -> SentimentScoreQuerySet:
    """Without the days of items that an alert of a category leaves to their own."""
    items = defaultdict(list)
    for item, start, end in without:
        items[start, end].append(item)
    for (start, end), numbers in items.items():
        since, until = (date.fromisoformat(day) for day in (start, end))
        within = Q(reviewed_at__gte=midnight(since), reviewed_at__lt=midnight(until + timedelta(days=1)))
        found = found.exclude(within, item__in=numbers)
    return found


def _negative(alert: Alert) -> SentimentScoreQuerySet:
    """The negative reviews behind it, the newest first."""
    return left_over(reviews(filters_of(alert).replace(label="negative")), alert.without)


def _days(alert: Alert) -> tuple[date, date]:
    """The first and the last."""
    return local_day(alert.starts_at), local_day(alert.ends_at - timedelta(seconds=1))


# -- people -------------------------------------------------------------------------------------------------


def mark_seen(user: Any, alert: Alert) -> bool:
    """Whether it was open until now."""
    mine = Alert.objects.filter(pk=alert.pk, state=Alert.State.OPEN)
    return bool(mine.update(state=Alert.State.SEEN, seen_by=user, updated_at=timezone.now()))


def close(user: Any, alert: Alert) -> bool:
    """Whether it was not closed before. It stays closed, whatever more is said of the same on these days."""
    mine = Alert.objects.filter(pk=alert.pk).exclude(state=Alert.State.CLOSED)
    return bool(mine.update(state=Alert.State.CLOSED, seen_by=user, updated_at=timezone.now()))
