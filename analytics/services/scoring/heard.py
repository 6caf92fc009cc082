"""Transcripts written down with a score, and read back: for pages, and so that none is made twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from analytics.contracts import Heard, HeardWord, Transcript
from analytics.models import SentimentScore

_PLACES = 4


def written_down(heard: Sequence[Heard], media: Sequence[int]) -> list[dict[str, Any]]:
    """For ``SentimentScore.details["heard"]``.

    Args:
        media: number of the medium behind each clip.
    """
    return [
        {
            "medium": media[one.clip],
            "text": one.transcript.text,
            "language": one.transcript.language,
            "confidence": one.transcript.confidence,
            "by": one.transcript.by,
            "timed": [
                [word.text, word.start, word.end, word.begins, word.ends, word.confidence]
                for word in one.transcript.words
            ],
            "words": [[word.text, word.start, word.end, round(word.weight, _PLACES)] for word in one.words],
            "probabilities": [round(value, _PLACES) for value in one.reading.probabilities]
            if one.reading
            else None,
            "share": round(one.share, _PLACES),
            "left_out": one.left_out,
        }
        for one in heard
    ]


def words_heard(heard: Sequence[Heard]) -> str:
    """For ``SentimentScore.heard``: the transcripts that count, a line for each."""
    return "\n".join(one.transcript.text for one in heard if not one.left_out)


def language_heard(heard: Sequence[Heard]) -> str:
    """The language of the transcripts that count; "" where it is not known, or not one."""
    return _one_of(one.transcript.language for one in heard if not one.left_out)


def language_kept(score: SentimentScore) -> str:
    """The same, of what is written down with a score."""
    return _one_of(told["language"] for told in score.details.get("heard", []) if not told["left_out"])


def _one_of(languages: Iterable[str]) -> str:
    found = set(languages)
    return found.pop() if len(found) == 1 else ""


def known_transcripts(rows: Iterable[SentimentScore]) -> dict[int, Transcript]:
    """By medium, what a recogniser heard in it when the review was last scored."""
    return {
        told["medium"]: Transcript(
            text=told["text"],
            language=told["language"],
            words=tuple(HeardWord(*word) for word in told["timed"]),
            confidence=told["confidence"],
            by=told["by"],
        )
        for row in rows
        for told in row.details.get("heard", [])
    }
