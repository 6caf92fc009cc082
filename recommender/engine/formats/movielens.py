"""MovieLens as it is distributed: no headers; bars, tabs or double colons; the Latin letters of 1998."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recommender.contracts import RowProblem
from recommender.engine.formats.base import Opened, Row, Sample
from recommender.engine.formats.delimited import DelimitedTable
from recommender.engine.formats.encodings import detect_encoding
from recommender.errors import FormatError
from recommender.said import gettext_noop as _
from recommender.said import say

_GENRES = """
    unknown Action Adventure Animation Children's Comedy Crime Documentary Drama Fantasy Film-Noir Horror
    Musical Mystery Romance Sci-Fi Thriller War Western
"""
GENRES = tuple(_GENRES.split())
_RATING_COLUMNS = ("user_id", "movie_id", "rating", "timestamp")
_ITEM_COLUMNS = ("movie_id", "title", "release", "video_release", "imdb_url", *GENRES)
_DATE = re.compile(r"\d{2}-[A-Z][a-z]{2}-\d{4}|")
_RATING = re.compile(r"\d+(\t|::)\d+(\t|::)[0-5](\.[05])?(\t|::)\d{6,}")
_MOVIE = re.compile(r"\d+::.+::[\w\-'|() ]+")
_PERSON = re.compile(r"\d+(\||::)(\d+(\||::)[MF]|[MF](\||::)\d+)(\||::)")


class _MovieTable:
    """``u.item``: the nineteen flags of a film become one list of genres."""

    columns: tuple[str, ...] = ("movie_id", "title", "release", "genres")

    def __init__(self, inner: DelimitedTable) -> None:
        self._inner, self.name = inner, inner.name

    def progress(self) -> tuple[int, int]:
        return self._inner.progress()

    def rows(self) -> Iterator[Row | RowProblem]:
        for row in self._inner.rows():
            if isinstance(row, RowProblem):
                yield row
                continue
            cells = {name: row.cells[name] for name in self.columns[:3]}
            cells["genres"] = "|".join(genre for genre in GENRES if row.cells[genre].strip() == "1")
            yield Row(row.number, cells)


class MovieLens:
    """MovieLens 100K and 1M: u.item, u.data, movies.dat, ratings.dat."""

    name, label, suffixes = "movielens", "MovieLens", (".item", ".data", ".dat", ".base", ".test")

    def recognise(self, sample: Sample) -> int:
        return 95 if self._shape(sample) else 0

    def _shape(self, sample: Sample) -> str:
        lines = [line for line in sample.lines[:20] if line]
        if not lines:
            return ""
        if all(_RATING.fullmatch(line) for line in lines):
            return "ratings"
        if all(_is_film(line) for line in lines):
            return "films"
        if all(_MOVIE.fullmatch(line) for line in lines):
            return "movies"
        return "people" if all(_PERSON.match(line) for line in lines) else ""

    def open(self, sample: Sample) -> Opened:
        blob, shape = sample.blob, self._shape(sample)
        if shape == "people":
            raise FormatError(
                say(_("{name} lists people; there is nothing in it to import."), name=blob.name),
                _("Upload the films and the ratings: people come with their ratings."),
            )
        encoding = detect_encoding(blob, otherwise="latin-1")
        separator = "::" if "::" in sample.lines[0] else "|" if shape == "films" else "\t"
        if shape == "films":
            return Opened(
                [_MovieTable(DelimitedTable(blob, encoding, separator, _ITEM_COLUMNS, quoted=False))]
            )
        columns = _RATING_COLUMNS if shape == "ratings" else ("movie_id", "title", "genres")
        return Opened([DelimitedTable(blob, encoding, separator, columns, quoted=False)])


def _is_film(line: str) -> bool:
    cells = line.split("|")
    return len(cells) == len(_ITEM_COLUMNS) and cells[0].isdigit() and set(cells[5:]) <= {"0", "1"}
