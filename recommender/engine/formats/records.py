"""Rows to records: every cell parsed under its canonical field, every fault named with its remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recommender.contracts import MediaKind, MediaRef, RawRecord, RecordKind, RowProblem
from recommender.engine.formats.base import MediaStore, Row, Table, Unreadable, as_raw, as_text
from recommender.engine.formats.fields import (
    ATTRIBUTE_PREFIX,
    FIELD_BY_NAME,
    FIELDS,
    MULTIPLE,
    kinds_named,
)
from recommender.engine.formats.layouts import grouped, is_field, spared_fields
from recommender.engine.formats.values import PARSERS, attribute
from recommender.errors import FormatError
from recommender.said import gettext_noop as _
from recommender.said import say

_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_MEDIA_FIELD = re.compile(r"(image|photo|audio|video)_(paths|urls)")
_NO_ADDRESS = _("{name} is no http(s) address"), _("Correct it.")
_ONLY_THE_TABLE = (
    _("only the table was uploaded, not the file {name}"),
    _("Upload a ZIP that holds the table and the files, or give http(s) addresses."),
)
_NO_FILE = (
    _("there is no file {name}"),
    _("Add the file, or correct its name; upper and lower case count."),
)
_KIND_OF: dict[str, MediaKind] = {"image": "image", "photo": "image", "audio": "audio", "video": "video"}


def check_mapping(mapping: Mapping[str, str], kind: RecordKind, columns: Sequence[str]) -> None:
    """FormatError when ``mapping`` names what is not there, gives a field twice, or leaves out a needed one.

    An item's title may be left out: then its rows can only change items that exist, or take the first line of
    the description.
    """
    given: dict[str, str] = {}
    for column, name in mapping.items():
        if column not in columns:
            raise FormatError(
                say(_("There is no column {column}."), column=repr(column)),
                say(_("The columns are {columns}."), columns=", ".join(columns)),
            )
        if not is_field(kind, name):
            raise FormatError(
                say(_("{field} is not a field of {kinds}."), field=repr(name), kinds=kinds_named(kind)),
                say(_("The fields are {fields}."), fields=", ".join(FIELD_BY_NAME[kind])),
            )
        if name in given and name not in MULTIPLE:
            told = _("The columns {one} and {other} are both mapped to {field}.")
            raise FormatError(
                say(told, one=repr(given[name]), other=repr(column), field=name), _("Keep one of them.")
            )
        given[name] = column
    missing = [field.name for field in FIELDS[kind] if field.required and field.name not in given]
    if kind == "item" and "title" in missing:
        missing.remove("title")
    if missing:
        raise FormatError(
            say(
                _("No column is mapped to {fields}, which {kinds} need."),
                fields=", ".join(missing),
                kinds=kinds_named(kind),
            ),
            say(_("Choose which of these it is: {columns}."), columns=", ".join(columns)),
        )


@dataclass(frozen=True, slots=True)
class _Cell:
    """What is done with one column of each row."""

    column: str
    name: str
    parse: Callable[[Any], Any]
    needed: bool


class Recorder:
    """Turns the rows of one table into records of one kind."""

    def __init__(
        self, table: Table, mapping: Mapping[str, str], kind: RecordKind, media: MediaStore | None
    ) -> None:
        self._table, self._kind, self._media = table, kind, media
        self._mapping = {column: mapping[column] for column in table.columns if column in mapping}
        self._plan = [self._cell(column, name) for column, name in self._mapping.items()]
        self._spared = spared_fields(table.columns, kind)
        self._has_media_columns = any(_MEDIA_FIELD.fullmatch(name) for name in self._mapping.values())

    def _cell(self, column: str, name: str) -> _Cell:
        if name.startswith(ATTRIBUTE_PREFIX):
            return _Cell(column, name, attribute, False)
        entry = FIELD_BY_NAME[self._kind][name]
        return _Cell(column, name, PARSERS[entry.parse], entry.required)

    def records(self) -> Iterator[RawRecord | RowProblem]:
        """Records and problems in the order of the file.

        Problems of a record that is taken (a picture that is not there, a price of a known layout that is
        none) follow it, with its row number; any other problem means that the row was rejected.
        """
        for row in grouped(self._table.rows(), self._table.columns, self._mapping):
            if isinstance(row, RowProblem):
                yield row
            else:
                yield from self._record(row)

    def _problem(self, row: Row, column: str, reason: str, remedy: str) -> RowProblem:
        value = as_text(row.cells.get(column))[:500] if column else ""
        return RowProblem(row.number, self._table.name, column, value, reason, remedy, as_raw(row.cells))

    def _missing(self, row: Row, cell: _Cell) -> RowProblem:
        reason = say(_("the {field} is missing"), field=cell.name)
        return self._problem(row, cell.column, reason, _("Fill it in."))

    def _record(self, row: Row) -> Iterator[RawRecord | RowProblem]:
        values: dict[str, Any] = {}
        problems: list[RowProblem] = []
        spared: list[RowProblem] = []
        files: dict[str, list[tuple[str, str]]] = {}
        for cell in self._plan:
            try:
                raw = row.cells[cell.column]
            except KeyError:
                if cell.needed:
                    problems.append(self._missing(row, cell))
                continue
            try:
                value = cell.parse(raw) if raw is not None and raw != "" else None
            except Unreadable as unreadable:
                found = self._problem(row, cell.column, unreadable.reason, unreadable.remedy)
                if cell.name not in self._spared:
                    problems.append(found)
                    continue
                spared.append(found)
                value = None
            if cell.needed and not value:
                problems.append(self._missing(row, cell))
            elif _MEDIA_FIELD.fullmatch(cell.name):
                files.setdefault(cell.name, []).extend((name, cell.column) for name in value or ())
            else:
                _put(values, cell, value)
        problems += self._contradictions(row, values)
        if problems:
            yield from problems + spared
            return
        media, lost = ((), []) if self._kind == "interaction" else self._media_of(row, values, files)
        values.pop("image_captions", None)
        yield RawRecord(self._kind, row.number, self._table.name, values, media, as_raw(row.cells))
        yield from spared + lost

    def _contradictions(self, row: Row, values: dict[str, Any]) -> list[RowProblem]:
        """Rules that hold between fields; fills in the kind of an interaction that has none."""
        if self._kind != "interaction":
            return []
        if not values.get("kind"):
            values["kind"] = "click" if values.get("value") is None else "rating"
        if values["kind"] == "rating" and values.get("value") is None:
            column = next((c for c, name in self._mapping.items() if name == "value"), "")
            return [self._problem(row, column, _("a rating needs a value"), _("Write the stars, such as 4."))]
        return []

    # -- media ----------------------------------------------------------------------------------------------

    def _media_of(
        self, row: Row, values: dict[str, Any], files: dict[str, list[tuple[str, str]]]
    ) -> tuple[tuple[MediaRef, ...], list[RowProblem]]:
        """The row's media, and a problem for each that is named but cannot be had.

        ``values["media_kinds"]`` lists the kinds of media that the row settles completely: the item has these
        and no others of the kind. Addresses count where no file of the kind was found.
        """
        refs: list[MediaRef] = []
        problems: list[RowProblem] = []
        settled: list[str] = []
        captions = values.get("image_captions") or []
        for group in dict.fromkeys(name.split("_")[0] for name in files):
            kind = _KIND_OF[group]
            found, lost = self._resolve(row, kind, files.get(f"{group}_paths", ()), captions)
            if not found:
                more, bad = self._resolve(row, kind, files.get(f"{group}_urls", ()), captions)
                found, lost = more, bad if more else lost + bad
            refs += found
            problems += lost
            if not lost:
                settled.append(kind)
        if not self._has_media_columns and self._kind == "item" and self._media is not None:
            refs = [self._ref(kind, r) for kind, r in self._media.named_after(values["external_id"])]
            settled = sorted({ref.kind for ref in refs})
        values["media_kinds"] = tuple(settled)
        return tuple(refs), problems

    def _ref(self, kind: MediaKind, reference: str, caption: str = "") -> MediaRef:
        assert self._media is not None
        return MediaRef(kind, caption=caption, **self._media.ref(reference))

    def _resolve(
        self, row: Row, kind: MediaKind, named: Sequence[tuple[str, str]], captions: Sequence[str]
    ) -> tuple[list[MediaRef], list[RowProblem]]:
        refs, problems = [], []
        for position, (name, column) in enumerate(named):
            caption = captions[position] if kind == "image" and position < len(captions) else ""
            if _URL.fullmatch(name):
                refs.append(MediaRef(kind, url=name, caption=caption))
                continue
            reference = self._media.find(name, self._table.name) if self._media is not None else ""
            if reference:
                refs.append(self._ref(kind, reference, caption))
            elif "://" in name:
                problems.append(self._lost(row, column, name, *_NO_ADDRESS))
            elif self._media is None:
                problems.append(self._lost(row, column, name, *_ONLY_THE_TABLE))
            else:
                problems.append(self._lost(row, column, name, *_NO_FILE))
        return refs, problems

    def _lost(self, row: Row, column: str, name: str, reason: str, remedy: str) -> RowProblem:
        return self._problem(row, column, say(reason, name=repr(name)), remedy)


def _put(values: dict[str, Any], cell: _Cell, value: Any) -> None:
    """Stores a parsed value; columns that share a field are joined in their order."""
    name = cell.name
    if name.startswith(ATTRIBUTE_PREFIX):
        # A blank cell is None, not left out: it empties what an earlier import filled.
        values.setdefault("attributes", {})[name.removeprefix(ATTRIBUTE_PREFIX)] = (
            None if value == "" else value
        )
    elif name == "attributes":
        values.setdefault("attributes", {}).update(value or {})
    elif name == "price":
        amount, currency = value or (None, "")
        values["price"] = amount
        if currency and not values.get("currency"):
            values["currency"] = currency
    elif name == "currency":
        values["currency"] = value or values.get("currency", "")
    elif name == "categories":
        paths = value or []
        values.setdefault("category", paths[0] if paths else "")
        if paths:
            values.setdefault("attributes", {})[cell.column] = paths
    elif name in MULTIPLE and values.get(name):
        joiner = " > " if name.startswith("category") else "\n\n"
        values[name] += joiner + value if value else ""
    else:
        values[name] = value if value is not None else _EMPTY.get(name, "")


_EMPTY: dict[str, Any] = {"value": None, "rating": None, "timestamp": None, "published_at": None}
