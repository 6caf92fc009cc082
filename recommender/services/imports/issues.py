"""Rows that could not be taken: remembered with reason and remedy, handed back as a table to correct."""

from __future__ import annotations

import csv
import io
from collections.abc import Container, Iterable, Iterator
from itertools import groupby
from typing import Any

from django.utils.translation import get_language, override

from recommender.contracts import RowProblem
from recommender.engine.formats import REPORT_PREFIX
from recommender.models import ImportBatch, ImportIssue
from recommender.models.telling import kept

MAX_ISSUES = 50_000
_REPORT = ("source", "row", "column", "value", "reason", "remedy")


def save_issues(
    batch: ImportBatch, problems: Iterable[RowProblem], refused: Container[tuple[str, int]], room: int
) -> int:
    """Remember up to ``room`` problems; says how many were.

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
        for problem in list(problems)[: max(0, room)]
    ]
    ImportIssue.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def issues_csv(batch: ImportBatch) -> Iterator[str]:
    """The refused rows of ``batch`` as CSV, line by line: their own columns, then what was wrong.

    Corrected and imported again, the columns whose names begin with ``import:`` are ignored. A row with
    several faults stands there once, its faults joined. Reasons and remedies are in the language of whoever
    asks now, though the lines are written later.
    """
    return _issue_lines(batch, get_language() or "en")


def _issue_lines(batch: ImportBatch, language: str) -> Iterator[str]:
    issues = batch.issues.order_by("source", "row", "pk")
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
