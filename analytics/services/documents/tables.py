"""Pages of the report that are tables: a comparison, and what people have begun to speak of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.services import report
from analytics.services.asked import Asked, Page
from analytics.services.documents.contents import asked as told_filters
from analytics.services.documents.contents import made, period
from analytics.services.names import BY_NAMES, name_of
from analytics.services.numbers import grouped, likelihood, share, signed
from analytics.services.verdict import verdict

#: How a value is written for people, by the kind of its column.
_SHOWN: dict[str, Callable[[Any], str]] = {
    "text": str,
    "count": grouped,
    "net": signed,
    "part": lambda value: signed(value, 3),
    "z": lambda value: signed(value, 1),
    "share": share,
    "p": likelihood,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        title: what people call it; "" for what only programs are told.
        kind: one of ``_SHOWN``.
        name: what programs call it; "" for what only people are told.
    """

    title: str
    kind: str
    name: str = ""

    @property
    def is_number(self) -> bool:
        return self.kind != "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Plain values by row.

    Attributes:
        kind: what programs call a row of it; "" where a file for programs goes without the table.
        in_letter: whether a mail shows it; all files but that for programs do.
        drawn: name of the column that a printed page draws as bars; "" for none.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    kind: str = ""
    in_letter: bool = True
    drawn: str = ""

    @property
    def bars(self) -> list[tuple[str, float]]:
        """Name and value of each row, of what is drawn."""
        if not self.drawn:
            return []
        names = [column.name for column in self.columns]
        name, value = names.index("name"), names.index(self.drawn)
        return [(row[name], row[value]) for row in self.rows]

    @property
    def heading(self) -> list[Column]:
        """The columns that people read."""
        return [column for column in self.columns if column.title]

    @property
    def values(self) -> list[list[Any]]:
        """The values of these."""
        places = [place for place, column in enumerate(self.columns) if column.title]
        return [[row[place] for place in places] for row in self.rows]

    @property
    def shown(self) -> list[list[tuple[Column, str]]]:
        """Each of these beside its column, as it is written for people."""
        return [
            [
                (column, "" if value is None else _SHOWN[column.kind](value))
                for column, value in zip(self.heading, row, strict=True)
            ]
            for row in self.values
        ]


@dataclass(frozen=True, slots=True)
class Tables:
    """One page.

    Attributes:
        lead: what it comes to, in a line.
        facts: what was asked, by which model it was scored and when it was made: name and value.
    """

    asked: Asked
    made_at: datetime
    title: str
    lead: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[Table]

    @property
    def period(self) -> str:
        return period(self.asked.filters)

    @property
    def letter_facts(self) -> list[tuple[str, str]]:
        """The facts without what does not restrict."""
        return [(name, value) for name, value in self.facts if value != _("all")]

    @property
    def letter(self) -> list[Table]:
        """The tables that a mail shows."""
        return [table for table in self.tables if table.in_letter and table.rows]


def gather_tables(asked: Asked) -> Tables:
    """Ask for every figure of a page that ``has_tables`` once."""
    return _comparison(asked) if asked.page == Page.COMPARISON else _emerging(asked)


# -- two sides ----------------------------------------------------------------------------------------------


def _comparison(asked: Asked) -> Tables:
    made_at, sides = timezone.localtime(), asked.sides
    found = report.compare(sides.a, sides.b)
    facts = [
        ("A", _selection(sides.a)),
        ("B", _selection(sides.b)),
        *made(made_at),
    ]
    tables = [_figures(found), _drivers(found)]
    return Tables(asked, made_at, _("Side by side"), verdict(found), facts, tables)


def _selection(filters: report.Filters) -> str:
    """``1 May 2026 – 31 May 2026; Category: Lamps``."""
    told = told_filters(filters)
    limits = [f"{name}: {value}" for name, value in told[2:] if value != _("all")]
    return "; ".join([told[0][1], *limits])


