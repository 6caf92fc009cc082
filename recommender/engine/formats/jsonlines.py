"""One JSON object a line, or one JSON array of objects; nested values stay what they are."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import ijson

from recommender.contracts import RowProblem
from recommender.engine.formats.base import Blob, Opened, Row, Sample, as_text, json_fault
from recommender.engine.formats.encodings import (
    LINE_TOO_LONG,
    SHORTEN,
    Lines,
    LineTooLong,
    detect_encoding,
    open_text,
)
from recommender.engine.formats.encodings import REMEDY as ENCODING_REMEDY
from recommender.engine.formats.fields import is_known_column
from recommender.errors import FormatError
from recommender.said import gettext_noop as _
from recommender.said import say

#: What programs say of a list of rows before they give it.
_ENVELOPE = "count|total|total_count|next|previous|page|pages|per_page|limit|offset|status|success|message"
#: An object that begins with an array of objects under a name that programs give their rows.
_WRAPPED = re.compile(
    rf"""\s*\{{\s*(?:"(?:{_ENVELOPE})"\s*:\s*(?:"[^"\\]*"|[\w.+-]+)\s*,\s*)*"""
    r""""(?P<key>products|items|data|results|rows|records|reviews|ratings|events)"\s*:\s*\[\s*\{"""
)
_AROUND = frozenset(_ENVELOPE.split("|"))
_SAMPLED = 200  # rows read to learn the columns
_JSON_REMEDY = _("Write one JSON object a line; check quotes, commas and brackets.")
_NO_OBJECT = _("this is JSON, but not an object"), _("Put each row in { }.")


def _union(rows: Iterator[Row | RowProblem]) -> tuple[str, ...]:
    """Keys of the first rows, in the order they first appear."""
    columns: dict[str, None] = {}
    for found, _count in zip(rows, range(_SAMPLED), strict=False):
        if isinstance(found, Row):
            columns |= dict.fromkeys(str(key) for key in found.cells)
    return tuple(columns)


class JsonLinesTable:
    """Rows of a JSON Lines file; ``columns`` are the keys of its first 200 objects."""

    def __init__(self, blob: Blob, encoding: str) -> None:
        self._blob, self._encoding, self.name = blob, encoding, blob.name
        self.columns = _union(self.rows())
        if not self.columns:
            told = say(_("{name} holds no JSON object in its first lines."), name=self.name)
            raise FormatError(told, _JSON_REMEDY)

    def progress(self) -> tuple[int, int]:
        return self._blob.consumed, self._blob.size

    def rows(self) -> Iterator[Row | RowProblem]:
        """Objects, numbered by line; a line that is none is a problem, and the next is read."""
        with open_text(self._blob, self._encoding) as stream:
            lines = Lines(stream, self._encoding)
            while True:
                lines.begin()
                try:
                    line = next(lines)
                except StopIteration:
                    return
                except LineTooLong:
                    yield self._problem(lines.first, "", LINE_TOO_LONG, SHORTEN)
                    continue
                if not line.strip():
                    continue
                if lines.flaw:
                    yield self._problem(lines.first, line, lines.flaw, ENCODING_REMEDY)
                else:
                    yield self._parse(lines.first, line, lines.last_has_newline)

    def _parse(self, number: int, line: str, ended: bool) -> Row | RowProblem:
        try:
            value = json.loads(line, parse_constant=lambda _name: None)
        except (ValueError, RecursionError) as error:
            value = _python_literal(line)
            if value is None:
                if not ended:
                    reason, remedy = _("the file ends within this line"), _("Upload the whole file again.")
                    return self._problem(number, line, reason, remedy)
                return self._problem(number, line, _not_json(error), _JSON_REMEDY)
        if not isinstance(value, dict):
            return self._problem(number, line, *_NO_OBJECT)
        return Row(number, value)

    def _problem(self, number: int, line: str, reason: str, remedy: str) -> RowProblem:
        return RowProblem(number, self.name, "", as_text(line.strip())[:500], reason, remedy)


def _not_json(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        told = _("this is not JSON ({error} at character {place})")
        return say(told, error=error.msg, place=error.colno)
    if isinstance(error, RecursionError):
        return _("this is not JSON (nested too deeply)")
    return say(_("this is not JSON ({error})"), error=str(error))


def _python_literal(line: str) -> dict[str, Any] | None:
    """A Python dict literal, as in the first Amazon metadata files; None for anything else."""
    if not line.lstrip().startswith("{'") or len(line) > 100_000:
        return None
    try:
        value = ast.literal_eval(line.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


class JsonLines:
    """JSON Lines (one object a line)."""

    name, label, suffixes = "jsonl", "JSON Lines", (".jsonl", ".ndjson", ".json")

    def recognise(self, sample: Sample) -> int:
        if not sample.text.lstrip().startswith("{"):
            return 0
        whole = [line for line in sample.lines if line.strip()]
        first = whole[0].strip() if whole else ""
        is_object_a_line = first.endswith("}") or len(first) > 1000
        if sample.blob.suffix in (".jsonl", ".ndjson"):
            return 85
        return 70 if is_object_a_line else 0

    def open(self, sample: Sample) -> Opened:
        return Opened([JsonLinesTable(sample.blob, sample.encoding or detect_encoding(sample.blob))])


class JsonArrayTable:
    """Objects of one JSON array, streamed; rows are numbered from 1 as they stand in it.

    Args:
        inside: the key that the array stands under, where an object is around it.
    """

    def __init__(self, blob: Blob, inside: str = "") -> None:
        self._blob, self.name = blob, blob.name
        self._prefix = f"{inside}.item" if inside else "item"
        self.columns = _union(self.rows())
        if not self.columns:
            told = say(_("{name} holds no JSON object."), name=self.name)
            raise FormatError(told, _("Upload an array of objects: [{…}, {…}]."))

    def progress(self) -> tuple[int, int]:
        return self._blob.consumed, self._blob.size

    def rows(self) -> Iterator[Row | RowProblem]:
        """Objects one by one; FormatError where the file is cut off or stops being JSON."""
        number = 0
        with self._blob.open_json() as file:
            try:
                for number, value in enumerate(ijson.items(file, self._prefix, use_float=True), 1):
                    if isinstance(value, dict):
                        yield Row(number, value)
                    else:
                        yield RowProblem(number, self.name, "", as_text(value)[:500], *_NO_OBJECT)
            except (ijson.JSONError, UnicodeDecodeError) as error:
                told = _("{name} stops being JSON after object {number} ({error}).")
                raise FormatError(
                    say(told, name=self.name, number=number, error=json_fault(error)),
                    _("Upload the whole file again, as UTF-8."),
                ) from error


def _wrapped(sample: Sample) -> str:
    """The key of the array of rows that the file's one object begins with; "" where there is none."""
    found = _WRAPPED.match(sample.text)
    if found is None or sample.blob.suffix != ".json":
        return ""
    first, _end, others = sample.text.lstrip().partition("\n")
    try:
        whole = json.loads(first)
    except (ValueError, RecursionError):
        return found["key"]
    # One object a line, of which the first has a list; or one row, which has columns beside its list.
    is_row = others.strip() or any(
        is_known_column(key) for key in whole if key not in _AROUND | {found["key"]}
    )
    return "" if is_row else found["key"]


class JsonArray:
    """A JSON array of objects, as such or as what an API answers: ``{"products": [...]}``."""

    name, label, suffixes = "json", "JSON array", (".json",)

    def recognise(self, sample: Sample) -> int:
        start = sample.head.lstrip(b"\xef\xbb\xbf \t\r\n")
        if _wrapped(sample):
            return 95  # surer than COCO is of a shop's "images" and "image_id"
        return 75 if start.startswith(b"[") and start[1:].lstrip()[:1] in (b"{", b"]") else 0

    def open(self, sample: Sample) -> Opened:
        if sample.encoding not in ("utf-8", "utf-8-sig", ""):
            told = _("{name} is JSON in {encoding}, not plain UTF-8.")
            raise FormatError(
                say(told, name=sample.blob.name, encoding=sample.encoding), _("Save it as UTF-8.")
            )
        return Opened([JsonArrayTable(sample.blob, _wrapped(sample))])
