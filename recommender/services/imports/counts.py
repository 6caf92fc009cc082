"""What an import has done so far, and the chunk of rows it works on."""

from __future__ import annotations

from dataclasses import dataclass, field

from recommender.contracts import RawRecord, RowProblem


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
    """Where a record stands, in words."""
    return f"{record.source} row {record.row}"


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
    media: int = 0

    def note(self, problem: RowProblem) -> None:
        self.problems.append(problem)

    def refuse(self, record: RawRecord, column: str, value: str, reason: str, remedy: str) -> None:
        self.rejected += 1
        self.note(RowProblem(record.row, record.source, column, value[:500], reason, remedy, record.raw))
