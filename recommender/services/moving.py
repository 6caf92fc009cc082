"""Media of a folder brought into a storage that is elsewhere, as often as it takes to have them all."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage

from recommender.errors import RecommenderError
from recommender.services import stored

#: Folders of MEDIA_ROOT that hold what must last, and what somebody may be at just now.
FOLDERS = ("originals", "derived", "queries", "imports")
_THREADS, _AT_ONCE = 8, 64


def copy_media(root: Path) -> Iterator[tuple[int, int]]:
    """Copy what the storage does not have or has in another size; files and bytes of each portion.

    Raises:
        RecommenderError: media are kept on this machine. StorageUnavailable: it goes on where it was.
    """
    if not stored.is_remote():
        raise RecommenderError(
            "Media are kept on this machine.", "Set MEDIA_STORAGE to where they should go."
        )
    with ThreadPoolExecutor(_THREADS, "copy") as pool:
        for folder in FOLDERS:
            there = {entry.name: entry.bytes for entry in stored.files_below(folder)}
            missing = _missing(root, folder, there)
            while portion := list(islice(missing, _AT_ONCE)):
                yield len(portion), sum(pool.map(_copy, portion))


def _missing(root: Path, folder: str, there: dict[str, int]) -> Iterator[tuple[str, Path]]:
    for path in sorted((root / folder).rglob("*")):
        name = path.relative_to(root).as_posix()
        # What a process that was killed left half written.
        if path.is_file() and not path.name.startswith("tmp") and there.get(name) != path.stat().st_size:
            yield name, path


def _copy(one: tuple[str, Path]) -> int:
    """Also over what has another size there: a copy that was cut off, as a name stands for one content."""
    name, path = one
    with stored.answering(), path.open("rb") as file:
        default_storage.save(name, File(file))
    return path.stat().st_size
