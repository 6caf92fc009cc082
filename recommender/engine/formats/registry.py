"""All formats, and which of them a file is in."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from pathlib import Path

from recommender.engine.formats.archive import ZipArchive
from recommender.engine.formats.base import Blob, Format, Sample, Table
from recommender.engine.formats.coco import Coco
from recommender.engine.formats.delimited import Delimited
from recommender.engine.formats.encodings import detect_encoding
from recommender.engine.formats.jsonlines import JsonArray, JsonLines
from recommender.engine.formats.movielens import MovieLens
from recommender.errors import FormatError
from recommender.said import bare, say
from recommender.said import gettext_noop as _

#: Every format, by the Protocol ``Format``. Adding one is adding its instance here.
FORMATS: tuple[Format, ...] = (Delimited(), JsonLines(), JsonArray(), Coco(), MovieLens(), ZipArchive())

_KNOWN = _(
    "Upload a CSV, TSV, JSON Lines, MS COCO JSON or MovieLens file, or a ZIP of such files and their media."
)
_NOT_TABLES = (
    ".md",
    ".txt",
    ".pdf",
    ".html",
    ".htm",
    ".xml",
    ".sh",
    ".pl",
    ".py",
    ".info",
    ".genre",
    ".occupation",
)


#: first bytes to what such a file is, and what to do with it
_FOREIGN = {
    b"\x1f\x8b": (_("{name} is packed with gzip."), _("Unpack it, then upload the file in it.")),
    b"\xd0\xcf\x11\xe0": (
        _("{name} is an old Excel workbook."),
        _('In Excel, save it as "CSV UTF-8", and upload that.'),
    ),
    b"%PDF": (_("{name} is a PDF."), _("Upload the table it was made from.")),
}
_WORKBOOK = (
    _("{name} is an Excel or OpenDocument workbook."),
    _('Save its sheet as "CSV UTF-8", and upload that.'),
)
_WORKBOOKS = (".xlsx", ".xlsm", ".ods")


def take_sample(blob: Blob, path: Path | None = None) -> Sample:
    """The beginning of ``blob``, decoded where it is text in one of the usual encodings."""
    head = blob.head()
    try:
        encoding = detect_encoding(blob) if head and not _is_binary(head) else ""
    except FormatError:
        encoding = ""
    text = "" if _is_binary(head) else head.decode(encoding or "latin-1", "replace").lstrip("\ufeff")
    lines = text.splitlines()
    if len(lines) > 1 and len(head) < blob.size:
        lines.pop()  # cut by the end of the sample
    return Sample(blob, path, head, encoding, text, tuple(line.rstrip("\r") for line in lines))


def _is_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    if b"\0" not in head:
        return head.startswith((b"PK\x03\x04", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b"))
    # A stray NUL is a fault of one row; many are no text at all, unless they alternate as in UTF-16.
    part = head[:4096]
    alternate = max(part[0::2].count(0), part[1::2].count(0)) > 0.4 * len(part) / 2
    return part.count(0) > max(8, 0.02 * len(part)) and not alternate


def recognise(sample: Sample) -> Format:
    """The format that is surest of the file; FormatError when none is.

    Raises:
        FormatError: empty, in an unknown encoding, or no table at all.
    """
    name = sample.blob.name
    if not sample.head.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise FormatError(say(_("{name} is empty."), name=name), _("Upload a file with at least one row."))
    for first, (told, remedy) in _FOREIGN.items():
        if sample.head.startswith(first):
            raise FormatError(say(told, name=name), remedy)
    if name.lower().endswith(_WORKBOOKS) and sample.head.startswith(b"PK"):
        raise FormatError(say(_WORKBOOK[0], name=name), _WORKBOOK[1])
    sureness, best = max(((form.recognise(sample), form) for form in FORMATS), key=lambda found: found[0])
    if sureness <= 0:
        if sample.head.lstrip().startswith(b"{"):
            told = say(_("{name} is one JSON object, not a list of rows."), name=name)
            raise FormatError(told, _("Write one object a line, or an array."))
        raise FormatError(say(_("{name} is in no format that is known."), name=name), _KNOWN)
    return best


def open_tables(blobs: Iterable[Blob], *, within: str) -> list[Table]:
    """The tables among the files of an archive or a folder; read-mes and lists of people are passed over.

    Raises:
        FormatError: there is no table; says why the first candidate is none.
    """
    tables: list[Table] = []
    excuse = ""
    for blob in blobs:
        if blob.suffix in _NOT_TABLES or posixpath.basename(blob.name).lower() in (
            "readme",
            "license",
            "makefile",
        ):
            continue
        try:
            sample = take_sample(blob)
            tables += recognise(sample).open(sample).tables
        except FormatError as error:
            if blob.suffix in (".csv", ".tsv", ".jsonl", ".ndjson", ".json"):
                raise
            excuse = excuse or bare(error.message)
    if not tables:
        raise FormatError(_no_table(within, excuse), _KNOWN)
    return tables


def _no_table(within: str, excuse: str) -> str:
    if not excuse:
        return say(_("{name} holds no table."), name=within)
    return say(_("{name} holds no table ({reason})."), name=within, reason=excuse)
