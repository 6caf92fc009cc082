"""What an import has done so far, and the chunk of rows it works on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from recommender.contracts import RawRecord, RowProblem
from recommender.engine.formats import FIELDS
from recommender.said import gettext_noop as _
from recommender.said import say
from recommender.services.measured import IMPORT_MEDIA, IMPORT_PROBLEMS, IMPORT_ROWS


@dataclass(slots=True)
class Counts:
    """Rows by outcome, as ImportBatch names them."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    retired: int = 0
    rejected: int = 0
    media_added: int = 0

    def as_dict(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def taken(self) -> int:
        return self.created + self.updated + self.unchanged


def place_of(record: RawRecord) -> str:
    """Where a record stands, as a key that ``named_place`` puts in words."""
    return f"{record.source}\n{record.row}"


def named_place(place: str) -> str:
    """Where a record stands, in words."""
    source, _newline, row = place.rpartition("\n")
    return say(_("{file} row {row}"), file=source, row=row)


@dataclass(slots=True)
class Chunk:
    """Some rows of the file: records to write, and the problems met on the way.

    ``problems`` grows while the chunk is written; ``refuse`` is for rows that were rejected by the database's
    contents (an unknown item), ``note`` for faults of rows that go in all the same.
    """

    records: list[RawRecord] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    #: rows in the file that this chunk stands for, taken or not
    rows: int = 0
    rejected: int = 0
    #: where the rows stand that were not taken
    refused: set[tuple[str, int]] = field(default_factory=set)
    media: int = 0

    def note(self, problem: RowProblem) -> None:
        self.problems.append(problem)

    def note_refused(self, problem: RowProblem) -> None:
        """The first problem of a row of which there is no record."""
        self.rejected += 1
        self.refused.add((problem.source, problem.row))

    def refuse(self, record: RawRecord, column: str, value: str, reason: str, remedy: str) -> None:
        self.rejected += 1
        self.refused.add((record.source, record.row))
        self.note(RowProblem(record.row, record.source, column, value[:500], reason, remedy, record.raw))


# -- for everybody to see -----------------------------------------------------------------------------------

_NAMES = {kind: frozenset(field.name for field in fields) for kind, fields in FIELDS.items()}


def count_rows(kind: str, before: Mapping[str, int], now: Counts) -> None:
    """What came to ``now`` since ``before``, as it was then: once the transaction is through."""
    for outcome, total in now.as_dict().items():
        if more := total - before[outcome]:
            if outcome == "media_added":
                IMPORT_MEDIA.add(more)
            else:
                IMPORT_ROWS.add(more, kind, outcome)


def count_problems(kind: str, problems: Iterable[RowProblem], mapping: Mapping[str, str]) -> None:
    """By field: the names of columns are the user's and may be any."""
    for problem in problems:
        name = mapping.get(problem.column, problem.column)
        IMPORT_PROBLEMS.add(1, kind, name if name in _NAMES[kind] else "(row)")  # type: ignore[index]