def _figures(found: report.Comparison) -> Table:
    columns = (
        Column(_("Side"), "text", "name"),
        Column(_("Net sentiment"), "net", "net"),
        Column(_("from"), "net", "low"),
        Column(_("to"), "net", "high"),
        Column(_("p-value"), "p", "p_value"),
        Column(_("Reviews"), "count", "reviews"),
        Column(_("Positive"), "share", "positive"),
        Column(_("Neutral"), "share", "neutral"),
        Column(_("Negative"), "share", "negative"),
        Column(_("Abstained"), "share", "abstained"),
    )
    rows: list[tuple[Any, ...]] = [
        (
            *(letter, side.net, side.low, side.high, None, side.reviews),
            *(side.positive, side.neutral, side.negative, side.abstained),
        )
        for letter, side in (("A", found.a), ("B", found.b))
    ]
    if found.difference is not None:
        rows.append(("B \u2212 A", found.difference, found.low, found.high, found.p_value, *[None] * 5))
    return Table(_("Figures"), columns, rows, "side")


def _drivers(found: report.Comparison) -> Table:
    columns = (
        Column("", "text", "by"),
        Column("", "text", "key"),
        Column(_("By"), "text"),
        Column(_("What"), "text", "name"),
        Column(_("Part of the change"), "part", "change"),
        Column(_("another opinion"), "part", "rate"),
        Column(_("more or fewer of them"), "part", "mix"),
        Column(_("Reviews in A"), "count", "before"),
        Column(_("Reviews in B"), "count", "after"),
        Column(_("p-value"), "p", "p_value"),
    )
    rows = [
        (
            *(one.by, one.key, str(BY_NAMES[one.by])),
            name_of(one.by, one.key, one.label),
            *(one.change, one.rate, one.mix, one.before, one.after, one.p_value),
        )
        for one in found.drivers
    ]
    return Table(_("What drove it"), columns, rows, "driver", drawn="change")


# -- what comes up ------------------------------------------------------------------------------------------


def _emerging(asked: Asked) -> Tables:
    made_at, filters = timezone.localtime(), asked.filters
    emerging, telling = report.terms_both_ways(filters)
    facts = [*told_filters(filters), *_counted_among(filters), *made(made_at)]
    tables = [_words(emerging), _aspects(report.emerging_aspects(filters)), _told_apart(telling)]
    lead = ngettext("%(n)s word comes up", "%(n)s words come up", len(emerging)) % {"n": len(emerging)}
    if emerging:
        lead = _("%(counted)s, most of all “%(word)s”") % {"counted": lead, "word": emerging[0].term}
    return Tables(asked, made_at, _("Emerging words and aspects"), lead, facts, tables)


def _counted_among(filters: report.Filters) -> list[tuple[str, str]]:
    """Said where words are counted in a part of the reviews only."""
    most = report.counted_among(filters)
    if most is None or report.overview(filters, previous=False).reviews <= most:
        return []
    told = _("counted in the newest %(most)s reviews of either period") % {"most": grouped(most)}
    return [(_("Words"), told)]


def _counted(what: str) -> tuple[Column, ...]:
    return (
        Column("", "text", "key"),
        Column(what, "text", "name"),
        Column(_("This period"), "count", "recent"),
        Column(_("Period before"), "count", "before"),
        Column(_("Growth (z)"), "z", "score"),
        Column(_("p-value"), "p", "p_value"),
        Column(_("Net sentiment"), "net", "net"),
    )


def _words(terms: Sequence[report.Term]) -> Table:
    rows = [(one.term, one.term, one.recent, one.before, one.score, one.p_value, one.net) for one in terms]
    return Table(_("Emerging words"), _counted(_("Word")), rows, "word")


def _aspects(found: report.AspectChanges) -> Table:
    columns = (
        *_counted(_("Aspect")),
        Column(_("Net sentiment before"), "net", "net_before"),
        Column(_("Change"), "net", "change"),
        Column(_("p-value of the change"), "p", "change_p_value"),
    )
    rows = [
        (
            *(one.aspect, name_of("aspect", one.aspect, one.label)),
            *(one.recent, one.before, one.score, one.p_value, one.net),
            *(one.net_before, one.change, one.change_p_value),
        )
        for one in found.aspects
    ]
    return Table(_("Emerging aspects"), columns, rows, "aspect")


def _told_apart(terms: Sequence[report.Term]) -> Table:
    columns = (
        Column(_("Word"), "text"),
        Column(_("Positive"), "count"),
        Column(_("Negative"), "count"),
        Column(_("Association (z)"), "z"),
        Column(_("Net sentiment"), "net"),
    )
    rows = [(one.term, one.positive, one.negative, one.association, one.net) for one in terms]
    return Table(_("Words of praise and blame"), columns, rows, in_letter=False)
