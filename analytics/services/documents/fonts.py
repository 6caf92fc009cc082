"""Letters of printed reports: Noto Sans SC, of whose hundred pieces a document loads those it needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

_FOLDER = Path(settings.BASE_DIR) / "static" / "vendor" / "fonts-print"
_NAME = "noto-sans-sc-{piece}-wght-normal.woff2"
#: For what no piece has, such as emoji.
_LAST = "sans-serif"


@dataclass(frozen=True, slots=True)
class Typeface:
    """``family`` as CSS lists it, and the ``@font-face`` rules that it needs."""

    family: str
    rules: str


def folder() -> Path:
    """Where the pieces lie; nothing else may be read while a document is made."""
    return _FOLDER


def typeface(text: str) -> Typeface:
    """What shows every character of ``text`` that the font has.

    Each piece is a family of its own: WeasyPrint keeps one set of glyphs for all files of a family, and with
    several files it would print the glyphs of one with the numbers of another.
    """
    wanted = set(map(ord, text))
    pieces = []
    for piece, covered in _pieces().items():
        if not wanted.isdisjoint(covered):
            pieces.append(piece)
            wanted -= covered
    rules = [
        f"@font-face {{ font-family: print-{piece}; "
        f"src: url({(_FOLDER / _NAME.format(piece=piece)).as_uri()}) format('woff2'); }}"
        for piece in pieces
    ]
    return Typeface(", ".join([*(f"print-{piece}" for piece in pieces), _LAST]), "\n".join(rules))


@cache
def _pieces() -> dict[str, frozenset[int]]:
    """Characters by piece; the Latin one first, so that digits and letters are of one design.

    Raises:
        RecommenderError: the front-end files have not been made.
    """
    try:
        told = json.loads((_FOLDER / "unicode.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecommenderError(
            say(_("The font of printed reports is missing: there is no {folder}."), folder=str(_FOLDER)),
            say(_("Run: {command}"), command="make setup"),
        ) from None
    found = {name.strip("[]"): _characters(ranges) for name, ranges in told.items()}
    return {name: found[name] for name in sorted(found, key=lambda name: (name != "latin", name))}


def _characters(ranges: str) -> frozenset[int]:
    """Of ``U+4E00-4E05,U+FF01``."""
    found: set[int] = set()
    for part in ranges.split(","):
        first, _dash, last = part.strip().removeprefix("U+").partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(found)
