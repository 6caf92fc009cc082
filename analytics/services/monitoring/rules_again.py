"""Whether an alert that opens is that of just before, so that a value on its edge sends no mail a minute."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from analytics.models import Incident

#: Seconds after its end in which an alert that opens is the same one; so long after a message it is not told
#: that it is back.
AGAIN_SECONDS = 900.0


def open_or_open_again(found: Iterable[Incident], now: float) -> None:
    """Write alerts that open; one that ended within ``AGAIN_SECONDS`` before is opened again instead.

    Args:
        now: seconds since 1970.
    """
    opening = list(found)
    if not opening:
        return
    before = _ended_lately({one.rule_id for one in opening}, now)
    fresh = []
    for one in opening:
        ended = before.get((one.rule_id, one.subject))
        if ended is None:
            fresh.append(one)
        else:
            _open_again(ended, one)
    # Another watch may have opened the same: the one that stands is enough.
    Incident.objects.bulk_create(fresh, ignore_conflicts=True)


def _ended_lately(rules: set[int], now: float) -> dict[tuple[int, str], Incident]:
    """The last alert of each rule and subject, if it ended lately by itself."""
    since = datetime.fromtimestamp(now - AGAIN_SECONDS, UTC)
    rows = Incident.objects.filter(rule__in=rules, ended_at__gt=since, withdrawn=False).order_by("ended_at")
    return {(one.rule_id, one.subject): one for one in rows}


def _open_again(ended: Incident, one: Incident) -> None:
    """It stands again, as it is now, since when it first did; nothing is done where another was faster."""
    mine = Incident.objects.filter(pk=ended.pk, ended_at=ended.ended_at)
    try:
        with transaction.atomic():
            mine.update(
                ended_at=None,
                opened=F("opened") + 1,
                severity=one.severity,
                value=one.value,
                reason=one.reason,
                remedy=one.remedy,
            )
    except IntegrityError:  # a new one stands already
        return


# -- telling ------------------------------------------------------------------------------------------------


def believed(opening: dict[str, Any], ending: dict[str, Any]) -> bool:
    """Whether those who were told take it that the alert stands; the two are how its last messages went."""
    if opening.get("state") != "sent":
        return False
    return ending.get("state") != "sent" or ending.get("at", 0.0) < opening.get("at", 0.0)


def may_tell_again(opening: dict[str, Any], ending: dict[str, Any], now: float) -> bool:
    """Whether that it has opened again may be told: its end was, and the last message is long enough ago."""
    last = max(float(one.get("at", one.get("next", 0.0))) for one in (opening, ending))
    return not believed(opening, ending) and now >= last + AGAIN_SECONDS
