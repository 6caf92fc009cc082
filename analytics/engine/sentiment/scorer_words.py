"""What words say, written or heard: one reading of the text channel, and aspects, from all of a review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from analytics.contracts import AspectOpinion, Channel, Reading, Word
from analytics.engine.sentiment.scorer_intake import Usable
from analytics.engine.sentiment.transcripts import count_words, shared

if TYPE_CHECKING:
    from analytics.engine.sentiment.aspects import Findings


class TextReader(Protocol):
    """What the scorer asks of a text model; see ``TextModel``. One that has ``languages`` reads no others."""

    key: str

    def read(self, texts: Sequence[str]) -> np.ndarray: ...

    def read_with_words(
        self, texts: Sequence[str], most: int = 12
    ) -> tuple[np.ndarray, Sequence[tuple[Word, ...]]]: ...


class ClauseReader(TextReader, Protocol):
    """A text model that reads clauses in the same pass; see ``TextModel``."""

    def read_with_clauses(
        self, texts: Sequence[str], clauses: Sequence[str], most: int = 12
    ) -> tuple[np.ndarray, Sequence[tuple[Word, ...]], np.ndarray]: ...


class AspectReader(Protocol):
    """What the scorer asks of an aspect model; see ``AspectModel``."""

    @property
    def text(self) -> ClauseReader: ...

    def find(self, texts: Sequence[str]) -> Findings: ...

    def judge(self, named: Findings, read: np.ndarray) -> Sequence[Sequence[AspectOpinion]]: ...


@dataclass(frozen=True, slots=True)
class Source:
    """A text of a review: the written one, or the transcript at ``place`` among what was heard of it."""

    row: int
    text: str
    place: int | None = None


def sources(parts: Sequence[Usable]) -> list[Source]:
    """Every text that counts: of each review the written one first, then its transcripts."""
    found = []
    for row, part in enumerate(parts):
        if part.text:
            found.append(Source(row, part.text))
        found += [
            Source(row, one.transcript.text, place)
            for place, one in enumerate(part.heard)
            if not one.left_out
        ]
    return found


def read_words(
    parts: Sequence[Usable], text: TextReader | None, aspects: AspectReader | None, most: int
) -> tuple[dict[int, np.ndarray], list[tuple[AspectOpinion, ...]]]:
    """By row, the text channel's reading (3,), and what each review is about.

    Each part gets the evidence of its texts. Without a text model nothing is read; without an aspect model no
    review is about anything.
    """
    told = sources(parts)
    texts = [one.text for one in told]
    named = aspects.find(texts) if aspects else None
    if aspects and named and text is aspects.text:
        read, words, clauses = aspects.text.read_with_clauses(texts, named.clauses, most)
    else:
        read, words = text.read_with_words(texts, most) if text and told else (np.zeros((0, 3)), [])
        clauses = aspects.text.read(named.clauses) if aspects and named else np.zeros((0, 3))
    mixed = _mixed(parts, told, read, words) if text and told else {}
    opinions = aspects.judge(named, clauses) if aspects and named else [()] * len(told)
    return mixed, _by_review(parts, told, opinions)


def _mixed(
    parts: Sequence[Usable], told: Sequence[Source], read: np.ndarray, words: Sequence[tuple[Word, ...]]
) -> dict[int, np.ndarray]:
    """By row, what all texts of a review say together.

    Written and heard words are the same person's, so they are one channel: the mean of what each text says by
    itself, by the number of its words, of which heard ones count as far as the recogniser is sure of them.
    """
    share_out(parts)
    mixed: dict[int, np.ndarray] = {}
    for one, reading, found in zip(told, read, words, strict=True):
        part = parts[one.row]
        if one.place is None:
            part.words, part.written = found, reading_of(reading)
        else:
            part.heard[one.place] = replace(part.heard[one.place], reading=reading_of(reading), words=found)
        mixed[one.row] = mixed.get(one.row, np.zeros(3)) + share_of(one, part) * reading
    return mixed


def share_out(parts: Sequence[Usable]) -> None:
    """Give every transcript its share of its review's words."""
    for part in parts:
        if part.heard:
            # A lone emoji is no word, but it is something that was written.
            written = max(1, count_words(part.text)) if part.text else 0
            part.heard = shared(part.heard, written)


def share_of(one: Source, part: Usable) -> float:
    """How much of the words of ``part``, once they are shared out, one of its texts is."""
    if one.place is not None:
        return part.heard[one.place].share
    return 1.0 - sum(told.share for told in part.heard)


def _by_review(
    parts: Sequence[Usable], told: Sequence[Source], opinions: Sequence[Sequence[AspectOpinion]]
) -> list[tuple[AspectOpinion, ...]]:
    """What each review is about; what was written of an aspect counts before what was heard of it."""
    found: list[list[AspectOpinion]] = [[] for _ in parts]
    for one, of_text in zip(told, opinions, strict=True):
        known = {opinion.aspect for opinion in found[one.row]}
        clip = None if one.place is None else parts[one.row].heard[one.place].clip
        found[one.row] += [
            opinion if clip is None else replace(opinion, clip=clip)
            for opinion in of_text
            if opinion.aspect not in known
        ]
    return [tuple(of_review) for of_review in found]


def opposed(channels: Mapping[Channel, Reading], part: Usable) -> dict[str, Reading]:
    """The readings that may contradict each other: written and heard words apart, where there are both."""
    voices: dict[str, Reading] = {str(name): reading for name, reading in channels.items()}
    rows = [(one.share, one.reading) for one in part.heard if one.reading is not None]
    if part.written is None or not rows:
        return voices
    voices["text"] = part.written
    voices["heard"] = reading_of(np.sum([share * np.array(one.probabilities) for share, one in rows], axis=0))
    return voices


def reading_of(row: np.ndarray) -> Reading:
    """The reading of positive weights (3,) in the order of ``LABELS``."""
    negative, neutral, positive = row.tolist()
    total = negative + neutral + positive
    return Reading((negative / total, neutral / total, positive / total))
