"""A table of texts, pictures and sounds scored row by row, into a table beside it."""

from __future__ import annotations

import csv
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.db import DatabaseError

from analytics.contracts import Spoken
from analytics.engine.sentiment.cells import OUTPUTS, cells_of
from analytics.engine.sentiment.crew import Crew, result_of, usual
from analytics.services.scoring import plugs
from analytics.services.scoring.content import photo_encoder, prompts_for
from analytics.services.scoring.model import load_with_aspects, scorer_and_folder, site_aspects
from recommender.contracts import Clip
from recommender.engine.formats.base import MAX_FIELD, Blob
from recommender.engine.formats.encodings import detect_encoding, open_text
from recommender.errors import FormatError, RecommenderError

if TYPE_CHECKING:
    from analytics.engine.sentiment import Scorer
    from recommender.engine.encoders import Encoder

INPUTS = ("text", "image", "audio")
#: That of the speaker, for recognisers that do not find it out; no file needs to have it.
LANGUAGE = "language"
_PORTION = 64
#: Rows that are scored before others help: starting them takes as long as some thousand texts do.
FEW = 4096
#: Texts that each of those is given at once.
_HANDED_OVER = 256
Say = Callable[[str], None]
Cells = tuple[str, ...]


@dataclass(slots=True)
class _Row:
    """One row: its number as a person counts (the header is 1), its cells, and what is read of them."""

    number: int
    cells: dict[str, str]
    image: np.ndarray | None = None
    clip: Clip | None = None
    problems: list[str] = field(default_factory=list)


