"""The media storage, a folder of this machine or a bucket that several share; all ask it through here.

Files are named by their content or at random: what is behind a name never changes, and is there as a whole or
not at all. A bucket that does not answer is ``StorageUnavailable``, whatever was asked of it; where it is
well and keeps back a single file, that file is a ``MediaError``. A folder raises its own OSError: a disk that
is full or may not be written to does not mend itself, so nothing waits for it.
"""

from __future__ import annotations

import errno
import logging
import os
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage, storages

from recommender.errors import MediaError, StorageUnavailable
from recommender.said import gettext_noop as _
from recommender.said import say

log = logging.getLogger(__name__)

_BLOCK = 64 * 1024
_WARN_SECONDS = 10.0
_warned_at = float("-inf")
#: Answers by which a server asks for patience, and says nothing of the file.
_BUSY = frozenset({0, 408, 429, 503})


@contextmanager
def answering(name: str = "") -> Iterator[None]:
    """What a remote storage raises, but that a file is not there, as ``StorageUnavailable``.

    Args:
        name: a file that is only read. Where the storage keeps back this one and is well otherwise, that is a
            ``MediaError``. Of what is written no such difference is made: its name is made of its content,
            which no server judges by.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        if not is_remote():
            raise
        if name and getattr(error, "status", 0) not in _BUSY and not _standing.problem():
            told = say(_("{name} cannot be read ({error})."), name=Path(name).name, error=str(error))
            raise MediaError(told, _("Try again."), permanent=False) from error
        _warn(error)
        raise unavailable() from error


def _warn(error: OSError) -> None:
    """Not once for every thumbnail of every page."""
    global _warned_at
    if time.monotonic() - _warned_at >= _WARN_SECONDS:
        _warned_at = time.monotonic()
        log.warning("The media storage cannot be used: %s", error)


def unavailable() -> StorageUnavailable:
    """The error, without the particulars, which may name machines; they are its cause and in the log."""
    return StorageUnavailable(_("The media storage cannot be used now."), _("Try again soon."))


def must_answer() -> None:
    """``StorageUnavailable`` where the storage is not on this machine and does not answer."""
    if is_remote():
        with answering():
            default_storage.exists("x")


def is_remote() -> bool:
    """Whether files have no path on this machine."""
    return local_path("x") is None


def local_path(name: str) -> Path | None:
    """Where a file lies, or would; None where the storage is not on this machine."""
    try:
        return Path(default_storage.path(name))
    except NotImplementedError:
        return None


def problem_now() -> str:
    """Why a storage that is not on this machine cannot be used, in its own words; "" where it can."""
    return _problem_of("probe")


def keeping_problem_now() -> str:
    """Why such a storage takes nothing that is to be kept; "" where it does. A small file is kept there."""
    return _problem_of("probe_keeping")


def _problem_of(name: str) -> str:
    probe: Any = getattr(default_storage, name, None)
    try:
        if probe is not None:
            probe()
    except OSError as error:
        return str(error)
    return ""


class _Standing:
    """Whether the storage as a whole is well: asked once for the many files of a portion."""

    _KEPT_SECONDS = 5.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: tuple[Storage | None, float, str] = (None, 0.0, "")

    def problem(self) -> str:
        with self._lock:
            storage, at, problem = self._asked
            if storage is not storages["default"] or time.monotonic() - at >= self._KEPT_SECONDS:
                problem = problem_now()
                self._asked = (storages["default"], time.monotonic(), problem)
            return problem


_standing = _Standing()


# -- reading -----------------------------------------------------------------------------------------------


def exists(name: str) -> bool:
    """Whether a file is there. MediaError: it is kept back. StorageUnavailable."""
    with answering(name):
        return default_storage.exists(name)


@contextmanager
def local_file(name: str) -> Iterator[Path]:
    """A stored file as one of this machine; of a remote storage, a copy for as long as it is needed.

    Raises:
        MediaError: it is not there, or kept back. StorageUnavailable.
    """
    path = local_path(name)
    if path is not None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="mmsite-") as folder:
        copy = Path(folder) / Path(name).name
        try:
            fetch(name, copy)
        except FileNotFoundError as error:
            told = say(_("{name} does not exist."), name=copy.name)
            raise MediaError(told, _("Upload it again.")) from error
        yield copy


def fetch(name: str, target: Path) -> None:
    """Copy a stored file to ``target``; errors as of ``content_of``."""
    with answering(name), target.open("wb") as copy:
        for block in _opened(name).blocks:
            copy.write(block)


def content_of(name: str) -> bytes:
    """A small file in memory.

    Raises:
        FileNotFoundError: it is not there. MediaError: it is kept back. StorageUnavailable; of a folder an
        OSError.
    """
    with answering(name):
        return b"".join(_opened(name).blocks)


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a file, and how many the whole has."""

    size: int
    blocks: Iterable[bytes]


