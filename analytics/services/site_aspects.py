"""What a site calls the aspects of its own: read from ``ASPECTS_FILE``, and again when that changes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language

from analytics.engine.sentiment.aspects_lexicon import read_names
from recommender.errors import RecommenderError


def site_aspects() -> tuple[str, ...]:
    """The aspects that the file adds words to, or adds; none where it cannot be read (workers log it)."""
    return tuple(_names())


def site_name(aspect: str) -> str:
    """What the site calls ``aspect`` in the reader's language, or in any; "" where it gives no name."""
    names = _names().get(aspect, {})
    language = (get_language() or "").split("-", maxsplit=1)[0]
    return names.get(language) or next(iter(names.values()), "")


def _names() -> dict[str, dict[str, str]]:
    if not settings.ASPECTS_FILE:
        return {}
    path = Path(settings.ASPECTS_FILE)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, RecommenderError):
        return {}


@lru_cache(maxsize=2)
def _read(path: Path, _changed_ns: int) -> dict[str, dict[str, str]]:
    return read_names(path)
