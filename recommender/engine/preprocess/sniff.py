"""What a file is by its first bytes; names and declared types are not believed."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.contracts import MediaKind

SNIFF_BYTES = 64


@dataclass(frozen=True, slots=True)
class MediaType:
    """A kind of file the site takes: what it holds, its MIME type, and the suffix it is stored under."""

    kind: MediaKind
    mime: str
    suffix: str


_JPEG = MediaType("image", "image/jpeg", ".jpg")
_PNG = MediaType("image", "image/png", ".png")
_WEBP = MediaType("image", "image/webp", ".webp")
_AVIF = MediaType("image", "image/avif", ".avif")
_MP3 = MediaType("audio", "audio/mpeg", ".mp3")
_MP4 = MediaType("video", "video/mp4", ".mp4")

_PREFIXES: tuple[tuple[bytes, MediaType], ...] = (
    (b"\xff\xd8\xff", _JPEG),
    (b"\x89PNG\r\n\x1a\n", _PNG),
    (b"GIF87a", MediaType("image", "image/gif", ".gif")),
    (b"GIF89a", MediaType("image", "image/gif", ".gif")),
    (b"BM", MediaType("image", "image/bmp", ".bmp")),
    (b"II*\x00", MediaType("image", "image/tiff", ".tif")),
    (b"MM\x00*", MediaType("image", "image/tiff", ".tif")),
    (b"fLaC", MediaType("audio", "audio/flac", ".flac")),
    (b"ID3", _MP3),
    (b"FLV\x01", MediaType("video", "video/x-flv", ".flv")),
)
_RIFF = {
    b"WEBP": _WEBP,
    b"WAVE": MediaType("audio", "audio/wav", ".wav"),
    b"AVI ": MediaType("video", "video/x-msvideo", ".avi"),
}
_BRANDS = {
    b"avif": _AVIF,
    b"avis": _AVIF,
    b"M4A ": MediaType("audio", "audio/mp4", ".m4a"),
    b"M4B ": MediaType("audio", "audio/mp4", ".m4a"),
    b"qt  ": MediaType("video", "video/quicktime", ".mov"),
}


def sniff_media(head: bytes) -> MediaType | None:
    """Type of a file by its first ``SNIFF_BYTES`` bytes; None for anything the site does not take.

    Scalable drawings, playlists and documents are not taken: they can name other files or carry scripts.
    """
    for prefix, found in _PREFIXES:
        if head.startswith(prefix) and not (prefix == b"BM" and head[6:10] != b"\0\0\0\0"):
            return found
    if head[:4] in (b"RIFF", b"RF64"):
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return None if head[8:12] in (b"heic", b"heix", b"mif1") else _BRANDS.get(head[8:12], _MP4)
    if head[:4] == b"OggS":
        is_film = b"theora" in head or b"\x80theora" in head
        return MediaType("video", "video/ogg", ".ogv") if is_film else MediaType("audio", "audio/ogg", ".ogg")
    if head[:4] == b"\x1aE\xdf\xa3":
        is_webm = b"webm" in head
        return MediaType(
            "video", "video/webm" if is_webm else "video/x-matroska", ".webm" if is_webm else ".mkv"
        )
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06:
        return _MP3
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return MediaType("audio", "audio/aac", ".aac")
    return None
