"""CSV and its kin: comma, tab, semicolon or bar, quoted or not, with a header row or without."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace

from recommender.contracts import RowProblem
from recommender.engine.formats.base import (
    MAX_COLUMNS,
    MAX_FIELD,
    Blob,
    Opened,
    Row,
    Sample,
    as_raw,
)
from recommender.engine.formats.encodings import (
    LINE_TOO_LONG,
    SHORTEN,
    Lines,
    LineTooLong,
    RowTooLong,
    detect_encoding,
    open_text,
)
from recommender.engine.formats.encodings import REMEDY as ENCODING_REMEDY
from recommender.engine.formats.fields import SURPLUS_PREFIX, is_known_column
from recommender.errors import FormatError
from recommender.said import gettext_noop as _
from recommender.said import ngettext_noop, say

_DELIMITERS = (",", "\t", ";", "|")
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?")
_ENDS_WITHIN = ngettext_noop(
    "the file ends within this row, after {count} of {n} cell",
    "the file ends within this row, after {count} of {n} cells",
)
_TOO_MANY = ngettext_noop(
    "the row has {n} cell, the header has {width}", "the row has {n} cells, the header has {width}"
)

# The limit is the module's, for the whole process; one row's characters are bounded by it as well.
csv.field_size_limit(MAX_FIELD)


class DelimitedTable:
    """Rows of a delimited file.

    Args:
        blob: the file.
        encoding: as ``detect_encoding`` names it.
        delimiter: one character, or several (then cells cannot be quoted).
        columns: given for files without a header; else the first row names them.
        quoted: whether a double quote opens a cell that may span lines.
    """

    def __init__(
        self, blob: Blob, encoding: str, delimiter: str, columns: tuple[str, ...] = (), *, quoted: bool = True
    ) -> None:
        self._blob, self._encoding, self._delimiter, self._quoted = blob, encoding, delimiter, quoted
        self.name = blob.name
        self._headless = bool(columns)
        self.columns = columns or self._read_header()
        self._surplus = [column for column in self.columns if column.startswith(SURPLUS_PREFIX)]

    def progress(self) -> tuple[int, int]:
        return self._blob.consumed, self._blob.size

    def _read_header(self) -> tuple[str, ...]:
        first = next(self._cells(), None)
        if first is None:
            remedy = _("Upload a file with a header row and at least one row.")
            raise FormatError(say(_("{name} is empty."), name=self.name), remedy)
        if isinstance(first, RowProblem):
            told = _("{name}: the header row cannot be read: {reason}.")
            raise FormatError(say(told, name=self.name, reason=first.reason), first.remedy)
        names = first[1]
        if len(names) > MAX_COLUMNS:
            told = _("{name} has {count} columns; {limit} are the limit.")
            raise FormatError(
                say(told, name=self.name, count=f"{len(names):,}", limit=f"{MAX_COLUMNS:,}"),
                _("Leave some out."),
            )
        if _looks_like_data(names):
            self._headless = True
            return tuple(f"column {number}" for number in range(1, len(names) + 1))
        return _distinct(names)

    def rows(self) -> Iterator[Row | RowProblem]:
        """Data rows, numbered by their first line; a broken row is a problem, and the next is read."""
        columns, width = self.columns, len(self.columns)
        cells_of = self._cells()
        if not self._headless:
            next(cells_of, None)
        for found in cells_of:
            if isinstance(found, RowProblem):
                yield found
                continue
            number, cells, whole = found
            if not any(cells):
                continue
            if len(cells) == width:
                yield self._even(number, dict(zip(columns, cells, strict=True)))
            else:
                yield self._uneven(number, cells, whole)

    def _even(self, number: int, raw: dict[str, str]) -> Row | RowProblem:
        """The row; a problem where cells that an earlier import had no column for were never put right."""
        left = [raw[column] for column in self._surplus if raw[column]]
        if not left:
            return Row(number, raw)
        return self._overfull(number, _("cells beyond the header's were not put right"), left, raw)

    def _overfull(self, number: int, reason: str, surplus: list[str], raw: dict[str, str]) -> RowProblem:
        remedy = say(
            _(
                "Put cells that hold {mark} in double quotes; in the table of refused rows, move what stands "
                "under {column} to where it belongs."
            ),
            mark=repr(self._delimiter),
            column=repr(SURPLUS_PREFIX),
        )
        shown = self._delimiter.join(surplus)
        return RowProblem(number, self.name, "", shown, reason, remedy, as_raw(raw))

    def _uneven(self, number: int, cells: list[str], whole: bool) -> Row | RowProblem:
        """A row with too few or too many cells; trailing empty ones may be left out or added."""
        width = len(self.columns)
        raw = dict(zip(self.columns, cells, strict=False))
        if len(cells) < width and not whole:
            reason = say(_ENDS_WITHIN, n=width, count=len(cells))
            return replace(self._problem(number, reason, _("Upload the whole file again."), raw), cut=True)
        if len(cells) > width and any(cells[width:]):
            surplus = cells[width:]
            beyond = {f"{SURPLUS_PREFIX}{place}": cell for place, cell in enumerate(surplus, 1)}
            reason = say(_TOO_MANY, n=len(cells), width=width)
            return self._overfull(number, reason, surplus, raw | beyond)
        return Row(number, raw | dict.fromkeys(self.columns[len(cells) :], ""))

    def _problem(
        self, number: int, reason: str, remedy: str, raw: dict[str, str] | None = None
    ) -> RowProblem:
        return RowProblem(number, self.name, "", "", reason, remedy, as_raw(raw or {}))

    def _cells(self) -> Iterator[tuple[int, list[str], bool] | RowProblem]:
        """(line number, cells, whether the row ended properly), empty lines left out."""
        with open_text(self._blob, self._encoding) as stream:
            lines = Lines(stream, self._encoding)
            reader = self._reader(lines)
            while True:
                lines.begin()
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except (csv.Error, LineTooLong, RowTooLong) as error:
                    yield self._broken(lines, error)
                    lines.give_back()
                    continue
                if not cells:
                    continue
                if lines.flaw:
                    raw = dict(zip(getattr(self, "columns", ()), cells, strict=False))
                    yield self._problem(lines.first, lines.flaw, ENCODING_REMEDY, raw)
                    continue
                yield lines.first, cells, lines.last_has_newline

    def _reader(self, lines: Lines) -> Iterator[list[str]]:
        if len(self._delimiter) > 1 or not self._quoted:
            # Not a generator: an error in a line would end that for good.
            return map(self._split, lines)
        return csv.reader(lines, delimiter=self._delimiter, strict=True)

    def _split(self, line: str) -> list[str]:
        return line.rstrip("\r\n").split(self._delimiter) if line.strip() else []

    def _broken(self, lines: Lines, error: Exception) -> RowProblem:
        if isinstance(error, LineTooLong):
            return self._problem(lines.first, LINE_TOO_LONG, SHORTEN)
        text = str(error)
        if "unexpected end of data" in text:
            reason = _("a quote opened on this line is never closed; is the file cut off?")
        elif "field larger" in text or isinstance(error, RowTooLong):
            reason = _("a quote opened on this line is not closed, or its cell is too large")
        else:
            reason = _("a quoted cell is followed by more text")
        remedy = _('Write a quote inside a quoted cell twice ("").')
        return RowProblem(lines.first, self.name, "", lines.opening[:2_000], reason, remedy, {})


def _distinct(names: list[str]) -> tuple[str, ...]:
    """Header cells as column names: trimmed, never empty, each once."""
    columns: list[str] = []
    taken: set[str] = set()
    for number, name in enumerate(names, 1):
        base = " ".join(name.replace("\ufeff", "").split())[:200] or f"column {number}"
        column, copy = base, 2
        while column in taken:
            column, copy = f"{base} ({copy})", copy + 1
        taken.add(column)
        columns.append(column)
    return tuple(columns)


def _looks_like_data(cells: list[str]) -> bool:
    """A first row with a number in it, and no name that is known, is no header."""
    if any(is_known_column(cell) for cell in cells):
        return False
    return any(_NUMBER.fullmatch(cell.strip()) for cell in cells)


def sniff_delimiter(text: str) -> str:
    """The delimiter under which the first rows have the same number of cells, and more than one."""
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        try:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            rows = [row for row, _ in zip(reader, range(60), strict=False) if row]
        except csv.Error:
            continue
        if len(rows) > 2:
            rows = rows[:-1]  # the last one may be cut
        if not rows or len(rows[0]) < 2:
            continue
        even = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        known = sum(is_known_column(cell) for cell in rows[0])
        score = even * (1 + 0.1 * min(len(rows[0]), 10)) + known
        if score > best_score:
            best, best_score = delimiter, score
    return best


class Delimited:
    """Comma, semicolon or bar separated values with a header row; tabs as well."""

    name, label, suffixes = "csv", "CSV or TSV table", (".csv", ".tsv", ".tab", ".txt")

    def recognise(self, sample: Sample) -> int:
        if not sample.text.strip() or sample.text.lstrip()[0] in "{[":
            return 0
        if sample.blob.suffix in (".csv", ".tsv", ".tab"):
            return 80
        several = sniff_delimiter(sample.text) in sample.lines[0] and len(sample.lines) > 1
        return 30 if several else 0

    def open(self, sample: Sample) -> Opened:
        encoding = sample.encoding or detect_encoding(sample.blob)
        delimiter = "\t" if sample.blob.suffix in (".tsv", ".tab") and "\t" in sample.lines[0] else ""
        return Opened([DelimitedTable(sample.blob, encoding, delimiter or sniff_delimiter(sample.text))])
