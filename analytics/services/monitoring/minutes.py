"""The minutes of each hour once more, metric by metric: whoever looks at a week of one metric reads no other.

A rollup has everything that was measured in a minute, so for a week of one metric ten thousand would have to
be unpacked. These rows are made of them once an hour is over; where they are missing, the rollups are read.
After two days they alone have the minutes, which they hold in less room.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db.models import Min

from analytics.models import TelemetryMinutes, TelemetryRollup
from analytics.services.monitoring.packing import pack_minutes, unpack, unpack_minutes
from analytics.services.monitoring.store import GRAINS, known_series

MINUTE, HOUR = 60, 3600
#: In place of a metric's name: the minutes of which anything is known.
KNOWN = ""
#: Hours that are written in one round, so that those of before an upgrade come little by little.
AT_ONCE = 12
#: Seconds after which the rollups by minute of an hour that is written are removed.
TWICE = 2 * 86_400

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hour:
    """What some metrics were in the minutes of an hour.

    Attributes:
        known: starts of the minutes of which anything is known, seconds since 1970.
        ids, moments, values: one entry for each series and minute in which it was recorded.
    """

    start: int
    known: Ints
    ids: Ints
    moments: Ints
    values: npt.NDArray[np.float64]

    def between(self, first: int, last: int) -> Hour:
        """What of it lies in this time."""
        if first <= self.start and self.start + HOUR <= last:
            return self
        known = self.known[(first <= self.known) & (self.known < last)]
        inside = (first <= self.moments) & (self.moments < last)
        return Hour(self.start, known, self.ids[inside], self.moments[inside], self.values[inside])


# -- writing ------------------------------------------------------------------------------------------------


def write_missing(now: float, most: int = AT_ONCE) -> int:
    """Write hours that are over and not there yet, the newest first; how many.

    Args:
        now: seconds since 1970.
        most: hours to write.
    """
    since = int(now) - GRAINS[MINUTE]
    over = TelemetryRollup.objects.filter(grain=HOUR, start__gte=since).values_list("start", flat=True)
    there = TelemetryMinutes.objects.filter(metric=KNOWN, start__gte=since).values_list("start", flat=True)
    missing = sorted(set(over) - set(there), reverse=True)[:most]
    for start in missing:
        # In one transaction: an hour is there as a whole or not at all.
        TelemetryMinutes.objects.bulk_create(_of_hour(start), ignore_conflicts=True)
    return len(missing)


def _of_hour(start: int) -> list[TelemetryMinutes]:
    rollups = TelemetryRollup.objects.between(MINUTE, start, start + HOUR).values_list("start", "payload")
    minutes, ids, values = _entries([((at - start) // MINUTE, bytes(payload)) for at, payload in rollups])
    known = np.unique(minutes[ids == 0])
    made = [_row(KNOWN, start, np.zeros(len(known), dtype=np.int64), known, np.ones(len(known)))]
    names, metric_of = _metrics(int(ids.max(initial=0)))
    metrics = metric_of[ids]
    order = np.lexsort((minutes, ids, metrics))
    bounds = np.searchsorted(metrics[order], np.arange(len(names) + 1))
    for name, first, last in zip(names, bounds, bounds[1:], strict=False):
        some = order[first:last]
        if len(some):
            made.append(_row(name, start, ids[some], minutes[some], values[some]))
    return made


def _entries(rollups: list[tuple[int, bytes]]) -> tuple[Ints, Ints, npt.NDArray[np.float64]]:
    """Minute, series and value of each number; series 0, which there is not, once for each minute."""
    unpacked = [unpack(payload) for _, payload in rollups]
    ids = [np.append(0, ids) for ids, _ in unpacked]
    values = [np.append(0.0, values) for _, values in unpacked]
    minutes = np.repeat([minute for minute, _ in rollups], [len(one) for one in ids])
    none = np.zeros(0)
    return (
        minutes.astype(np.int64),
        np.concatenate([none.astype(np.int64), *ids]),
        np.concatenate([none, *values]),
    )


def _metrics(last: int) -> tuple[list[str], Ints]:
    """The names of all metrics, and for each series up to ``last`` the place of its own; -1 for none."""
    known = known_series()
    names = sorted({metric for metric, _, _ in known})
    place = {name: at for at, name in enumerate(names)}
    metric_of = np.full(max(last, *known.values(), 0) + 1, -1, dtype=np.int64)
    for (metric, _, _), pk in known.items():
        metric_of[pk] = place[metric]
    return names, metric_of


def _row(
    metric: str, start: int, ids: Ints, minutes: Ints, values: npt.NDArray[np.float64]
) -> TelemetryMinutes:
    return TelemetryMinutes(metric=metric, start=start, payload=pack_minutes(ids, minutes, values))


def forget_old(now: int) -> int:
    """Remove those whose time is over, and rollups of two days ago whose minutes are here; how many."""
    gone = TelemetryMinutes.objects.filter(start__lt=now - GRAINS[MINUTE]).delete()[0]
    rollups = TelemetryRollup.objects.filter(grain=MINUTE)
    first = rollups.aggregate(first=Min("start"))["first"]
    if first is None:
        return gone
    # In good order these begin with the first rollup there is, one or two of them an hour.
    written = TelemetryMinutes.objects.filter(
        metric=KNOWN, start__gte=first // HOUR * HOUR, start__lte=now - TWICE - HOUR
    )
    for start in written.order_by("start").values_list("start", flat=True):
        gone += rollups.filter(start__gte=start, start__lt=start + HOUR).delete()[0]
    return gone


# -- reading ------------------------------------------------------------------------------------------------


def read_hours(metrics: Iterable[str], first: int, last: int) -> Iterator[Hour]:
    """What there is between two moments (seconds since 1970), ascending; of an hour at the end its part."""
    rows = TelemetryMinutes.objects.filter(
        metric__in=[KNOWN, *metrics], start__gte=first // HOUR * HOUR, start__lt=last
    )
    parts: dict[int, dict[str, bytes]] = {}
    for start, metric, payload in rows.order_by("start").values_list("start", "metric", "payload"):
        parts.setdefault(start, {})[metric] = bytes(payload)
    for start, some in parts.items():
        if KNOWN in some:
            yield _hour(start, some).between(first, last)


def _hour(start: int, parts: dict[str, bytes]) -> Hour:
    _, known, _ = unpack_minutes(parts.pop(KNOWN))
    unpacked = [unpack_minutes(payload) for payload in parts.values()]
    none = np.zeros(0, dtype=np.int64)
    return Hour(
        start,
        start + MINUTE * known,
        np.concatenate([none, *(ids for ids, _, _ in unpacked)]),
        start + MINUTE * np.concatenate([none, *(minutes for _, minutes, _ in unpacked)]),
        np.concatenate([none.astype(float), *(values for _, _, values in unpacked)]),
    )
