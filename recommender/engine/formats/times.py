"""Moments as people and programs write them; None for what is none."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_FORMATS = (
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%d-%b-%Y",
    "%m %d, %Y",
    "%d %b %Y",
    "%B %d, %Y",
)
#: Year, month and day in this order, with hyphens or in Chinese, one digit or two; then perhaps a time.
_DAY_FIRST = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|年(\d{1,2})月(\d{1,2})日)(?:(?:[T ]|(?<=日))(\d{1,2})(:.+))?"
)
_ZONE = re.compile(r" (?:UTC|GMT|Z)$", re.IGNORECASE)


def from_epoch(seconds: float) -> datetime | None:
    """From seconds, milliseconds or microseconds since 1970, whichever gives a year before 2100."""
    for scale in (1.0, 1e3, 1e6):
        if 0 <= seconds / scale < 4_102_444_800:
            return datetime.fromtimestamp(seconds / scale, UTC)
    return None


def from_words(written: str) -> datetime | None:
    """From ISO 8601 or another usual form; in UTC, also where no zone is named."""
    bare = _ZONE.sub("", written)
    moment = _read(bare)
    if moment is None or (moment.tzinfo and bare != written):  # two zones contradict each other
        return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (OverflowError, ValueError):
        return None


def _read(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(_padded(written))
    except ValueError:
        for pattern in _FORMATS:
            try:
                return datetime.strptime(written, pattern)
            except ValueError:
                continue
    return None


def _padded(written: str) -> str:
    """``2024-5-3 9:05`` and ``2024年5月3日`` as ISO 8601 has them; anything else as it is."""
    found = _DAY_FIRST.fullmatch(written)
    if found is None:
        return written
    year, *days, hour, rest = found.groups()
    month, day = (part.zfill(2) for part in days if part)
    return f"{year}-{month}-{day}" + (f"T{hour.zfill(2)}{rest}" if hour else "")