def score_file(
    source: Path, target: Path, *, processes: int | None = None, say: Say = lambda line: None
) -> int:
    """Score every row of a CSV with columns text, image and audio; says how many rows.

    Any of the three may be empty or absent; paths are relative to the file. A column ``language`` says what
    is spoken, for recognisers that do not find it out. All columns are kept and ``OUTPUTS`` added; a column
    of the file with one of those names is kept as ``given_`` and its name. A file that cannot be read is
    named in its row, and the rest of the row is scored. The result is written aside and renamed, so that it
    is whole or not there.

    Args:
        processes: that score texts side by side after the first ``FEW`` rows; as many as cores, at most 16,
            where it is not given; none beside this one where the settings plug in a text model.
        say: is given a line for each row with problems.

    Raises:
        FormatError: the table cannot be read, or has none of the three columns.
        RecommenderError: a process that scored has ended, as when memory runs out.
    """
    if target.exists() and source.exists() and os.path.samefile(source, target):
        raise FormatError(f"{target} is the input.", "Name another file for the result.")
    reader = _Reader(source)
    scorer = _Scorer(source.resolve().parent)
    draft = target.with_name(f"{target.name}.part")
    count = 0
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow([*reader.kept, *OUTPUTS])
            for row, cells in scorer.told(reader.rows(), processes):
                problems = " ".join(filter(None, [*row.problems, cells[-1]]))
                out.writerow([*row.cells.values(), *cells[:-1], problems])
                if problems:
                    say(f"Row {row.number}: {problems}")
                count += 1
        draft.replace(target)
    except OSError as error:
        raise FormatError(
            f"{target} cannot be written ({error.strerror}).", "Check the folder and its rights."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return count


class _Reader:
    """The table; ``kept`` are the names of its columns as they are written."""

    def __init__(self, source: Path) -> None:
        self._source = source
        csv.field_size_limit(MAX_FIELD)
        try:
            self._blob = Blob(source.name, source.stat().st_size, lambda: source.open("rb"))
            self._encoding = detect_encoding(self._blob)
        except OSError as error:
            raise FormatError(
                f"{source} cannot be read ({error.strerror}).", "Check the name of the file."
            ) from error
        header = next(self._cells(), None)
        if header is None:
            raise FormatError(f"{source.name} is empty.", "Its first row must name the columns.")
        self.columns = [name.strip() for name in header]
        if not set(INPUTS) & set(self.columns):
            raise FormatError(
                f"{source.name} has none of the columns {', '.join(INPUTS)}.", "Name at least one of them so."
            )
        if double := {name for name in self.columns if self.columns.count(name) > 1}:
            raise FormatError(
                f"{source.name} has {', '.join(sorted(double))} more than once.", "Rename all but one."
            )
        self.kept = [f"given_{name}" if name in OUTPUTS else name for name in self.columns]

    def rows(self) -> Iterator[_Row]:
        """Rows with cells for every column; cells beyond the last one are told as a problem."""
        cells = self._cells()
        next(cells)
        for number, values in enumerate(cells, 2):
            if not values:
                continue
            padded = [*values, *[""] * (len(self.columns) - len(values))]
            row = _Row(number, dict(zip(self.columns, padded, strict=False)))
            if len(values) > len(self.columns):
                row.problems.append(f"There are {len(values)} cells for {len(self.columns)} columns.")
            yield row

    def _cells(self) -> Iterator[list[str]]:
        """Cells as text; bytes that are no characters become question marks."""
        with open_text(self._blob, self._encoding) as file:
            lines = (line.replace("\x00", "").encode("utf-8", "replace").decode("utf-8") for line in file)
            try:
                yield from csv.reader(lines)
            except csv.Error as error:
                raise FormatError(
                    f"{self._source.name} is no CSV ({error}).",
                    "Save it anew as CSV, cells in double quotes.",
                ) from error


class _Scorer:
    """Reads the files of rows below a folder, and scores; the encoder is loaded with the first picture."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._scorer, self._weights = _scorer()
        self._encoder: Encoder | None = None
        self._prompts: np.ndarray | None = None
        self._refused: RecommenderError | None = None

    def told(self, rows: Iterator[_Row], processes: int | None) -> Iterator[tuple[_Row, Cells]]:
        """Every row, in order, with the cells of ``OUTPUTS``; what its files lack is told in the row."""
        yield from self._alone(islice(rows, FEW))
        first = next(rows, None)
        if first is None:
            return
        rows = chain([first], rows)
        # A text model of somebody else's is large, and may be on the only GPU there is.
        processes = (processes or usual()) if plugs.loaded_text() is None else 1
        if processes == 1:
            yield from self._alone(rows)
            return
        with Crew(cells_of, self._weights, aspects_file=site_aspects(), processes=processes) as crew:
            yield from self._beside(rows, crew)

    def _alone(self, rows: Iterator[_Row]) -> Iterator[tuple[_Row, Cells]]:
        """As ``told``, all in this process."""
        while portion := list(islice(rows, _PORTION)):
            yield from zip(portion, self._score(portion), strict=True)

    def _beside(self, rows: Iterator[_Row], crew: Crew) -> Iterator[tuple[_Row, Cells]]:
        """As ``told``; texts are scored by the crew, and rows with media here meanwhile."""
        waiting: deque[tuple[list[_Row], Callable[[], Iterable[Cells]]]] = deque()
        while portion := list(islice(rows, _HANDED_OVER)):
            waiting.append((portion, self._begun(portion, crew)))
            if len(waiting) > 2 * crew.processes:
                portion, cells = waiting.popleft()
                yield from zip(portion, cells(), strict=True)
        for portion, cells in waiting:
            yield from zip(portion, cells(), strict=True)

    def _begun(self, rows: list[_Row], crew: Crew) -> Callable[[], Iterable[Cells]]:
        """What gives the cells of ``rows``, once the crew has come to them."""
        media = [row for row in rows if any(row.cells.get(name, "").strip() for name in ("image", "audio"))]
        apart = {row.number for row in media}
        texts = [row for row in rows if row.number not in apart]
        future = crew.score([row.cells.get("text", "") for row in texts]) if texts else None
        here = {row.number: cells for row, cells in self._alone(iter(media))}

        def cells() -> Iterable[Cells]:
            there = iter(result_of(future) if future else ())
            return [here[row.number] if row.number in apart else next(there) for row in rows]

        return cells

    def _score(self, rows: list[_Row]) -> list[Cells]:
        """The cells of rows whose files are read here."""
        for row in rows:
            if path := row.cells.get("audio", "").strip():
                row.clip = self._clip(row, path)
        self._encode([row for row in rows if row.cells.get("image", "").strip()])
        return [cells_of(one) for one in self._scorer.score([self._spoken(row) for row in rows])]

    def _spoken(self, row: _Row) -> Spoken:
        return Spoken(
            text=row.cells.get("text", ""),
            images=row.image,
            clips=(row.clip,) if row.clip is not None else (),
            prompts=self._prompts if row.image is not None else None,
            language=row.cells.get(LANGUAGE, "").strip(),
        )

    def _clip(self, row: _Row, path: str) -> Clip | None:
        from recommender.engine.preprocess.audio import load_clip

        try:
            return load_clip(self._found(path))
        except RecommenderError as error:
            row.problems.append(f"{path}: {error.message}")
            return None

    def _encode(self, rows: list[_Row]) -> None:
        from recommender.engine.preprocess.image import open_image

        readable = []
        for row in rows:
            path = row.cells["image"].strip()
            try:
                encoder = self._loaded()
                picture = open_image(self._found(path), fit=2 * getattr(encoder, "image_size", 0))
                readable.append((row, picture))
            except RecommenderError as error:
                row.problems.append(f"{path}: {error.message}")
        if readable:
            vectors = self._loaded().encode_images([picture for _row, picture in readable])
            for (row, _picture), vector in zip(readable, vectors, strict=True):
                row.image = vector[None]

    def _found(self, path: str) -> Path:
        place = self._folder / path
        try:
            there = place.is_file()
        except (OSError, ValueError):  # a name that is too long, or holds a NUL
            there = False
        if not there:
            raise RecommenderError("There is no such file.")
        return place

    def _loaded(self) -> Encoder:
        """The encoder; what kept it from being loaded is told for every picture, and tried once."""
        if self._refused is not None:
            raise self._refused
        if self._encoder is None:
            try:
                encoder = _encoder()
                self._prompts = prompts_for(encoder, self._scorer)
                self._encoder = encoder
            except RecommenderError as error:
                self._refused = error
                raise
        return self._encoder


def _scorer() -> tuple[Scorer, Path | None]:
    """The scorer in service and its folder; before there is a database, the one that ships."""
    try:
        return scorer_and_folder()
    except DatabaseError:
        return load_with_aspects(None), None


def _encoder() -> Encoder:
    try:
        return photo_encoder()
    except DatabaseError:
        from django.conf import settings

        from recommender.services.loaded import loaded_encoder

        return loaded_encoder(settings.ENCODER)
