"""Which series are still named: those of workers and pages that are gone for good make room for new ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analytics.models import TelemetryRollup, TelemetrySeries
from analytics.services.monitoring.packing import unpack
from analytics.services.monitoring.store import GRAINS

#: Series that are removed at a time, so that the database is not held up.
AT_ONCE = 500


def forget_unnamed(most: int = AT_ONCE) -> int:
    """Remove up to ``most`` series that no rollup names any more; how many.

    Should a second watch record one of them in the same moment, the numbers of that one window are lost.
    """
    known = np.array(TelemetrySeries.objects.order_by("pk").values_list("pk", flat=True), dtype=np.int64)
    unnamed = np.zeros(int(known.max(initial=0)) + 1, dtype=bool)
    unnamed[known] = True
    for ids in _named():
        unnamed[ids[ids < len(unnamed)]] = False
        if not unnamed[known].any():
            return 0
    gone = [int(pk) for pk in np.flatnonzero(unnamed)[:most]]
    return TelemetrySeries.objects.filter(pk__in=gone).delete()[0]


def _named() -> Iterator[np.ndarray]:
    """The series of each rollup: coarse grains first, since they name most, and new ones before old ones."""
    for grain in sorted(GRAINS, reverse=True):
        rows = (
            TelemetryRollup.objects.filter(grain=grain).order_by("-start").values_list("payload", flat=True)
        )
        for payload in rows.iterator():
            yield unpack(bytes(payload))[0]
