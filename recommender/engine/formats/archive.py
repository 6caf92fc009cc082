"""ZIP archives: tables and media together, read in place, never unpacked to disk."""

from __future__ import annotations

import posixpath
import re
import stat
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from recommender.contracts import MediaKind, MediaRef
from recommender.engine.formats.base import MAX_MEDIA_BYTES, Blob, Opened, Sample, Table
from recommender.engine.formats.members import MemberIndex, media_kind
from recommender.errors import FormatError, MediaError
from recommender.said import gettext_noop as _
from recommender.said import say

MAX_MEMBERS = 500_000
MAX_UNPACKED = 64 << 30  # bytes in all
MAX_RATIO = 250  # unpacked to packed, for members above RATIO_FROM
RATIO_FROM = 16 << 20

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
_NESTED = re.compile(r"\.(zip|tar|tgz|gz|bz2|xz|zst|7z|rar)$", re.IGNORECASE)
_JUNK = re.compile(r"(^|/)(__MACOSX/|\.[^/]+$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_WHOLE = _("Make the archive again and upload the whole of it.")
_SPLIT = _("Split it.")
_UNPACK = _("Unpack that one into this one.")


class Archive:
    """The files of a ZIP that passed every check, and the media among them."""

    def __init__(self, path: Path, name: str) -> None:
        self.name, self._size = name, path.stat().st_size
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGED as error:
            told = say(_("{name} is not a whole ZIP archive ({error})."), name=name, error=str(error))
            raise FormatError(told, _WHOLE) from error
        try:
            self._members = self._checked()
        except BaseException:
            self._zip.close()
            raise
        self._index = MemberIndex({path: path for path in self._members})

    # -- checks ------------------------------------------------------------------------------------------

    def _checked(self) -> dict[str, zipfile.ZipInfo]:
        """Members by clean path; FormatError for an archive that is not what an honest tool makes."""
        infos = [info for info in self._zip.infolist() if not info.filename.endswith("/")]
        if len(infos) > MAX_MEMBERS:
            told = _("{name} holds {count} files; {limit} are the limit.")
            raise self._error(told, _SPLIT, count=f"{len(infos):,}", limit=f"{MAX_MEMBERS:,}")
        if sum(info.compress_size for info in infos) > self._size:
            told = _("{name}: its files overlap, so it would unpack to more than it holds.")
            raise self._error(told, _WHOLE)
        if sum(info.file_size for info in infos) > MAX_UNPACKED:
            told = _("{name} would unpack to more than {limit} GiB.")
            raise self._error(told, _SPLIT, limit=MAX_UNPACKED >> 30)
        members: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            clean = self._clean_path(info)
            if _JUNK.search(clean):
                continue
            self._check_content(info, clean)
            members[clean] = info
        return members

    def _error(self, text: str, remedy: str, **values: Any) -> FormatError:
        return FormatError(say(text, name=self.name, **values), remedy)

    def _clean_path(self, info: zipfile.ZipInfo) -> str:
        name = _real_name(info).replace("\\", "/")
        parts = name.split("/")
        if not name or name.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", name) or "\0" in name:
            raise self._error(
                _("{name} holds a path that leaves its own folder: {path}."),
                _("Make the archive again from inside its folder, with relative paths."),
                path=repr(name[:200]),
            )
        mode = info.external_attr >> 16
        if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            told = _("{name}: {path} is a link or a device, not a file.")
            raise self._error(told, _("Put in the file itself."), path=repr(name[:200]))
        return posixpath.normpath(name)

    def _check_content(self, info: zipfile.ZipInfo, name: str) -> None:
        if info.flag_bits & 0x1:
            told = _("{name} is protected by a password ({path}).")
            raise self._error(told, _("Upload it without one."), path=name[:200])
        if _NESTED.search(name):
            raise self._error(_("{name} holds another archive, {path}."), _UNPACK, path=name[:200])
        growth = info.file_size / max(1, info.compress_size)
        if info.file_size > RATIO_FROM and growth > MAX_RATIO:
            raise self._error(
                _("{name}: {path} would grow to {times} times its size."),
                _("Upload that file outside of an archive."),
                path=name[:200],
                times=f"{growth:.0f}",
            )

    # -- reading -----------------------------------------------------------------------------------------

    def data_blobs(self) -> list[Blob]:
        """The files that are no media, in the order of their paths."""
        return [
            Blob(name, info.file_size, lambda info=info, name=name: self._open(info, name))  # type: ignore[misc]
            for name, info in sorted(self._members.items())
            if not media_kind(name)
        ]

    def _open(self, info: zipfile.ZipInfo, name: str) -> BinaryIO:
        try:
            return cast(BinaryIO, _Member(self._zip.open(info), f"{self.name}: {name}"))
        except _DAMAGED as error:
            told = _("{name}: {path} cannot be read ({error}).")
            raise self._error(told, _WHOLE, path=name, error=str(error)) from error

    def find(self, name: str, near: str) -> str:
        return self._index.find(name, near)

    def named_after(self, key: str) -> list[tuple[MediaKind, str]]:
        return self._index.named_after(key)

    def ref(self, reference: str) -> dict[str, str]:
        return {"member": reference}

    def fingerprint(self, reference: str) -> str:
        info = self._members[reference]
        return f"{info.file_size}:{info.CRC:08x}"

    def open(self, ref: MediaRef) -> BinaryIO:
        """The member; reading a damaged one raises FormatError. MediaError when it is too large."""
        info = self._members.get(ref.member)
        if info is None:
            told = say(_("{name} holds no file {path}."), name=self.name, path=repr(ref.member))
            raise MediaError(told, _("Correct the name."))
        if info.file_size > MAX_MEDIA_BYTES:
            told = say(_("{name} has more than {size} MB."), name=ref.member, size=MAX_MEDIA_BYTES >> 20)
            raise MediaError(told, _("Make the file smaller."))
        return self._open(info, ref.member)

    def close(self) -> None:
        self._zip.close()


class _Member:
    """A member being read: no more than the directory says it has, and damage named."""

    def __init__(self, inner: IO[bytes], name: str) -> None:
        self._inner, self.name = inner, name

    def read(self, size: int = -1) -> bytes:
        try:
            return self._inner.read(size)
        except _DAMAGED as error:
            told = say(_("{name} is damaged or cut off ({error})."), name=self.name, error=str(error))
            raise FormatError(told, _WHOLE) from error

    def close(self) -> None:
        self._inner.close()

    def __enter__(self) -> _Member:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _real_name(info: zipfile.ZipInfo) -> str:
    """The name as its maker wrote it: without the UTF-8 flag it is often UTF-8 or GB18030 all the same."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


class ZipArchive:
    """A ZIP of tables (CSV, TSV, JSONL, COCO, MovieLens) and media folders."""

    name, label, suffixes = "zip", "ZIP archive", (".zip",)

    def recognise(self, sample: Sample) -> int:
        starts = sample.head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))
        return 99 if starts or sample.blob.suffix == ".zip" else 0

    def open(self, sample: Sample) -> Opened:
        from recommender.engine.formats.registry import open_tables

        if sample.path is None:
            told = say(_("{name} is an archive within an archive."), name=sample.blob.name)
            raise FormatError(told, _UNPACK)
        archive = Archive(sample.path, sample.blob.name)
        try:
            tables: list[Table] = open_tables(archive.data_blobs(), within=sample.blob.name)
        except BaseException:
            archive.close()
            raise
        return Opened(tables, archive)
