"""Serves uploaded media and what was made from it: known types only, whole or by range, cached for good.

Names contain the checksum of the content, so what is behind a name never changes. Everything else that lives
under MEDIA_ROOT, such as uploaded catalogues, is not served at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

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
_CHUNK = 64 * 1024


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """One file, in whole (200), in part (206), unchanged (304) or out of range (416)."""
    file = _find(path)
    size = file.stat().st_size
    etag = f'"{path}"'
    if request.headers.get("If-None-Match") == etag:
        return _labelled(HttpResponse(status=304), path, etag)
    start, stop = 0, size
    status = 200
    asked = request.headers.get("Range", "")
    if asked and request.headers.get("If-Range", etag) == etag:
        part = byte_range(asked, size)
        if part is None:
            return _labelled(
                HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"}), path, etag
            )
        if part != (0, size):
            (start, stop), status = part, 206
    body = () if request.method == "HEAD" else _read(file.open("rb"), start, stop)
    response = StreamingHttpResponse(body, status=status)
    response["Content-Length"] = str(stop - start)
    if status == 206:
        response["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return _labelled(response, path, etag)


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


def _find(path: str) -> Path:
    """The file behind a public name, or 404."""
    parts = PurePosixPath(path).parts
    if not parts or parts[0] not in PUBLIC or ".." in parts:
        raise Http404
    # A picture as it was uploaded may tell where and when it was taken; its renditions do not.
    if parts[0] == "originals" and TYPES.get(PurePosixPath(path).suffix.lower(), "").startswith("image/"):
        raise Http404
    try:
        file = Path(default_storage.path(path))
    except (SuspiciousFileOperation, ValueError) as error:
        raise Http404 from error
    if not file.is_file():
        raise Http404
    return file


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


def _read(file: BinaryIO, start: int, stop: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = stop - start
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk
