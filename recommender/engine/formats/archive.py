"""ZIP archives: tables and media together, read in place, never unpacked to disk."""

from __future__ import annotations

import posixpath
import re
import stat
import zipfile
import zlib
from pathlib import Path
from typing import IO, BinaryIO, cast

from recommender.contracts import MediaKind, MediaRef
from recommender.engine.formats.base import MAX_MEDIA_BYTES, Blob, Opened, Sample, Table
from recommender.engine.formats.members import MemberIndex, media_kind
from recommender.errors import FormatError, MediaError

MAX_MEMBERS = 500_000
MAX_UNPACKED = 64 << 30  # bytes in all
MAX_RATIO = 250  # unpacked to packed, for members above RATIO_FROM
RATIO_FROM = 16 << 20

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
_NESTED = re.compile(r"\.(zip|tar|tgz|gz|bz2|xz|zst|7z|rar)$", re.IGNORECASE)
_JUNK = re.compile(r"(^|/)(__MACOSX/|\.[^/]+$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_WHOLE = "Make the archive again and upload the whole of it."


class Archive:
    """The files of a ZIP that passed every check, and the media among them."""

    def __init__(self, path: Path, name: str) -> None:
        self.name, self._size = name, path.stat().st_size
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGED as error:
            raise FormatError(f"{name} is not a whole ZIP archive ({error}).", _WHOLE) from error
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
            raise FormatError(
                f"{self.name} holds {len(infos):,} files; {MAX_MEMBERS:,} are the limit.", "Split it."
            )
        if sum(info.compress_size for info in infos) > self._size:
            raise FormatError(
                f"{self.name}: its files overlap, so it would unpack to more than it holds.", _WHOLE
            )
        if sum(info.file_size for info in infos) > MAX_UNPACKED:
            raise FormatError(f"{self.name} would unpack to more than {MAX_UNPACKED >> 30} GiB.", "Split it.")
        members: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            clean = self._clean_path(info)
            if _JUNK.search(clean):
                continue
            self._check_content(info, clean)
            members[clean] = info
        return members

    def _clean_path(self, info: zipfile.ZipInfo) -> str:
        name = _real_name(info).replace("\\", "/")
        parts = name.split("/")
        if not name or name.startswith("/") or ".." in parts or re.match(r"[A-Za-z]:", name) or "\0" in name:
            raise FormatError(
                f"{self.name} holds a path that leaves its own folder: {name[:200]!r}.",
                "Make the archive again from inside its folder, with relative paths.",
            )
        mode = info.external_attr >> 16
        if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise FormatError(
                f"{self.name}: {name[:200]!r} is a link or a device, not a file.", "Put in the file itself."
            )
        return posixpath.normpath(name)

    def _check_content(self, info: zipfile.ZipInfo, name: str) -> None:
        if info.flag_bits & 0x1:
            raise FormatError(
                f"{self.name} is protected by a password ({name[:200]}).", "Upload it without one."
            )
        if _NESTED.search(name):
            raise FormatError(
                f"{self.name} holds another archive, {name[:200]}.", "Unpack that one into this one."
            )
        growth = info.file_size / max(1, info.compress_size)
        if info.file_size > RATIO_FROM and growth > MAX_RATIO:
            raise FormatError(
                f"{self.name}: {name[:200]} would grow to {growth:.0f} times its size.",
                "Upload that file outside of an archive.",
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
            raise FormatError(f"{self.name}: {name} cannot be read ({error}).", _WHOLE) from error

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
            raise MediaError(f"{self.name} holds no file {ref.member!r}.", "Correct the name.")
        if info.file_size > MAX_MEDIA_BYTES:
            raise MediaError(
                f"{ref.member} has more than {MAX_MEDIA_BYTES >> 20} MB.", "Make the file smaller."
            )
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
            raise FormatError(f"{self.name} is damaged or cut off ({error}).", _WHOLE) from error

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
            raise FormatError(
                f"{sample.blob.name} is an archive within an archive.", "Unpack that one into this one."
            )
        archive = Archive(sample.path, sample.blob.name)
        try:
            tables: list[Table] = open_tables(archive.data_blobs(), within=sample.blob.name)
        except BaseException:
            archive.close()
            raise
        return Opened(tables, archive)
