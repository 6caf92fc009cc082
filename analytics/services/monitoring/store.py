"""Moves what was recorded from Redis into the database, sums it up by minute and hour, forgets what is old.

A window is moved once it is over, and there is one row for a window, so a move that is repeated after a crash
finds the row there. Until then Redis has it: a lost Redis loses what was recorded since the last move.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Count, Max

from analytics.models import TelemetryRollup, TelemetrySeries
from analytics.services.monitoring.packing import pack, unpack
from recommender.telemetry import (
    WINDOW_SECONDS,
    Gauge,
    Series,
    Window,
    drop_windows,
    is_over,
    metric_named,
    read_windows,
)

log = logging.getLogger(__name__)

#: Seconds that a rollup covers, and how many seconds it is kept.
GRAINS = {WINDOW_SECONDS: 86_400, 60: 14 * 86_400, 3600: 90 * 86_400}
_FINER = {60: WINDOW_SECONDS, 3600: 60}
#: Series that may be named in the database; the labels of metrics keep them far below it.
MOST_SERIES = 20_000


def move_windows() -> int:
    """Take the windows that are over out of Redis; how many there were.

    Raises:
        RedisError: Redis does not answer.
    """
    now, windows = read_windows()
    over = [window for window in windows if is_over(window, now)]
    for window in over:
        _keep(window)
    if over:
        drop_windows(window.start for window in over)
    roll_up(int(now))
    return len(over)


def _keep(window: Window) -> None:
    with transaction.atomic():
        ids = series_ids(window.amounts)
        amounts = {ids[one]: amount for one, amount in window.amounts.items() if one in ids}
        TelemetryRollup.objects.bulk_create(
            [TelemetryRollup(grain=WINDOW_SECONDS, start=window.start, payload=pack(amounts))],
            ignore_conflicts=True,
        )


def series_ids(wanted: Iterable[Series]) -> dict[Series, int]:
    """The number of each series; those not seen before get one, while there is room."""
    known = known_series()
    missing = [one for one in wanted if one not in known]
    if missing:
        room = MOST_SERIES - len(known)
        if room < len(missing):
            log.warning("%d series of metrics are not kept: there are too many.", len(missing) - room)
        rows = [
            TelemetrySeries(metric=metric, labels=json.dumps(labels, ensure_ascii=False)[:400], part=part)
            for metric, labels, part in missing[: max(0, room)]
        ]
        TelemetrySeries.objects.bulk_create(rows, ignore_conflicts=True)
        known = known_series()
    return known


#: What ``known_series`` last read, with how many rows there were and the highest number among them.
_known: tuple[tuple[int, int | None], dict[Series, int]] | None = None


def known_series() -> dict[Series, int]:
    """Every series that the database has, with its number; not to be changed.

    Numbers are given once, so what this process has read holds while rows and highest number are the same.
    """
    global _known
    counted = TelemetrySeries.objects.aggregate(rows=Count("pk"), last=Max("pk"))
    now = counted["rows"], counted["last"]
    if _known is None or _known[0] != now:
        _known = now, _read_series()
    return _known[1]


def forget_known_series() -> None:
    """For whoever changes the database below this process."""
    global _known
    _known = None


def _read_series() -> dict[Series, int]:
    rows = TelemetrySeries.objects.values_list("metric", "labels", "part", "pk")
    found: dict[Series, int] = {}
    for metric, labels, part, pk in rows:
        try:
            found[metric, tuple(json.loads(labels)), part] = pk
        except ValueError:  # cut off: longer than any label in the code
            continue
    return found


# -- minutes and hours ------------------------------------------------------------------------------------


def roll_up(now: int) -> None:
    """Write the minutes and hours that are over by ``now`` (seconds since 1970); each once."""
    for grain, finer in _FINER.items():
        last = TelemetryRollup.objects.filter(grain=grain).aggregate(last=Max("start"))["last"]
        after = -1 if last is None else last + grain
        # A window of the past may still lie in Redis, to be moved in the next round.
        until = (now - WINDOW_SECONDS) // grain * grain
        rows = TelemetryRollup.objects.between(finer, after, until).values_list("start", "payload")
        parts: dict[int, list[bytes]] = defaultdict(list)
        for start, payload in rows.iterator():
            parts[start // grain * grain].append(bytes(payload))
        if parts:
            gauges = _gauge_ids()
            TelemetryRollup.objects.bulk_create(
                [
                    TelemetryRollup(grain=grain, start=start, payload=pack(combine(several, gauges)))
                    for start, several in sorted(parts.items())
                ],
                ignore_conflicts=True,
            )


def combine(payloads: Iterable[bytes], gauges: frozenset[int]) -> Mapping[int, float]:
    """One set of numbers for several that follow each other: counts add up, of gauges the mean is taken."""
    sums: dict[int, float] = defaultdict(float)
    seen: dict[int, int] = defaultdict(int)
    for payload in payloads:
        ids, values = unpack(payload)
        for one, value in zip(ids.tolist(), values.tolist(), strict=True):
            sums[one] += value
            seen[one] += 1
    return {one: total / seen[one] if one in gauges else total for one, total in sums.items()}


def _gauge_ids() -> frozenset[int]:
    return frozenset(
        pk for (metric, _, _), pk in known_series().items() if isinstance(metric_named(metric), Gauge)
    )


def forget_old(now: int) -> int:
    """Remove rollups past their time; how many."""
    return sum(
        TelemetryRollup.objects.filter(grain=grain, start__lt=now - kept).delete()[0]
        for grain, kept in GRAINS.items()
    )
