"""What a report is about, as its address says it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

from django.utils import timezone

from analytics.contracts import CHANNELS, LABELS, NONE

DEFAULT_DAYS = 90
#: Characters that a search for words has at most.
WORDS_MOST = 100
#: After the number of a category: it alone, without those below it.
DIRECTLY = "-direct"
_MOST_DAYS = 36_525
_FIRST, _LAST = date(1990, 1, 1), date(2199, 12, 31)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Filters:
    """A selection of scored reviews; a field left empty does not restrict.

    Category, language, channel and rating may be ``NONE``: reviews without one.

    Attributes:
        start, end: days in the site's time zone, both inclusive.
        days: where given, the period is that many days up to today and moves on with time.
        category: its number: with those below it; the number and ``DIRECTLY``: without them.
        channel: reviews that speak through it, alone or with others.
        aspect: reviews that mention it. What counts is then what is felt about the aspect.
        label: of what counts; reviews on which the scorer abstained have none.
        abstained: True for those only, False for the others only.
        words: reviews in which these stand as they are given, written or heard. No sums know them: figures
            are then of the reviews found, among the newest ``evidence.SEARCHED_AMONG`` of the period.
    """

    start: date
    end: date
    item: int | None = None
    category: int | str | None = None
    language: str = ""
    channel: str = ""
    aspect: str = ""
    rating: int | str | None = None
    label: str = ""
    abstained: bool | None = None
    words: str = ""
    days: int | None = None

    @classmethod
    def latest(cls, days: int = DEFAULT_DAYS, **fields: Any) -> Self:
        """The last ``days`` days, today among them."""
        end = timezone.localdate()
        return cls(start=end - timedelta(days=days - 1), end=end, days=days, **fields)

    @classmethod
    def from_query(cls, query: Mapping[str, Any]) -> Self:
        """Of an address (``request.GET``), or of values so named; what cannot be read counts as not given."""
        fields: dict[str, Any] = {
            "item": _read(query, "item", _key),
            "category": _read(query, "category", _branch),
            "language": _read(query, "language", _word) or "",
            "channel": _read(query, "channel", _one_of((*CHANNELS, NONE))) or "",
            "aspect": _read(query, "aspect", _word) or "",
            "rating": _read(query, "rating", _stars),
            "label": _read(query, "label", _one_of(LABELS)) or "",
            "abstained": _read(query, "abstained", _flag),
            # ``q`` in addresses of before.
            "words": _read(query, "words", _phrase) or _read(query, "q", _phrase) or "",
        }
        start, end = _read(query, "start", _day), _read(query, "end", _day)
        if start is None and end is None:
            return cls.latest(_read(query, "days", _count) or DEFAULT_DAYS, **fields)
        end = end or max(timezone.localdate(), start or _FIRST)
        start = start or end - timedelta(days=DEFAULT_DAYS - 1)
        return cls(start=min(start, end), end=max(start, end), **fields)

    def as_query(self) -> str:
        """The address's query string; "" for the default selection."""
        pairs: list[tuple[str, Any]] = []
        if self.days is None:
            pairs = [("start", self.start.isoformat()), ("end", self.end.isoformat())]
        elif self.days != DEFAULT_DAYS:
            pairs = [("days", self.days)]
        pairs += [(name, value) for name, value in self.given().items()]
        return urlencode(pairs)

    def given(self) -> dict[str, Any]:
        """What restricts beside the period, by name, as an address writes it."""
        fields: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("item", "category", "language", "channel", "aspect", "rating", "label")
            if getattr(self, name)
        }
        if self.abstained is not None:
            fields["abstained"] = int(self.abstained)
        if self.words:
            fields["words"] = self.words
        return fields

    def replace(self, **fields: Any) -> Self:
        """Another selection; ``start`` or ``end`` pins the period. Keys of slices may be given as they are.

        Raises:
            TypeError: there is no such field.
            ValueError: a key is none of its field.
        """
        if fields.keys() & {"start", "end"}:
            fields.setdefault("days", None)
        for name, parse in _OF_KEYS.items():
            if isinstance(fields.get(name), str):
                fields[name] = parse(fields[name]) if fields[name] else None
        return dataclasses.replace(self, **fields)

    def previous(self) -> Self:
        """The period before, of the same length, with all else the same."""
        return self.replace(
            start=self.start - timedelta(days=self.length), end=self.start - timedelta(days=1)
        )

    @property
    def length(self) -> int:
        """Days."""
        return (self.end - self.start).days + 1

    @property
    def since(self) -> datetime:
        """The first moment of the period."""
        return _midnight(self.start)

    @property
    def until(self) -> datetime:
        """The first moment after it."""
        return _midnight(self.end + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))


# -- reading ------------------------------------------------------------------------------------------------


def _read(query: Mapping[str, Any], name: str, parse: Callable[[str], T]) -> T | None:
    value = query.get(name)
    if value is None:
        return None
    # False and 0 are values, also where a program gives them rather than an address.
    raw = str(int(value)) if isinstance(value, bool) else str(value)
    try:
        return parse(raw.strip())
    except ValueError:
        return None


def _key(raw: str) -> int:
    return _within(int(raw), 1, 2**31 - 1)


def _branch(raw: str) -> int | str:
    if raw == NONE:
        return raw
    if raw.endswith(DIRECTLY):
        return directly_in(_key(raw.removesuffix(DIRECTLY)))
    return _key(raw)


def directly_in(category: int) -> str:
    """The key of ``category`` without those below it."""
    return f"{category}{DIRECTLY}"


def _stars(raw: str) -> int | str:
    return raw if raw == NONE else _within(int(raw), 1, 5)


_OF_KEYS: dict[str, Callable[[str], int | str]] = {"item": _key, "category": _branch, "rating": _stars}


def _count(raw: str) -> int:
    return _within(int(raw), 1, _MOST_DAYS)


def _within(value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise ValueError(value)
    return value


def _word(raw: str) -> str:
    if len(raw) > 30 or not raw.isprintable():
        raise ValueError(raw)
    return raw


def _phrase(raw: str) -> str:
    """Without the character that databases refuse, and cut: half a phrase is found, none would find all."""
    return raw.replace("\x00", "")[:WORDS_MOST].strip()


def _day(raw: str) -> date:
    day = date.fromisoformat(raw)
    if not _FIRST <= day <= _LAST:
        raise ValueError(raw)
    return day


def _flag(raw: str) -> bool:
    if raw not in ("0", "1"):
        raise ValueError(raw)
    return raw == "1"


def _one_of(allowed: tuple[str, ...]) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in allowed:
            raise ValueError(raw)
        return raw

    return parse
