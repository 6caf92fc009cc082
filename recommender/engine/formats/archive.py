"""ZIP archives: tables and media together, read in place, never unpacked to disk."""

from __future__ import annotations

import posixpath
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from recommender.contracts import MediaKind, MediaRef
from recommender.engine.formats.base import MAX_MEDIA_BYTES, Blob, Opened, Sample, Table
from recommender.engine.formats.members import Member, MemberIndex
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
        self._files = self._packed = self._unpacked = 0
        self._index = MemberIndex()
        try:
            self._zip = self._listed(path)
        except BaseException:
            self._index.close()
            raise

    # -- checks ------------------------------------------------------------------------------------------

    def _listed(self, path: Path) -> zipfile.ZipFile:
        """The archive, its members in the index; FormatError when it is not what an honest tool makes."""
        try:
            listed = _Listing(path, self._take)
        except _DAMAGED as error:
            told = say(_("{name} is not a whole ZIP archive ({error})."), name=self.name, error=str(error))
            raise FormatError(told, _WHOLE) from error
        try:
            self._index.filled()
            self._check_whole()
        except BaseException:
            listed.close()
            raise
        return listed

    def _take(self, info: zipfile.ZipInfo) -> None:
        """Check one entry of the directory and note it."""
        if info.filename.endswith("/"):
            return
        self._files += 1
        self._packed += info.compress_size
        self._unpacked += info.file_size
        if self._files > MAX_MEMBERS or self._packed > self._size or self._unpacked > MAX_UNPACKED:
            return  # refused when all are counted
        clean = self._clean_path(info)
        if _JUNK.search(clean):
            return
        self._check_content(info, clean)
        offset = min(info.header_offset, self._size)  # the directory may claim more than a database can hold
        facts = (info.file_size, info.compress_size, info.CRC, info.flag_bits, info.compress_type)
        self._index.add(Member(clean, info.orig_filename, offset, *facts))

    def _check_whole(self) -> None:
        if self._files > MAX_MEMBERS:
            told = _("{name} holds {count} files; {limit} are the limit.")
            raise self._error(told, _SPLIT, count=f"{self._files:,}", limit=f"{MAX_MEMBERS:,}")
        if self._packed > self._size:
            told = _("{name}: its files overlap, so it would unpack to more than it holds.")
            raise self._error(told, _WHOLE)
        if self._unpacked > MAX_UNPACKED:
            told = _("{name} would unpack to more than {limit} GiB.")
            raise self._error(told, _SPLIT, limit=MAX_UNPACKED >> 30)

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

    def data_blobs(self) -> Iterator[Blob]:
        """The files that are no media, in the order of their paths."""
        for member in self._index.others():
            yield Blob(member.path, member.size, partial(self._open, member))

    def _open(self, member: Member) -> BinaryIO:
        try:
            if self._index.overlapped(member):
                raise zipfile.BadZipFile("Overlapped entries")
            return cast(BinaryIO, _Reading(self._zip.open(_entry(member)), f"{self.name}: {member.path}"))
        except _DAMAGED as error:
            told = _("{name}: {path} cannot be read ({error}).")
            raise self._error(told, _WHOLE, path=member.path, error=str(error)) from error

    def find(self, name: str, near: str) -> str:
        return self._index.find(name, near)

    def named_after(self, key: str) -> list[tuple[MediaKind, str]]:
        return self._index.named_after(key)

    def ref(self, reference: str) -> dict[str, str]:
        return {"member": reference}

    def fingerprint(self, reference: str) -> str:
        member = self._index.member(reference)
        if member is None:
            raise KeyError(reference)
        return f"{member.size}:{member.crc:08x}"

    def open(self, ref: MediaRef) -> BinaryIO:
        """The member; reading a damaged one raises FormatError. MediaError when it is too large."""
        member = self._index.member(ref.member)
        if member is None:
            told = say(_("{name} holds no file {path}."), name=self.name, path=repr(ref.member))
            raise MediaError(told, _("Correct the name."))
        if member.size > MAX_MEDIA_BYTES:
            told = say(_("{name} has more than {size} MB."), name=ref.member, size=MAX_MEDIA_BYTES >> 20)
            raise MediaError(told, _("Make the file smaller."))
        return self._open(member)

    def close(self) -> None:
        self._zip.close()
        self._index.close()


class _Listing(zipfile.ZipFile):
    """A ZIP that hands on the entries of its directory as it reads them, and keeps none.

    The lists that ZipFile makes of them take 600 bytes an entry.
    """

    def __init__(self, path: Path, take: Callable[[zipfile.ZipInfo], None]) -> None:
        self._taker = take
        super().__init__(path)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "filelist":
            value = _HandedOn(self._taker)
        super().__setattr__(name, _Forgotten() if name == "NameToInfo" else value)


class _HandedOn(list[zipfile.ZipInfo]):
    def __init__(self, take: Callable[[zipfile.ZipInfo], None]) -> None:
        super().__init__()
        self._take = take

    def append(self, info: zipfile.ZipInfo) -> None:
        self._take(info)


class _Forgotten(dict[str, zipfile.ZipInfo]):
    def __setitem__(self, name: str, info: zipfile.ZipInfo) -> None:
        pass


def _entry(member: Member) -> zipfile.ZipInfo:
    """The member's entry of the directory, as ZipFile needs it for opening."""
    entry = zipfile.ZipInfo(member.written)
    entry.header_offset, entry.file_size, entry.compress_size = member.offset, member.size, member.packed
    entry.CRC, entry.flag_bits, entry.compress_type = member.crc, member.flags, member.method
    return entry


class _Reading:
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

    def __enter__(self) -> _Reading:
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
