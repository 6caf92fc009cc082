"""Rows that could not be taken: remembered with reason and remedy, handed back as a table to correct."""

from __future__ import annotations

import csv
import io
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language, override

from recommender.contracts import RowProblem
from recommender.engine.formats import REPORT_PREFIX
from recommender.models import ImportBatch, ImportIssue
from recommender.models.telling import kept

#: How many faults of refused rows are kept, and beside them how many notes of rows that went in.
MAX_ISSUES, MAX_NOTES = 250_000, 50_000
_REPORT = ("source", "row", "column", "value", "reason", "remedy")


def save_issues(
    batch: ImportBatch, problems: Iterable[RowProblem], refused: Container[tuple[str, int]], room: Room
) -> None:
    """Remember the problems that there is ``room`` for, and take that from it.

    ``refused``: where the rows stand that were not taken; problems of others are notes.
    """
    rows = [
        ImportIssue(
            batch=batch,
            source=problem.source[:500],
            row=problem.row,
            column=problem.column[:200],
            value=problem.value[:2_000],
            taken=(problem.source, problem.row) not in refused,
            raw=dict(problem.raw),
            **kept(reason=problem.reason, remedy=problem.remedy),
        )
        for problem in problems
        if room.take((problem.source, problem.row) in refused)
    ]
    ImportIssue.objects.bulk_create(rows, batch_size=500)


@dataclass(slots=True)
class Room:
    """What is left to keep of refused rows, and of notes: many notes leave no refused row untold."""

    faults: int = MAX_ISSUES
    notes: int = MAX_NOTES

    def take(self, refused: bool) -> bool:
        """Whether there was room for one more."""
        left = self.faults if refused else self.notes
        if refused:
            self.faults = max(0, left - 1)
        else:
            self.notes = max(0, left - 1)
        return left > 0


def issues_csv(batch: ImportBatch, *, taken: bool = False) -> Iterator[str]:
    """The refused rows of ``batch`` as CSV, line by line: their own columns, then what was wrong.

    Rows that went in, but not whole, are not among them, so that what they brought is not touched again;
    those alone with ``taken``.

    Corrected and imported again, the columns whose names begin with ``import:`` are ignored. A row with
    several faults stands there once, its faults joined. Reasons and remedies are in the language of whoever
    asks now, though the lines are written later.
    """
    return _issue_lines(batch.issues.filter(taken=taken), get_language() or "en")


def _issue_lines(found: QuerySet[ImportIssue], language: str) -> Iterator[str]:
    issues = found.order_by("source", "row", "pk")
    columns: dict[str, None] = {}
    for raw in issues.values_list("raw", flat=True).iterator(2_000):
        columns |= dict.fromkeys(raw)
    report = [REPORT_PREFIX + name for name in _REPORT]
    own = [column for column in columns if column not in report]
    # The mark makes spreadsheets read Chinese right.
    yield "\ufeff" + _line([*own, *report])
    for _place, group in groupby(issues.iterator(2_000), key=lambda issue: (issue.source, issue.row)):
        with override(language):
            row = _report_row(list(group), own)
        yield _line(row)


def _report_row(group: list[ImportIssue], own: list[str]) -> list[Any]:
    raw: dict[str, str] = next((issue.raw for issue in group if issue.raw), {})
    faults = [(issue.column, issue.value, issue.told_reason, issue.told_remedy) for issue in group]
    joined = [" | ".join(dict.fromkeys(filter(None, cells))) for cells in zip(*faults, strict=True)]
    return [*(raw.get(column, "") for column in own), group[0].source, group[0].row, *joined]


def _line(cells: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
