"""What every format shares: a file that can be opened again, rows that come out of it, and the limits."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

from recommender.contracts import MediaKind, MediaRef, RowProblem

MAX_FIELD = 1 << 20  # characters in one cell or one line
MAX_ROW_LINES = 2_000  # physical lines one quoted row may span
MAX_COLUMNS = 1_000
MAX_MEDIA_BYTES = 512 << 20
HEAD_BYTES = 1 << 18


class Blob:
    """A file, or a member of an archive, that can be opened any number of times.

    ``consumed`` counts the bytes read by the latest ``open()``, for progress bars.
    """

    def __init__(self, name: str, size: int, opener: Callable[[], BinaryIO]) -> None:
        self.name, self.size, self.consumed = name, size, 0
        self._opener = opener

    @property
    def suffix(self) -> str:
        """Lower-case extension of the name, with its dot; empty without one."""
        base = self.name.rsplit("/", 1)[-1]
        return "." + base.rsplit(".", 1)[1].lower() if "." in base else ""

    def open(self) -> BinaryIO:
        self.consumed = 0
        return io.BufferedReader(_Metered(self, self._opener()), 1 << 16)

    def open_json(self) -> BinaryIO:
        """The file after its UTF-8 byte order mark, if it has one."""
        file = self.open()
        if file.peek(3)[:3] == codecs.BOM_UTF8:  # type: ignore[attr-defined]
            file.read(3)
        return file

    def head(self, count: int = HEAD_BYTES) -> bytes:
        with self.open() as file:
            return file.read(count)


class _Metered(io.RawIOBase):
    """Counts what is read into ``blob.consumed``."""

    def __init__(self, blob: Blob, inner: BinaryIO) -> None:
        self._blob, self._inner = blob, inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._inner.read(len(buffer))
        buffer[: len(data)] = data
        self._blob.consumed += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()


class Unreadable(Exception):
    """A cell cannot be taken; ``reason`` completes "the value ..."."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


class Row(NamedTuple):
    """One record as it stands in the file: 1-based number (line, or record) and cells by column."""

    number: int
    cells: Mapping[str, Any]


class Table(Protocol):
    """A stream of rows. ``rows`` starts anew each time it is called and keeps only a row in memory."""

    @property
    def name(self) -> str: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    def rows(self) -> Iterator[Row | RowProblem]: ...

    def progress(self) -> tuple[int, int]:
        """Bytes read by the latest ``rows()``, and bytes in all."""
        ...


class MediaStore(Protocol):
    """Where the media named by the rows are found."""

    def find(self, name: str, near: str) -> str:
        """Reference of the file that a row of the table ``near`` calls ``name``; empty when there is none."""
        ...

    def named_after(self, key: str) -> list[tuple[MediaKind, str]]:
        """Kind and reference of the media files whose name is ``key``, with or without extension."""
        ...

    def fingerprint(self, reference: str) -> str:
        """Changes when the file's content does; costs no reading of it."""
        ...

    def ref(self, reference: str) -> dict[str, str]:
        """``reference`` as the arguments of a MediaRef: ``{"member": ...}`` or ``{"path": ...}``."""
        ...

    def open(self, ref: MediaRef) -> BinaryIO: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """What a format made of a file: its tables, and the media that came along (None when none can)."""

    tables: Sequence[Table]
    media: MediaStore | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The beginning of a file, for recognising it.

    Attributes:
        blob: the file; ``path``: where it lies, None for a member of an archive.
        head: its first bytes; ``text``: the same decoded, empty when it is no text.
        encoding: as detected; empty when none of the usual ones fits.
        lines: the whole lines of ``text``, without their ends.
    """

    blob: Blob
    path: Path | None
    head: bytes
    encoding: str = ""
    text: str = ""
    lines: tuple[str, ...] = ()


class Format(Protocol):
    """A kind of file. To add one: a module with such a class, and its instance in ``registry.FORMATS``."""

    @property
    def name(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def suffixes(self) -> tuple[str, ...]: ...

    def recognise(self, sample: Sample) -> int:
        """How surely this is such a file, 0 (it is not) to 100; reads nothing but the sample."""
        ...

    def open(self, sample: Sample) -> Opened:
        """Tables of the file; FormatError with a remedy when it is damaged from the start."""
        ...


def as_text(value: Any) -> str:
    """A cell as the error report shows it: always storable, JSON for anything but text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        if isinstance(value, bool | int | float):
            return str(value)
        value = json.dumps(value, ensure_ascii=False, default=str)
    if "\0" in value:
        value = value.replace("\0", "\u2400")
    if value.isascii():
        return value
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def json_fault(error: Exception) -> str:
    """What the streaming parser found: its first line, without the drawing of the place below it."""
    said = str(error)
    if said.startswith(("b'", 'b"')):  # a message that it could not decode
        said = said[2:].replace("\\n", "\n")
    return as_text(said.split("\n", 1)[0].strip().rstrip("."))[:200]


def as_raw(cells: Mapping[str, Any], limit: int = 100_000) -> dict[str, str]:
    """A whole row for the error report; cells longer than ``limit``, which no field takes, are cut."""
    return {as_text(column): as_text(value)[:limit] for column, value in cells.items() if column}
