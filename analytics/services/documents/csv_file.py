"""CSV for programs: English column names, UTF-8 with its mark, so that spreadsheets read Chinese as well."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from analytics.services.documents.cells import neutral
from analytics.services.documents.rows import NAMES, review_rows
from analytics.services.documents.tables import Tables
from analytics.services.report import Filters

_MARK = "\ufeff"
_AT_ONCE = 200  # lines in one piece: fewer and larger writes


class _Echo:
    """What ``csv.writer`` writes into; it hands the line back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(filters: Filters) -> Iterator[str]:
    """The file in pieces: the heading, then a review a line, newest first."""
    writer = csv.writer(_Echo())
    pieces = [_MARK + writer.writerow(NAMES)]
    for row in review_rows(filters):
        pieces.append(writer.writerow([_plain(value) for value in row]))
        if len(pieces) >= _AT_ONCE:
            yield "".join(pieces)
            pieces = []
    yield "".join(pieces)


def table_lines(tables: Tables) -> Iterator[str]:
    """The tables of a page below each other in one piece; ``kind`` says which a line is of."""
    told = [table for table in tables.tables if table.kind]
    names = list(dict.fromkeys(column.name for table in told for column in table.columns if column.name))
    writer = csv.writer(_Echo())
    pieces = [_MARK + writer.writerow(["kind", *names])]
    for table in told:
        for row in table.rows:
            values = {
                column.name: f"{value:.4g}" if column.kind == "p" and value is not None else _plain(value)
                for column, value in zip(table.columns, row, strict=True)
            }
            pieces.append(writer.writerow([table.kind, *(values.get(name, "") for name in names)]))
    yield "".join(pieces)


def _plain(value: Any) -> Any:
    """As programs read it: nothing for None, 1 and 0, four decimals, UTC."""
    if isinstance(value, str):
        return neutral(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return "" if value is None else value
