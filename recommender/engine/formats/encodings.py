"""Which encoding a text file is in, and its lines one at a time, however long or damaged they are."""

from __future__ import annotations

import codecs
import io
import re
from collections import deque
from collections.abc import Iterator
from typing import TextIO

from recommender.engine.formats.base import HEAD_BYTES, MAX_FIELD, MAX_ROW_LINES, Blob
from recommender.errors import FormatError
from recommender.said import gettext_noop as _
from recommender.said import say

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
REMEDY = _("Save the file as UTF-8 (in Excel: “CSV UTF-8”) and upload it again.")
LINE_TOO_LONG = say(_("the line has more than {limit} characters"), limit=f"{MAX_FIELD:,}")
SHORTEN = _("Shorten it.")
# What undecodable bytes turn into; U+FFFD only where nothing finer can be had (UTF-16, UTF-32).
_FLAW = re.compile("[\udc80-\udcff\ufffd]")
_HIGH_PAIR = re.compile(rb"[\x81-\xfe][\x30-\xfe]")


def detect_encoding(blob: Blob, *, otherwise: str = "") -> str:
    """Python name of the encoding of ``blob``.

    A byte order mark decides; then NULs at every other byte mean UTF-16; then UTF-8 where at most one line in
    twenty breaks its rules (those rows are reported one by one); then GB18030 where nearly all do and what it
    gives reads as Chinese; then ``otherwise``, for formats that prescribe an encoding.

    Raises:
        FormatError: none fits; names the first line that is not UTF-8.
    """
    head = _informative_head(blob)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    wide = _wide(head)
    if wide:
        return wide
    bad = _bad_utf8_lines(head)
    if not bad:
        return "utf-8"
    lines = max(1, sum(not line.isascii() for line in head.splitlines()))
    if len(bad) <= 0.05 * lines:
        return "utf-8"
    if len(bad) >= 0.8 * lines and _reads_as_gb18030(head):
        return "gb18030"
    if otherwise:
        return otherwise
    number, byte = bad[0]
    told = _("{name}: line {number} holds the byte {byte}, which is neither UTF-8 nor GB18030.")
    raise FormatError(say(told, name=blob.name, number=number, byte=f"0x{byte:02x}"), REMEDY)


def _informative_head(blob: Blob) -> bytes:
    """The head; with it, where that is plain ASCII, the surroundings of the first byte that is not.

    Many long files have their first accent or Chinese character late.
    """
    with blob.open() as file:
        head = file.read(HEAD_BYTES)
        if not head.isascii() or b"\0" in head:
            return _whole_lines(head, len(head) == HEAD_BYTES)
        before = head
        while block := file.read(HEAD_BYTES * 4):
            if not block.isascii():
                # From a line's start, so that no character is cut in two.
                tail = before[before.rfind(b"\n") + 1 :][-HEAD_BYTES:]
                return _whole_lines(tail + block, len(block) == HEAD_BYTES * 4)
            before = block
    return head


