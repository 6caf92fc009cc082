"""Words of a recogniser brought into one shape: placed in the text, with seconds and confidence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from analytics.contracts import HeardWord, Transcript
from recommender.engine.preprocess.text import detect_language

_PLACES = 2  # of seconds and confidences


@dataclass(frozen=True, slots=True)
class Timed:
    """A word, or a piece of one, as a library gives it; seconds and confidence where it gives them."""

    text: str
    begins: float | None = None
    ends: float | None = None
    confidence: float | None = None


def transcript(
    text: str,
    timed: Sequence[Timed],
    by: str,
    *,
    language: str = "",
    languages: Collection[str] = (),
    confidence: float | None = None,
) -> Transcript:
    """One recording's words, in order, found again in ``text``; those that are not there are left out.

    Args:
        language: as the library told it; where it did not, it follows from ``languages`` and the text.
        languages: that the recogniser understands.
        confidence: of the whole, for words that carry none.
    """
    words = tuple(placed(text, timed))
    known = [word.confidence for word in words if word.confidence is not None]
    if known:
        confidence = sum(known) / len(known)
    return Transcript(
        text=text,
        language=language or (_language(text, languages) if text else ""),
        words=words,
        confidence=None if confidence is None else round(confidence, _PLACES),
        by=by,
    )


def placed(text: str, timed: Sequence[Timed]) -> list[HeardWord]:
    """Each of ``timed`` where it stands in ``text``, from left to right."""
    found, at = [], 0
    for one in timed:
        quoted = one.text.strip()
        start = text.find(quoted, at) if quoted else -1
        if start < 0:
            continue
        at = start + len(quoted)
        found.append(
            HeardWord(quoted, start, at, _rounded(one.begins), _rounded(one.ends), _rounded(one.confidence))
        )
    return found


def _language(text: str, languages: Collection[str]) -> str:
    """The only language there can be, else the one that the text looks like."""
    if len(languages) == 1:
        return next(iter(languages))
    seen = detect_language(text)
    return seen if not languages or seen in languages else ""


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), _PLACES)
