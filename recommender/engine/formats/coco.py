"""MS COCO annotations: one JSON of pictures and what was said or marked in them."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import PurePosixPath
from textwrap import shorten
from typing import Any

import ijson

from recommender.contracts import RowProblem
from recommender.engine.formats.base import Blob, Opened, Row, Sample, json_fault
from recommender.errors import FormatError
from recommender.said import gettext_noop as _
from recommender.said import say

_COLUMNS = ("id", "file_name", "title", "captions", "objects", "coco_url", "width", "height")
_TITLE = 120  # characters
_BATCH = 1_000


class CocoTable:
    """One row a picture; captions and categories are joined to it on disk, so memory stays flat.

    Pictures and annotations stand in any order in the file, so it is read twice: first the annotations into
    a temporary database, then the pictures.
    """

    def __init__(self, blob: Blob) -> None:
        self._blob, self.name = blob, blob.name
        self.columns: tuple[str, ...] = _COLUMNS
        self._done = 0

    def progress(self) -> tuple[int, int]:
        return self._done + self._blob.consumed, 2 * self._blob.size

    def rows(self) -> Iterator[Row | RowProblem]:
        """Pictures, numbered as they stand in ``images``; FormatError where the file is cut off."""
        self._done = 0
        with closing(_scratch()) as database:
            try:
                names = self._load(database)
                self._done = self._blob.size
                yield from self._pictures(database, names)
            except (ijson.JSONError, UnicodeDecodeError) as error:
                told = _("{name} stops being JSON ({error}).")
                raise FormatError(
                    say(told, name=self.name, error=json_fault(error)),
                    _("Upload the whole file again."),
                ) from error

    def _load(self, database: sqlite3.Connection) -> dict[Any, str]:
        """All annotations into ``database``; names of the categories by id."""
        names: dict[Any, str] = {}
        rows: list[tuple[str, str, int | None]] = []
        insert = "INSERT INTO said VALUES (?, ?, ?)"
        with self._blob.open_json() as file:
            for where, value in _objects(file, "annotations", "categories"):
                if where == "categories":
                    names[value.get("id")] = str(value.get("name", ""))
                    continue
                rows.append(
                    (str(value.get("image_id")), str(value.get("caption") or ""), value.get("category_id"))
                )
                if len(rows) >= _BATCH:
                    database.executemany(insert, rows)
                    rows.clear()
        database.executemany(insert, rows)
        database.execute("CREATE INDEX said_of ON said (image)")
        return names

    def _pictures(self, database: sqlite3.Connection, names: dict[Any, str]) -> Iterator[Row | RowProblem]:
        query = "SELECT caption, category FROM said WHERE image = ? ORDER BY rowid"
        with self._blob.open_json() as file:
            for number, (_where, picture) in enumerate(_objects(file, "images"), 1):
                key = picture.get("id")
                if key is None:
                    reason, remedy = _("the picture has no id"), _("Give every picture an id.")
                    yield RowProblem(number, self.name, "id", "", reason, remedy, {})
                    continue
                said = database.execute(query, (str(key),)).fetchall()
                seen = Counter(names.get(category, "") for _caption, category in said if category is not None)
                captions = [caption.strip() for caption, _category in said if caption]
                yield Row(number, _cells(picture, captions, [name for name, _ in seen.most_common() if name]))


def _cells(picture: dict[str, Any], captions: list[str], objects: list[str]) -> dict[str, str]:
    """A row, called by what was said first, else by what is marked in the picture, else by its file."""
    name = str(picture.get("file_name") or "")
    title = captions[0] if captions else (", ".join(objects) or PurePosixPath(name).stem)
    return {
        "id": str(picture["id"]),
        "file_name": name,
        "title": shorten(title, _TITLE, placeholder="…"),
        "captions": "\n".join(captions),
        "objects": "|".join(objects),
        "coco_url": str(picture.get("coco_url") or picture.get("flickr_url") or ""),
        "width": str(picture.get("width") or ""),
        "height": str(picture.get("height") or ""),
    }


def _scratch() -> sqlite3.Connection:
    """A database in a temporary file that vanishes with the connection; no more than 8 MB of it in memory."""
    database = sqlite3.connect("", isolation_level=None)
    database.execute("PRAGMA cache_size = -8192")
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("CREATE TABLE said (image TEXT, caption TEXT, category INTEGER)")
    return database


def _objects(file: object, *keys: str) -> Iterator[tuple[str, dict]]:
    """Objects of the arrays under the top-level ``keys``, streamed in the order of the file."""
    wanted = {f"{key}.item": key for key in keys}
    builder: ijson.ObjectBuilder | None = None
    inside = ""
    for prefix, event, value in ijson.parse(file, use_float=True):
        if builder is None:
            if event == "start_map" and prefix in wanted:
                builder, inside = ijson.ObjectBuilder(), prefix
                builder.event(event, value)
            continue
        # Outlines and other nested geometry are of no use here and may be large.
        builder.event(event, value)
        if event == "end_map" and prefix == inside:
            yield wanted[inside], builder.value
            builder = None


class Coco:
    """MS COCO captions or instances."""

    name, label, suffixes = "coco", "MS COCO annotations", (".json",)

    def recognise(self, sample: Sample) -> int:
        start = sample.head.lstrip(b"\xef\xbb\xbf \t\r\n")
        if not start.startswith(b"{"):
            return 0
        has_images = b'"images"' in sample.head or b'"annotations"' in sample.head
        looks = b'"file_name"' in sample.head or b'"image_id"' in sample.head or b'"info"' in sample.head
        if not has_images or not looks:
            return 0
        first_line = start.split(b"\n", 1)[0]
        try:
            whole = json.loads(first_line)
        except (ValueError, RecursionError):
            return 90
        return 90 if isinstance(whole.get("images"), list) and "annotations" in whole else 0

    def open(self, sample: Sample) -> Opened:
        return Opened([CocoTable(sample.blob)])
