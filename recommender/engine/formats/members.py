"""Finding the media that rows name among the files of an archive or a folder."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from recommender.contracts import MediaKind

_BY_KIND: dict[MediaKind, str] = {
    "image": ".jpg .jpeg .png .webp .gif .bmp .tif .tiff .avif",
    "audio": ".wav .mp3 .ogg .oga .opus .flac .m4a .aac",
    "video": ".mp4 .webm .mkv .mov .avi .m4v .ogv .flv",
}
SUFFIXES: dict[str, MediaKind] = {
    suffix: kind for kind, suffixes in _BY_KIND.items() for suffix in suffixes.split()
}


def media_kind(name: str) -> MediaKind | None:
    """What a file holds by its extension; None when it is no medium."""
    return SUFFIXES.get(posixpath.splitext(name)[1].lower())


class MemberIndex:
    """Files by path, by name and by name without extension.

    ``paths`` maps a clean relative path (forward slashes) to the container's own key for it.
    """

    def __init__(self, paths: Mapping[str, str]) -> None:
        self._paths = paths
        self._by_name: dict[str, str | None] = {}
        self._by_stem: dict[str, list[str]] = {}
        for path in paths:
            name = path.rsplit("/", 1)[-1]
            # Two files of one name in different folders: only a path tells which is meant.
            self._by_name[name] = None if name in self._by_name else path
            if media_kind(name):
                self._by_stem.setdefault(name.rsplit(".", 1)[0], []).append(path)

    def find(self, name: str, near: str) -> str:
        """Path of the file a table at ``near`` calls ``name``: beside it, from the top, or by name alone."""
        wanted = posixpath.normpath(name.replace("\\", "/").strip())
        for candidate in (posixpath.join(posixpath.dirname(near), wanted), wanted):
            clean = posixpath.normpath(candidate)
            if clean in self._paths:
                return clean
        if wanted.startswith(("/", "..")) or "/" in wanted:
            # "images/1.jpg" where the archive has "set/images/1.jpg"
            ending = "/" + wanted.lstrip("/")
            same = self._by_name.get(wanted.rsplit("/", 1)[-1])
            return same if same and ("/" + same).endswith(ending) and not wanted.startswith("..") else ""
        return self._by_name.get(wanted) or ""

    def named_after(self, key: str) -> list[tuple[MediaKind, str]]:
        """Media whose name is ``key``, with or without extension, in the order of their paths."""
        found: Iterable[str] = self._by_stem.get(key, ())
        exact = self._by_name.get(key)
        if exact and media_kind(exact):
            found = {*found, exact}
        return [(kind, path) for path in sorted(found) if (kind := media_kind(path))]
