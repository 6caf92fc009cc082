"""Short ways to bring a file in, for the tests of imports."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from recommender.models import ImportBatch
from recommender.services import imports


def bring_in(path: Path, *, mapping: Mapping[str, str] | None = None, **options: Any) -> ImportBatch:
    """Import the first batch of the file at ``path``; its row, as it is afterwards."""
    keys = ("media_root", "kind")
    batch = imports.from_path(path, **{key: options.pop(key) for key in keys if key in options})[0]
    imports.start(batch, mapping=mapping, options=options, queue=False)
    imports.run_import(batch.pk)
    batch.refresh_from_db()
    return batch


def table(path: Path, rows: list[Mapping[str, Any]]) -> Path:
    """A CSV of ``rows``; the first one's keys are the header."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def archive(path: Path, files: Mapping[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w") as out:
        for name, content in files.items():
            out.writestr(name, content)
    return path


def picture(colour: str = "red", size: tuple[int, int] = (12, 9)) -> bytes:
    """A small PNG; equal for equal arguments."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def outcome(batch: ImportBatch) -> tuple[int, int, int, int]:
    """(created, updated, unchanged, rejected)."""
    return batch.created, batch.updated, batch.unchanged, batch.rejected
