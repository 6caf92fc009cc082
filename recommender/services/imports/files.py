"""Uploaded catalogues: kept in the media storage, and read from a file of this machine.

A catalogue is read by jumping about in it. Where the storage is elsewhere, each machine that reads one has a
copy, in the same place under MEDIA_ROOT where a storage on this machine keeps the file itself.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from recommender.errors import FormatError, MediaError, StorageUnavailable
from recommender.models import ImportBatch
from recommender.said import gettext_noop as _
from recommender.said import say
from recommender.services import stored

log = logging.getLogger(__name__)

FOLDER = "imports"  # of the storage; never served
_SPARE = 256 << 20  # bytes of disk to leave free
_UNUSED_SECONDS = 24 * 3600.0
#: Names of uploads and of their drafts, by which they are told from what somebody put in the folder.
_DRAWN = re.compile(rf"{FOLDER}/(tmp-)?[0-9a-f]{{32}}([.-][^/]*)?")


def receive(file: UploadedFile, name: str) -> tuple[Path, str]:
    """Write an upload to this machine's disk; where it lies, and its sha256.

    Raises:
        FormatError: there is no room for it.
    """
    path = _folder() / f"{uuid.uuid4().hex}{Path(name).suffix.lower()[:10]}"
    _check_room(file.size or 0, name)
    digest = hashlib.sha256()
    with _written(path) as draft:
        for block in file.chunks(1 << 20):
            digest.update(block)
            draft.write(block)
    return path, digest.hexdigest()


def share(path: Path) -> str:
    """Keep a received file in the storage, for every machine; its name there. StorageUnavailable."""
    name = f"{FOLDER}/{path.name}"
    if stored.is_remote():
        with path.open("rb") as file:
            stored.keep(file, name)
    return name


def file_of(batch: ImportBatch) -> Path:
    """The file of ``batch`` on this machine, fetched if it is not here yet.

    Raises:
        FormatError: it is gone, or there is no room for it. StorageUnavailable.
    """
    path = place_of(batch)
    if batch.options.get("local") or not stored.is_remote():
        is_here = path.exists()
    else:
        is_here = _mark_used(path) or _fetch(batch, path)
    if not is_here:
        told = say(_("The file {name} is no longer there."), name=batch.filename)
        raise FormatError(told, _("Upload it again."))
    return path


def _mark_used(copy: Path) -> bool:
    """Give a copy another day; False where it is not there, or was removed just now."""
    try:
        os.utime(copy)
    except FileNotFoundError:
        return False
    return True


def _fetch(batch: ImportBatch, copy: Path) -> bool:
    """Whether the storage has the file."""
    _check_room(batch.bytes, batch.filename)
    try:
        with _written(copy) as draft:
            stored.fetch(batch.path, Path(draft.name))
    except FileNotFoundError:
        log.info("The file of import %s is not in the media storage.", batch.pk)
        return False
    return True


def place_of(batch: ImportBatch) -> Path:
    """Where the file of ``batch``, or this machine's copy of it, lies if it is here."""
    return Path(batch.path) if batch.options.get("local") else Path(settings.MEDIA_ROOT) / batch.path


def discard(path: Path) -> None:
    """Remove a file and this machine's copy; what a storage that is away keeps goes with ``left_over``."""
    path.unlink(missing_ok=True)
    if not stored.is_remote():
        return
    try:
        stored.remove(f"{FOLDER}/{path.name}")
    except StorageUnavailable:
        log.warning("%s stays in the media storage until it is tidied up.", path.name)


def left_over() -> list[stored.Entry]:
    """Files of the storage, named by this site, that no batch is to be read from any more."""
    needed = _needed()
    found = [entry for entry in stored.files_below(FOLDER) if _DRAWN.fullmatch(entry.name)]
    return [entry for entry in found if entry.name not in needed]


def may_go(paths: Iterable[Path]) -> list[Path]:
    """Those of some old files of this machine that are no uploads, or copies that can be had again.

    What a batch is still to be read from stays until the storage is known to have it: a site may be given a
    bucket before its files are brought there. What somebody put in the folder under another name stays too.
    """
    root, needed = Path(settings.MEDIA_ROOT), _needed()
    found = []
    for path in paths:
        name = path.relative_to(root).as_posix() if path.is_relative_to(root / FOLDER) else None
        if name is None or (_DRAWN.fullmatch(name) and (name not in needed or _is_kept(name))):
            found.append(path)
    return found


def _needed() -> set[str]:
    over = [ImportBatch.State.DONE, ImportBatch.State.FAILED, ImportBatch.State.CANCELLED]
    return set(ImportBatch.objects.exclude(state__in=over).values_list("path", flat=True))


def _is_kept(name: str) -> bool:
    try:
        return stored.exists(name)
    except (MediaError, StorageUnavailable):
        return False


def _folder() -> Path:
    """The folder of files, or copies; of copies, what was not used for a day goes."""
    folder = Path(settings.MEDIA_ROOT) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    if stored.is_remote() and (unused := [path for path in folder.iterdir() if _is_unused(path)]):
        for path in filter(_is_unused, may_go(unused)):  # not taken up meanwhile
            path.unlink(missing_ok=True)
    return folder


def _is_unused(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_mtime < time.time() - _UNUSED_SECONDS
    except FileNotFoundError:  # removed meanwhile
        return False


def _check_room(size: int, name: str) -> None:
    if shutil.disk_usage(_folder()).free < size + _SPARE:
        told = say(_("There is no room on the disk for {name}."), name=name)
        raise FormatError(told, _("Ask the operator to make some."))


@contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    """A draft that takes the place ``path`` when all of it is there."""
    with tempfile.NamedTemporaryFile(prefix=f"tmp-{path.name}-", dir=path.parent, delete=False) as draft:
        try:
            yield draft
            draft.flush()
            Path(draft.name).rename(path)
        finally:
            Path(draft.name).unlink(missing_ok=True)
