"""Moments as people and programs write them; None for what is none."""

from __future__ import annotations

from datetime import UTC, datetime

_FORMATS = (
    "%Y-%m-%d",  # as ISO 8601, but "2024-3-5"
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%d-%b-%Y",
    "%m %d, %Y",
    "%d %b %Y",
    "%B %d, %Y",
    "%Y年%m月%d日",
)
_ZONES = (" UTC", " GMT", " Z")


def from_epoch(seconds: float) -> datetime | None:
    """From seconds, milliseconds or microseconds since 1970, whichever gives a year before 2100."""
    for scale in (1.0, 1e3, 1e6):
        if 0 <= seconds / scale < 4_102_444_800:
            return datetime.fromtimestamp(seconds / scale, UTC)
    return None


def from_words(written: str) -> datetime | None:
    """From ISO 8601 or another usual form; in UTC, also where no zone is named."""
    for zone in _ZONES:
        written = written.removesuffix(zone)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        for pattern in _FORMATS:
            try:
                moment = datetime.strptime(written, pattern)
                break
            except ValueError:
                continue
        else:
            return None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (OverflowError, ValueError):
        return None
