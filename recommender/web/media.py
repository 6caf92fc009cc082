"""Serves uploaded media and what was made from it: known types only, whole or by range, cached for good.

Names contain the checksum of the content, so what is behind a name never changes. Everything else that lives
in the media storage, such as uploaded catalogues, is not served at all. Of a storage that is elsewhere the
bytes are passed on, never its address: docs/decisions/0008.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from recommender.services import stored

#: Folders of the storage that anyone may read.
PUBLIC = frozenset({"originals", "derived", "queries"})
TYPES = {
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".avif": "image/avif",
    ".tif": "image/tiff",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".ogv": "video/ogg",
    ".mkv": "video/x-matroska",
}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
_LONGEST = 300  # bytes; Media.file takes as many letters, and names are made of plain ones


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """One file, in whole (200), in part (206), unchanged (304) or out of range (416)."""
    _check_public(path)
    etag = f'"{path}"'
    try:
        response = _answer(request, path, etag)
    except (FileNotFoundError, IsADirectoryError, SuspiciousOperation, ValueError) as error:
        raise Http404 from error
    return _labelled(response, path, etag)


def _answer(request: HttpRequest, path: str, etag: str) -> HttpResponseBase:
    if request.headers.get("If-None-Match") == etag:
        stored.size_of(path)  # what is gone has not stayed the same
        return HttpResponse(status=304)
    asked = request.headers.get("Range", "")
    ranged = bool(asked) and request.headers.get("If-Range", etag) == etag
    if not ranged and request.method != "HEAD":
        whole = stored.open_part(path)  # one question to the storage, as most requests are for a thumbnail
        return StreamingHttpResponse(whole.blocks, headers={"Content-Length": str(whole.size)})
    size = stored.size_of(path)
    part = byte_range(asked, size) if ranged else (0, size)
    if part is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    start, stop = part
    headers = {"Content-Length": str(stop - start)}
    if part != (0, size):
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    body = () if request.method == "HEAD" else stored.open_part(path, start, stop).blocks
    return StreamingHttpResponse(body, status=206 if part != (0, size) else 200, headers=headers)


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Start and end (exclusive) of a single ``Range`` header; None where nothing of it exists.

    A header of another form asks for nothing in particular: the whole file.
    """
    match = _RANGE.match(header.strip())
    if match is None or match.groups() == ("", ""):
        return 0, size
    first, last = match.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, size) if length else None
    start = int(first)
    stop = min(int(last) + 1, size) if last else size
    return (start, stop) if start < stop else None


def _check_public(path: str) -> None:
    """404 for names that are nobody's business."""
    parts = PurePosixPath(path).parts
    # A storage elsewhere may read a backslash as a slash, and knows no name as long as that.
    if not path.isprintable() or "\\" in path or len(path.encode()) > _LONGEST:
        raise Http404
    if not parts or parts[0] not in PUBLIC or ".." in parts:
        raise Http404
    # A picture as it was uploaded may tell where and when it was taken; its renditions do not.
    if parts[0] == "originals" and TYPES.get(PurePosixPath(path).suffix.lower(), "").startswith("image/"):
        raise Http404


def _labelled(response: HttpResponseBase, path: str, etag: str) -> HttpResponseBase:
    """With type, caching, and rules that keep an uploaded file from acting as a page of this site."""
    kind = TYPES.get(PurePosixPath(path).suffix.lower())
    response["Content-Type"] = kind or "application/octet-stream"
    if kind is None:
        response["Content-Disposition"] = "attachment"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["ETag"] = etag
    return response
