"""Media files kept by content: the name is the checksum, so nothing is stored twice."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from django.conf import settings

from recommender.contracts import MediaKind
from recommender.engine.preprocess.sniff import SNIFF_BYTES, MediaType, sniff_media
from recommender.errors import MediaError
from recommender.said import gettext_noop as _
from recommender.said import say
from recommender.services.stored import keep

#: Bytes a single file may have.
LIMITS: dict[MediaKind, int] = {"image": 64 << 20, "audio": 256 << 20, "video": 512 << 20}
_BLOCK = 1 << 18
#: what a file is, within a sentence
KIND_WORDS: dict[str, str] = {"image": _("a picture"), "audio": _("a sound"), "video": _("a film")}
#: Containers that hold a sound as well as a film.
_EITHER = frozenset({".mp4", ".ogg", ".webm", ".mkv", ".mov", ".m4a"})


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the media storage: its name there, sha256 (hex), size and type by content."""

    name: str
    checksum: str
    bytes: int
    mime: str


def store_media(file: Readable, kind: MediaKind, label: str) -> StoredFile:
    """Copy ``file`` into the media storage under its checksum.

    Args:
        file: read once, from where it stands.
        kind: what it is supposed to be.
        label: what people call it, for messages.

    Raises:
        MediaError: empty, too large, or by its first bytes something else than ``kind``; nothing is kept.
        StorageUnavailable.
    """
    with _draft() as draft:
        digest, size, head = hashlib.sha256(), 0, b""
        while block := file.read(_BLOCK):
            head = head or block[:SNIFF_BYTES]
            size += len(block)
            if size > LIMITS[kind]:
                told = say(_("{name} has more than {size} MB."), name=label, size=LIMITS[kind] >> 20)
                raise MediaError(told, _("Make the file smaller."))
            digest.update(block)
            draft.write(block)
        found = _checked_type(head, kind, label)
        checksum = digest.hexdigest()
        name = f"originals/{checksum[:2]}/{checksum}{found.suffix}"
        keep(draft, name)
    return StoredFile(name, checksum, size, found.mime)


def _checked_type(head: bytes, kind: MediaKind, label: str) -> MediaType:
    if not head:
        raise MediaError(say(_("{name} is empty."), name=label), _("Upload the file again."))
    found = sniff_media(head)
    if found is None:
        raise MediaError(
            say(_("{name} is neither a picture nor a sound nor a film that can be read."), name=label),
            _("Use JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF; MP3, WAV, FLAC, Ogg; MP4, WebM, MKV."),
        )
    either = found.suffix in _EITHER and kind != "image"
    if found.kind != kind and not either:
        told = _("{name} is {found}, not {wanted}.")
        raise MediaError(
            say(told, name=label, found=say(KIND_WORDS[found.kind]), wanted=say(KIND_WORDS[kind])),
            _("Put it where such files belong."),
        )
    return found


@contextmanager
def _draft() -> Iterator[IO[bytes]]:
    """A file of this machine, beside the media if they are here; gone at the end unless it was moved."""
    folder = Path(settings.MEDIA_ROOT) / "drafts"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as draft:
        try:
            yield draft
        finally:
            Path(draft.name).unlink(missing_ok=True)