def size_of(name: str) -> int:
    """Bytes of a file; FileNotFoundError where it is not there."""
    with answering():
        return _size(name)


def _size(name: str) -> int:
    path = local_path(name)
    try:
        if path is not None and not path.is_file():
            raise FileNotFoundError(name)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # so no such file can be there
            raise FileNotFoundError(name) from error
        raise
    return default_storage.size(name)


def open_part(name: str, start: int = 0, stop: int | None = None) -> Part:
    """The bytes of a file from ``start`` to ``stop`` (exclusive; None: its end).

    Raises:
        FileNotFoundError: it is not there. StorageUnavailable; while reading, and of a folder, an OSError.
    """
    with answering():
        return _opened(name, start, stop)


def _opened(name: str, start: int = 0, stop: int | None = None) -> Part:
    ranged: Any = getattr(default_storage, "open_part", None)
    if ranged is not None:
        return Part(*ranged(name, start, stop))
    size = _size(name)
    return Part(size, _blocks(default_storage.open(name), start, size if stop is None else stop))


def _blocks(file: Any, start: int, stop: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = stop - start
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block


# -- writing -----------------------------------------------------------------------------------------------


def put(name: str, content: bytes) -> None:
    """Keep ``content`` under ``name``, which names its content: whole or not at all, and only once."""
    with answering():
        target = local_path(name)
        if target is None:
            if not default_storage.exists(name):
                default_storage.save(name, ContentFile(content))
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as draft:
            try:
                draft.write(content)
                draft.flush()
                os.chmod(draft.name, 0o644)
                os.replace(draft.name, target)
            finally:
                Path(draft.name).unlink(missing_ok=True)


def keep(draft: IO[bytes], name: str) -> None:
    """Put a file of this machine, open as ``draft``, under ``name``: moved there, or sent as a copy."""
    with answering():
        draft.flush()
        target = local_path(name)
        if target is None:
            if not default_storage.exists(name):
                draft.seek(0)
                default_storage.save(name, File(draft))
            return
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        os.chmod(draft.name, 0o644)
        os.replace(draft.name, target)


# -- tidying up --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the storage."""

    name: str
    bytes: int
    changed_at: datetime


def files_below(folder: str) -> list[Entry]:
    """Every file in ``folder`` and the folders in it; none where it is not there."""
    listed: Any = getattr(default_storage, "entries", None)
    with answering():
        return [Entry(*one) for one in (listed(folder) if listed is not None else _walked(folder))]


def _walked(folder: str) -> Iterator[tuple[str, int, datetime]]:
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in (f"{folder}/{name}" for name in names):
        try:
            yield name, default_storage.size(name), default_storage.get_modified_time(name)
        except FileNotFoundError:  # removed meanwhile
            continue
    for name in folders:
        yield from _walked(f"{folder}/{name}")


def remove(name: str) -> None:
    """Remove a file; one that is gone is no error."""
    with answering():
        default_storage.delete(name)
