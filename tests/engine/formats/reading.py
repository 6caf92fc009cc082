"""Short ways to write a file and read it back, for the tests of this folder."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from recommender.contracts import RawRecord, RowProblem
from recommender.engine.formats import open_source


def read(path: Path, kind: str | None = None, mapping: Mapping[str, str] | None = None, **options):
    """(records, problems) of the file at ``path`` under the guessed or the given mapping."""
    with open_source(path, **options) as source:
        kind = kind or source.kind
        found = list(source.records(mapping or source.guess_mapping(kind), kind))
    return (
        [one for one in found if isinstance(one, RawRecord)],
        [one for one in found if isinstance(one, RowProblem)],
    )


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def write_lines(path: Path, rows: list[object]) -> Path:
    return write(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def write_zip(path: Path, files: Mapping[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path
