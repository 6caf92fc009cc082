"""An uploaded file, opened: what it holds, how its columns read, its rows as records, its media."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from recommender.contracts import MediaRef, RawRecord, RecordKind, RowProblem
from recommender.engine.formats.base import MediaStore, Opened, Row, Table, as_text
from recommender.engine.formats.fields import FIELDS, kinds_named
from recommender.engine.formats.folder import LocalFiles, blob_of
from recommender.engine.formats.layouts import grouped, guess_kind, guess_mapping
from recommender.engine.formats.records import Recorder, check_mapping
from recommender.engine.formats.registry import open_tables, recognise, take_sample
from recommender.errors import FormatError, MediaError
from recommender.said import gettext_noop as _
from recommender.said import say

_COUNT_STEP = 5_000
_ORDER: tuple[RecordKind, ...] = ("item", "interaction", "review")


class CatalogSource:
    """A file with rows of one kind or several; ``with open_source(...) as source`` closes it.

    Attributes:
        format: name of its format.
        kinds: the kinds of records it holds tables of, items first.
    """

    def __init__(self, format_: str, opened: Opened) -> None:
        self.format = format_
        self._media: MediaStore | None = opened.media
        self._tables: dict[RecordKind, list[Table]] = {}
        for table in _of_use(opened.tables):
            self._tables.setdefault(guess_kind(table.columns), []).append(table)
        self.kinds: tuple[RecordKind, ...] = tuple(kind for kind in _ORDER if kind in self._tables)
        self._current: list[Table] = []

    def __enter__(self) -> CatalogSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._media is not None:
            self._media.close()

    @property
    def kind(self) -> RecordKind:
        """What it mainly holds: items where there are any."""
        return self.kinds[0]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.columns_of(self.kind)

    def tables_of(self, kind: RecordKind) -> list[Table]:
        """Tables of that kind; a file with a single table may be read as any kind."""
        every = [table for tables in self._tables.values() for table in tables]
        return self._tables.get(kind) or (every if len(every) == 1 else [])

    def columns_of(self, kind: RecordKind) -> tuple[str, ...]:
        """Columns of the tables of ``kind``, each once, in the order they appear."""
        return tuple(dict.fromkeys(column for table in self.tables_of(kind) for column in table.columns))

    def preview(self, n: int = 5, kind: RecordKind | None = None) -> list[dict[str, str]]:
        """The first ``n`` rows as text by column, as in the file (neighbours that are one record merged)."""
        kind = kind or self.kind
        found: list[dict[str, str]] = []
        for table in self.tables_of(kind):
            rows = grouped(table.rows(), table.columns, guess_mapping(table.columns, kind))
            good = (row for row in rows if isinstance(row, Row))
            for row in islice(good, n - len(found)):
                found.append({column: as_text(row.cells.get(column))[:500] for column in table.columns})
        return found

    def guess_mapping(self, kind: RecordKind | None = None) -> dict[str, str]:
        """Column to canonical field (or ``attr:NAME``), from known layouts and column names."""
        kind = kind or self.kind
        mapping: dict[str, str] = {}
        for table in self.tables_of(kind):
            mapping = guess_mapping(table.columns, kind) | mapping
        return mapping

    def records(
        self, mapping: Mapping[str, str], kind: RecordKind | None = None
    ) -> Iterator[RawRecord | RowProblem]:
        """Records of ``kind`` in the order of the file, the problems between them; starts anew each time.

        A problem of a record that was taken all the same (a picture that is not there) comes right after it,
        with its row number. Memory stays flat whatever the number of rows.

        Raises:
            FormatError: ``mapping`` does not fit, at once; the file is damaged, when the reading gets there.
        """
        kind = kind or self.kind
        tables = self.tables_of(kind)
        if not tables:
            raise FormatError(
                say(_("The file holds no {kinds}."), kinds=kinds_named(kind)),
                say(_("It holds {kinds}."), kinds=kinds_named(*self.kinds)),
            )
        check_mapping(mapping, kind, self.columns_of(kind))
        for table in tables:
            check_mapping({c: mapping[c] for c in table.columns if c in mapping}, kind, table.columns)
        self._current = tables
        recorders = [Recorder(table, mapping, kind, self._media) for table in tables]
        return (found for recorder in recorders for found in recorder.records())

    def count_rows(self, mapping: Mapping[str, str], kind: RecordKind | None = None) -> Iterator[int]:
        """Reads the whole file without parsing cells; yields the rows so far, now and then and at the end.

        Raises:
            FormatError: ``mapping`` does not fit, or the file is damaged, as ``records`` would find too late.
        """
        kind = kind or self.kind
        self.records(mapping, kind)  # for its checks
        count = 0
        for table in self._current:
            chosen = {column: mapping[column] for column in table.columns if column in mapping}
            for _row in grouped(table.rows(), table.columns, chosen):
                count += 1
                if count % _COUNT_STEP == 0:
                    yield count
        yield count

    def progress(self) -> float:
        """Share of the bytes that the latest ``records()`` has read, in [0, 1]."""
        read, total = (sum(part) for part in zip(*(table.progress() for table in self._current), strict=True))
        return min(1.0, read / total) if total else 1.0

    def fingerprint(self, ref: MediaRef) -> str:
        """Changes when the medium does: its size and checksum or time, unread; for an address, itself."""
        if ref.url or self._media is None:
            return ref.url
        return self._media.fingerprint(ref.member or ref.path)

    def open_media(self, ref: MediaRef) -> BinaryIO:
        """The bytes of a medium of the archive or folder, bounded in size; addresses are fetched elsewhere.

        Raises:
            MediaError: there is none, or it is too large. FormatError while reading: the archive is damaged.
        """
        if self._media is None or ref.url:
            told = say(_("{name} is not in the uploaded file."), name=ref.source)
            raise MediaError(told, _("Fetch it by its address."))
        return self._media.open(ref)


def _of_use(tables: Sequence[Table]) -> Sequence[Table]:
    """Without the tables that give no record by themselves (people, genres), unless all are such."""

    def is_complete(table: Table) -> bool:
        kind = guess_kind(table.columns)
        given = guess_mapping(table.columns, kind).values()
        return all(field.name in given for field in FIELDS[kind] if field.required and field.name != "title")

    return [table for table in tables if is_complete(table)] or tables


def open_source(
    path: str | Path,
    *,
    filename: str = "",
    allow_local_paths: bool = False,
    media_root: str | Path | None = None,
) -> CatalogSource:
    """Recognise and open a catalogue.

    Args:
        path: the file, or with ``allow_local_paths`` a folder of tables and media.
        filename: what the file was called when it was uploaded, for its extension and for messages.
        allow_local_paths: whether rows may name files of this machine (command line only).
        media_root: the folder such names start from and may not leave; by default the file's own folder.
            Where it is given, files in it are also found by name alone, or when named after an item's id.

    Raises:
        FormatError: no such file, or none that can be read; names the file, the line and the remedy.
    """
    path = Path(path)
    if not path.exists():
        raise FormatError(say(_("There is no file {path}."), path=str(path)), _("Check the name."))
    if media_root and not Path(media_root).is_dir():
        # Else every row would come in without its media, one fault each.
        told = say(_("There is no folder {path}."), path=str(media_root))
        raise FormatError(told, _("Check the name that --media-root has."))
    if path.is_dir():
        if not allow_local_paths:
            told = say(_("{path} is a folder."), path=str(path))
            raise FormatError(told, _("Upload a file, or a ZIP of the folder."))
        files = LocalFiles(path, search=True)
        return CatalogSource("folder", Opened(open_tables(files.data_blobs(), within=path.name), files))
    sample = take_sample(blob_of(path, filename or path.name), path)
    form = recognise(sample)
    opened = form.open(sample)
    if opened.media is None and allow_local_paths:
        files = LocalFiles(Path(media_root), search=True) if media_root else LocalFiles(path.parent)
        opened = Opened(opened.tables, files)
    return CatalogSource(form.name, opened)