def _whole_lines(data: bytes, more: bool) -> bytes:
    """Without the last, perhaps cut, line when there is ``more`` after it (or 8 bytes of a single line)."""
    if not more or data[:2] in (codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE):
        return data
    end = data.rfind(b"\n")
    return data[: end + 1] if end >= 0 else data[:-8]


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: in ASCII-heavy text every other byte is NUL."""
    if len(head) < 8 or b"\0" not in head:
        return ""
    part = head[:4096]
    even, odd = part[0::2].count(0) / len(part[0::2]), part[1::2].count(0) / len(part[1::2])
    if odd > 0.4 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.1 else ""


def _bad_utf8_lines(head: bytes) -> list[tuple[int, int]]:
    """(line number, offending byte) of the lines that are not UTF-8."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return []
    bad = []
    for number, line in enumerate(head.splitlines(), 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            bad.append((number, line[error.start]))
    return bad


def _reads_as_gb18030(head: bytes) -> bool:
    """Whether it decodes, mostly to characters in common use.

    GB18030 gives a meaning to nearly any bytes; in real Chinese text the pairs lie in the blocks of GB 2312
    (both bytes from 0xA1), while accents of Western encodings pair a high byte with a plain letter.
    """
    try:
        head.decode("gb18030")
    except UnicodeDecodeError:
        return False
    pairs = _HIGH_PAIR.findall(head)
    common = sum(0xA1 <= pair[0] <= 0xF7 and pair[1] >= 0xA1 for pair in pairs)
    return len(pairs) > 0 and common >= 0.9 * len(pairs)


def open_text(blob: Blob, encoding: str) -> TextIO:
    """Text of ``blob`` with its line ends as they are; bytes that cannot be decoded stay recognisable."""
    wide = encoding.startswith(("utf-16", "utf-32"))
    errors = "replace" if wide else "surrogateescape"
    return io.TextIOWrapper(blob.open(), encoding=encoding, errors=errors, newline="")


class LineTooLong(Exception):
    """A line has more than MAX_FIELD characters; it has been skipped to its end."""


class RowTooLong(Exception):
    """A row goes on for more than MAX_ROW_LINES lines or four times MAX_FIELD characters."""


class Lines:
    """Lines of a text, counted from 1, that can be handed back and read again.

    ``first`` is the number of the line that the current row began at; ``flaw`` says what is wrong with the
    characters of the row, if anything is.
    """

    def __init__(self, stream: TextIO, encoding: str) -> None:
        self._stream, self._encoding = stream, encoding
        self._pushed: deque[str] = deque()
        self._taken: list[str] = []
        self._length = 0
        self.number = self.first = 0
        self.flaw = ""
        self.last_has_newline = True

    def __iter__(self) -> Iterator[str]:
        return self

    def begin(self) -> None:
        """The next line begins a row."""
        self._taken.clear()
        self._length = 0
        self.first, self.flaw = self.number + 1, ""

    def give_back(self) -> int:
        """Hand back all lines of the row but its first, to be read as rows of their own; says how many."""
        returned = self._taken[1:]
        self._pushed.extendleft(reversed(returned))
        self.number -= len(returned)
        return len(returned)

    @property
    def opening(self) -> str:
        """The first line of the row as it stands in the file."""
        return self._taken[0].rstrip("\r\n") if self._taken else ""

    @property
    def taken(self) -> int:
        return len(self._taken)

    def __next__(self) -> str:
        if len(self._taken) >= MAX_ROW_LINES or self._length > 4 * MAX_FIELD:
            raise RowTooLong
        is_new = not self._pushed
        line = self._stream.readline(MAX_FIELD) if is_new else self._pushed.popleft()
        if not line:
            raise StopIteration
        self._length += len(line)
        self.number += 1
        self._taken.append(line)
        self.last_has_newline = line[-1] in "\r\n"
        if len(line) == MAX_FIELD and not self.last_has_newline:
            if is_new:
                self._skip_line()
            raise LineTooLong
        if "\0" in line:
            self.flaw = _("it holds a NUL byte")
        elif not line.isascii() and not self.flaw:
            found = _FLAW.search(line)
            if found:
                self.flaw = self._name_flaw(found.group())
        return line

    def _name_flaw(self, char: str) -> str:
        if char == "\ufffd":
            # In UTF-8 it is an honest character, written by an earlier, lossy conversion.
            wide = self._encoding.startswith(("utf-16", "utf-32"))
            return _("it holds a broken character") if wide else ""
        encoding = self._encoding.upper().removesuffix("-SIG")
        told = _("it holds the byte {byte}, which is not {encoding}")
        return say(told, byte=f"0x{ord(char) - 0xDC00:02x}", encoding=encoding)

    def _skip_line(self) -> None:
        while (rest := self._stream.readline(MAX_FIELD)) and rest[-1] not in "\r\n":
            pass
