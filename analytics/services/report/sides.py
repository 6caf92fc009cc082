"""The two selections of a comparison, as its address says them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from analytics.services.report.filters import Filters

#: What the first selection's names start with in the address; those without it are the second's.
OTHER = "a_"
#: Where no period is asked for: a young site has nothing before its first three months.
SIDES_DAYS = 30
_PERIOD = frozenset(("start", "end", "days"))


@dataclass(frozen=True, slots=True)
class Sides:
    """``b`` is the report's selection; ``own`` is what is put beside it, None for the period before."""

    b: Filters
    own: Filters | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, Any]) -> Self:
        """Of an address; what cannot be read counts as not given.

        A first selection that names no period has that of the second.
        """
        b = Filters.from_query(query)
        if not query.keys() & _PERIOD:
            b = Filters.latest(SIDES_DAYS, **_restricting(b))
        given = {
            name.removeprefix(OTHER): value
            for name, value in query.items()
            if name.startswith(OTHER) and value not in ("", None)
        }
        if not given:
            return cls(b)
        return cls(b, Filters.from_query(given if given.keys() & _PERIOD else given | period_of(b)))

    @property
    def a(self) -> Filters:
        """The first selection: the earlier one, or the yardstick."""
        return self.own or self.b.previous()

    def as_query(self) -> str:
        """The address's query string; both periods stand in it."""
        pairs = period_of(self.b) | self.b.given()
        return urlencode(pairs | (self.prefixed() if self.own else {}))

    def prefixed(self) -> dict[str, Any]:
        """The first selection as the address writes it."""
        pairs = period_of(self.a) | self.a.given()
        return {OTHER + name: value for name, value in pairs.items()}


def period_of(filters: Filters) -> dict[str, Any]:
    """As an address writes it: dates, or so many days up to today."""
    if filters.days is not None:
        return {"days": filters.days}
    return {"start": filters.start.isoformat(), "end": filters.end.isoformat()}


def _restricting(filters: Filters) -> dict[str, Any]:
    fields = filters.given()
    return fields | ({"abstained": filters.abstained} if "abstained" in fields else {})
