"""Keeping the sums in step with the scores.

Whoever changes a score touches its day. A touched day is summed anew from its scores, whole, so that doing it
twice changes nothing; its month is then summed from its days.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from analytics.engine.reporting.cubes import CUBES, Columns, Cube, joined, packed, parts, summed, unpacked
from analytics.models import RollupDay, RollupSegment, SentimentScore
from analytics.services.report.rows import local_day, read_day

log = logging.getLogger(__name__)
Grain = RollupSegment.Grain
_AT_ONCE = 500


def touch(keys: Iterable[tuple[date | datetime, int]]) -> int:
    """Mark that reviews of these (time or day, item) were scored, corrected or removed; how many days.

    Call it in the transaction of the change.
    """
    days = sorted({local_day(moment) for moment, _item in keys})
    for start in range(0, len(days), _AT_ONCE):
        portion = days[start : start + _AT_ONCE]
        RollupDay.objects.bulk_create([RollupDay(day=day) for day in portion], ignore_conflicts=True)
        RollupDay.objects.filter(day__in=portion).update(touched=F("touched") + 1)
    return len(days)


def refresh_rollups(limit: int = 100) -> int:
    """Sum touched days anew, the newest first, and their months; how many days were. Safe to run twice."""
    stale = list(RollupDay.objects.stale().order_by("-day").values_list("day", "touched")[:limit])
    return sum(_refresh_month(month, days) for month, days in _by_month(stale))


def rebuild_rollups(say: Callable[[str], None] = log.info) -> int:
    """Sum everything anew from the scores; how many days there are."""
    with transaction.atomic():
        RollupSegment.objects.all().delete()
        # Days stay: who keeps what a count of touches stood for must never meet that count again.
        RollupDay.objects.update(touched=F("touched") + 1, built=F("touched") + 1)
        zone = timezone.get_default_timezone()
        days = SentimentScore.objects.ready().datetimes("reviewed_at", "day", tzinfo=zone)
        touch((local_day(moment), 0) for moment in days)
    stale = list(RollupDay.objects.stale().order_by("-day").values_list("day", "touched"))
    known: dict[str, int] = {}
    done = 0
    for month, portion in _by_month(stale):
        done += _refresh_month(month, portion, known)
        say(f"{month:%Y-%m}: {done} of {len(stale)} days")
    return done


def watch_deletions(sender: object, instance: SentimentScore, **_: object) -> None:
    """A score went with its review, item or author, whoever deleted those."""
    if instance.state == SentimentScore.State.READY:
        touch([(instance.reviewed_at, instance.item_id)])


# -- days and months ----------------------------------------------------------------------------------------


_Marks = list[tuple[date, int]]


def _by_month(days: _Marks) -> list[tuple[date, _Marks]]:
    """The days of each month together, in their order."""
    return [(month, list(group)) for month, group in groupby(days, key=lambda mark: mark[0].replace(day=1))]


def _refresh_month(month: date, days: _Marks, known_terms: dict[str, int] | None = None) -> int:
    made = {day: _day_cells(day, known_terms) for day, _ in days}
    done = 0
    with transaction.atomic():
        # Whoever else sums days of this month waits here, and then sees these.
        list(RollupDay.objects.select_for_update().filter(day__range=(month, _month_end(month))))
        for day, touched in days:
            # Somebody may have summed a later state of the day meanwhile; that one stays.
            if RollupDay.objects.filter(day=day, built__lt=touched).update(built=touched):
                _replace(Grain.DAY, day, made[day])
                done += 1
        if done:
            _replace(Grain.MONTH, month, _month_cells(month))
    return done


def _day_cells(day: date, known_terms: dict[str, int] | None) -> dict[str, Columns]:
    rows = read_day(day, known_terms)
    source = {"words": rows.terms, "terms": rows.terms, "aspects": rows.aspects, "item_aspects": rows.aspects}
    return {name: summed(cube, source.get(name, rows.reviews)) for name, cube in CUBES.items()}


def _month_cells(month: date) -> dict[str, Columns]:
    return {name: _month_of(cube, month) for name, cube in CUBES.items()}


def _month_of(cube: Cube, month: date) -> Columns:
    segments = RollupSegment.objects.filter(
        cube=cube.name, grain=Grain.DAY, start__range=(month, _month_end(month))
    )
    days = [unpacked(cube, data, cells) for data, cells in segments.values_list("data", "cells")]
    cells = joined(cube, days)
    if "hour" in cells:
        cells["hour"] = cells["hour"] * 0  # the hour is kept with the days only
    return summed(cube, cells)


def _month_end(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _replace(grain: str, start: date, cells: dict[str, Columns]) -> None:
    """Store the cells of every cube for one day or month; none are kept for nothing."""
    RollupSegment.objects.filter(grain=grain, start=start).delete()
    RollupSegment.objects.bulk_create(
        RollupSegment(
            cube=name,
            grain=grain,
            start=start,
            part=part,
            cells=len(columns["reviews"]),
            data=packed(CUBES[name], columns),
            version=uuid.uuid4().hex,
        )
        for name, every in cells.items()
        if len(every["reviews"])
        for part, columns in parts(CUBES[name], every)
    )
