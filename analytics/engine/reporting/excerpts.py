"""The passage of a text that answers a search, with what was looked for marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from analytics.engine.reporting.terms import HAN

#: Characters shown before the first hit where the beginning is too far from it, and of an excerpt by itself.
LEAD, MOST = 70, 280
_CUT = "…"
_IS_HAN, _LETTER = re.compile(f"[{HAN}]"), rf"[^\W\d_{HAN}]"


@dataclass(frozen=True, slots=True)
class Passage:
    """Stretches of text in their order, each with whether it is what was looked for."""

    pieces: tuple[tuple[str, bool], ...]

    @property
    def has_hit(self) -> bool:
        return any(hit for _text, hit in self.pieces)


def passage(text: str, words: str = "", most: int = MOST, *, term: bool = False) -> Passage:
    """At most ``most`` characters: from the beginning where they hold the first hit, or else round it.

    Words are found as they stand, in any case; what is cut off is told by an ellipsis.

    Args:
        term: ``words`` are one that ``terms_of`` found, which stands by itself and not within a longer one.
    """
    hits = _hits(text, _of_term(words)) if term else []
    hits = hits or _hits(text, re.escape(words))
    is_far = len(text) > most and bool(hits) and hits[0][1] >= most
    start = _start(text, hits[0], min(LEAD, most // 4)) if is_far else 0
    room = most - (start > 0)
    end = len(text) if len(text) - start <= room else start + room - 1
    pieces = [(_CUT, False)] if start else []
    pieces += _pieces(text, hits, start, end)
    return Passage((*pieces, (_CUT, False)) if end < len(text) else tuple(pieces))


def _hits(text: str, pattern: str) -> list[tuple[int, int]]:
    """The first and the last but one character of each place, from the first one on."""
    return [found.span() for found in re.finditer(pattern, text, re.IGNORECASE)] if pattern else []


def _of_term(term: str) -> str:
    """Chinese runs on without a break; other words stand apart, with either apostrophe."""
    if _IS_HAN.search(term):
        return re.escape(term)
    words = r"\s+".join(re.escape(word).replace("'", "['’]") for word in term.split())
    # An apostrophe after a letter belongs to a word, one before it may open a quotation.
    return rf"(?<!{_LETTER})(?<!{_LETTER}['’]){words}(?!['’]?{_LETTER})" if words else ""


def _start(text: str, hit: tuple[int, int], lead: int) -> int:
    """Some words before a hit: behind a space, where the script has them."""
    early = max(0, hit[0] - lead)
    space = re.compile(r"\s").search(text, early, hit[0])
    return space.end() if space and early else early


def _pieces(text: str, hits: list[tuple[int, int]], start: int, end: int) -> Iterator[tuple[str, bool]]:
    at = start
    for first, after in hits:
        if after <= at or first >= end:
            continue
        if first > at:
            yield text[at:first], False
        yield text[max(at, first) : min(after, end)], True
        at = min(after, end)
    if at < end:
        yield text[at:end], False
