"""XLSX: a sheet that says what this is, sheets of figures, and the reviews, in memory that does not grow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.services import report
from analytics.services.documents.cells import fitting
from analytics.services.documents.contents import Contents
from analytics.services.documents.rows import COLUMNS, rows_for_people
from analytics.services.documents.tables import Tables
from analytics.services.names import BY_NAMES, name_of

#: Reviews on one sheet: what Excel holds, less the heading.
SHEET_MOST = 1_048_575
#: Slices of one dimension in a workbook that goes without its reviews so that a mail can carry it.
SLICES_MOST = 10_000
_WIDE = {"time": 17, "title": 36, "category": 26, "text": 70, "heard": 50, "aspects": 34, "model": 18}
#: What a sheet counts days from: Excel begins with 1, and its 1900 has a day too many.
_DAY_ZERO, _DAY = datetime(1899, 12, 30), timedelta(days=1)
#: Writes a value into a row and a column.
Put = Callable[[int, int, Any], Any]
_NO_MARK: Callable[[int], None] = lambda rows: None  # noqa: E731


def write_xlsx(
    contents: Contents, path: Path, *, with_reviews: bool = True, told: Callable[[int], None] = _NO_MARK
) -> int:
    """Write the workbook; how many reviews it holds. ``told`` hears of every thousand rows written.

    Without the reviews it is to be small: then it has ``SLICES_MOST`` items at most, and says so.
    """
    most = None if with_reviews else SLICES_MOST
    with _workbook(path, contents.made_at) as writer:
        writer.facts(_("About"), [*contents.facts, *_left_out(contents, most)])
        _figures(writer, contents, most)
        return writer.reviews(rows_for_people(contents.filters), told) if with_reviews else 0


def write_xlsx_tables(tables: Tables, path: Path) -> int:
    """Write a page that is tables, a sheet each; how many rows they hold."""
    with _workbook(path, tables.made_at) as writer:
        writer.facts(_("About"), [(tables.title, tables.lead), *tables.facts])
        for table in tables.tables:
            writer.table(table.title, [column.title for column in table.heading], table.values)
    return sum(len(table.rows) for table in tables.tables)


@contextmanager
def _workbook(path: Path, made_at: datetime) -> Iterator[_Book]:
    import xlsxwriter

    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": _("Sentiment report"), "created": made_at.replace(tzinfo=None)})
        yield _Book(book, _Looks.of(book))


def _left_out(contents: Contents, most: int | None) -> list[tuple[str, str]]:
    """Dimensions of which only the slices with the most reviews are listed."""
    cut = {by: len(parts) for by, parts in contents.breakdowns.items() if most and len(parts) > most}
    told = _("those with the most reviews, %(shown)s of %(count)s")
    return [
        (_("Breakdown: %(by)s") % {"by": BY_NAMES[by]}, told % {"shown": f"{most:,}", "count": f"{count:,}"})
        for by, count in cut.items()
    ]


def _figures(writer: _Book, contents: Contents, most: int | None) -> None:
    writer.table(_("Figures"), [_("figure"), _("this period"), _("period before")], _overview(contents))
    net = [_("net sentiment"), _("from"), _("to")]
    points = [(one.start, one.reviews, one.net, one.low, one.high, one.negative) for one in contents.trend]
    writer.table(_("Trend"), [_("start"), _("reviews"), *net, _("negative")], points)
    # Worded as they are written: there may be as many as a shop has items.
    parts = contents.breakdowns.items()
    slices = (_slice_row(by, one) for by, found in parts for one in islice(found, most))
    writer.table(_("Breakdown"), [_("by"), _("name"), _("reviews"), *net, _("share")], slices)
    impact = [
        (name_of("aspect", one.aspect, one.label), one.reviews, one.net, one.impact)
        for one in contents.impact
    ]
    writer.table(_("Impact"), [_("aspect"), _("reviews"), _("net sentiment"), _("impact")], impact)
    _emerging(writer, contents)


def _emerging(writer: _Book, contents: Contents) -> None:
    counted = [_("this period"), _("period before"), _("growth (z)"), _("p-value"), _("net sentiment")]
    terms = [(one.term, one.recent, one.before, one.score, one.p_value, one.net) for one in contents.terms]
    writer.table(_("Emerging words"), [_("word"), *counted], terms)
    aspects = [
        (
            name_of("aspect", one.aspect, one.label),
            *(one.recent, one.before, one.score, one.p_value, one.net),
            *(one.net_before, one.change, one.low, one.high, one.change_p_value),
        )
        for one in contents.aspects
    ]
    felt = [_("net sentiment before"), _("change"), _("from"), _("to"), _("p-value of the change")]
    writer.table(_("Emerging aspects"), [_("aspect"), *counted, *felt], aspects)


def _slice_row(by: report.By, one: report.Slice) -> tuple[Any, ...]:
    name = name_of(by, one.key, one.label)
    return str(BY_NAMES[by]), name, one.reviews, one.net, one.low, one.high, one.share


def _overview(contents: Contents) -> list[tuple[Any, ...]]:
    """A figure a row, of this period and of the one before."""
    now, before = contents.overview, contents.overview.previous
    named = {
        "reviews": _("reviews"),
        "net": _("net sentiment"),
        "low": _("net sentiment, from"),
        "high": _("net sentiment, to"),
        "positive": _("positive"),
        "neutral": _("neutral"),
        "negative": _("negative"),
        "abstained": _("abstained"),
        "disagreement": _("disagreement"),
    }
    return [(name, getattr(now, key), getattr(before, key, None)) for key, name in named.items()]


@dataclass(frozen=True)
class _Looks:
    """Formats of the workbook."""

    head: Any
    time: Any
    decimal: Any

    @classmethod
    def of(cls, book: Any) -> _Looks:
        return cls(
            head=book.add_format({"bold": True, "bottom": 1, "bg_color": "#ECEAF7"}),
            time=book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"}),
            decimal=book.add_format({"num_format": "0.000"}),
        )


class _Book:
    """Writes sheets row by row, as constant memory asks."""

    def __init__(self, book: Any, looks: _Looks) -> None:
        self._book, self._looks = book, looks
        self._names: set[str] = set()

    def facts(self, title: str, facts: Sequence[tuple[str, str]]) -> None:
        sheet = self._sheet(title)
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 60)
        sheet.write_string(0, 0, _("Sentiment report"), self._looks.head)
        sheet.write_blank(0, 1, None, self._looks.head)
        for place, (name, value) in enumerate(facts, 1):
            sheet.write_string(place, 0, fitting(name))
            sheet.write_string(place, 1, fitting(value))

    def table(self, title: str, heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """All on sheets of ``SHEET_MOST``."""
        put = self._table_sheet(title, heading)
        for count, row in enumerate(rows):
            place = count % SHEET_MOST + 1
            if place == 1 and count:
                put = self._table_sheet(title, heading)
            for column, value in enumerate(row):
                if value is not None:
                    put(place, column, value)

    def reviews(self, rows: Iterable[Sequence[Any]], told: Callable[[int], None]) -> int:
        """All on sheets of ``SHEET_MOST``; how many there were."""
        count, put = 0, self._review_sheet()
        for count, row in enumerate(rows, 1):
            place = (count - 1) % SHEET_MOST + 1
            if place == 1 and count > 1:
                put = self._review_sheet()
            for column, value in enumerate(row):
                if value is not None and value != "":
                    put(place, column, value)
            if count % 1000 == 0:
                told(1000)
        told(count % 1000)
        return count

    def _table_sheet(self, title: str, heading: Sequence[str]) -> Put:
        sheet = self._sheet(title)
        sheet.set_column(0, len(heading) - 1, 20)
        self._head(sheet, heading)
        return self._putter(sheet)

    def _review_sheet(self) -> Put:
        sheet = self._sheet(_("Reviews"))
        for column, (name, _title, _field) in enumerate(COLUMNS):
            sheet.set_column(column, column, _WIDE.get(name, 12))
        self._head(sheet, [str(title) for _name, title, _field in COLUMNS])
        sheet.autofilter(0, 0, 0, len(COLUMNS) - 1)
        return self._putter(sheet)

    def _head(self, sheet: Any, heading: Sequence[str]) -> None:
        for column, name in enumerate(heading):
            sheet.write_string(0, column, fitting(name), self._looks.head)
        sheet.freeze_panes(1, 0)

    def _putter(self, sheet: Any) -> Put:
        """Writes one value by its type; texts never pass through what guesses at formulas and links."""
        looks, zone = self._looks, timezone.get_current_timezone()
        text, number = sheet.write_string, sheet.write_number
        # By exact type and one look-up: there are millions of cells.
        ways: dict[type, Put] = {
            str: lambda row, column, value: text(row, column, fitting(value)),
            int: number,
            bool: sheet.write_boolean,
            float: lambda row, column, value: number(row, column, round(value, 6), looks.decimal),
            datetime: lambda row, column, value: number(row, column, days_of(value, zone), looks.time),
        }

        def put(row: int, column: int, value: Any) -> None:
            ways[type(value)](row, column, value)

        return put

    def _sheet(self, title: str) -> Any:
        """A sheet of that name, with a number where there is one already."""
        name, number = title[:28], 1
        while name.lower() in self._names:
            number += 1
            name = f"{title[:25]} {number}"
        self._names.add(name.lower())
        return self._book.add_worksheet(name)


def days_of(value: datetime, zone: tzinfo) -> float:
    """A moment as a sheet has it. Excel knows no zones: ``zone`` is meant, and named on the first sheet."""
    local = value.astimezone(zone) if timezone.is_aware(value) else value
    return (local.replace(tzinfo=None) - _DAY_ZERO) / _DAY
