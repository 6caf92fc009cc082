"""The evidence in a review: its words marked, its photos with regions, its recordings with seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from analytics.models import SentimentScore
from analytics.services.names import name_of
from analytics.web.told import told as reason
from recommender.models import Media, Review

#: long reviews are shown whole up to here; the marked words come from the beginning in any case
LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of the text; ``weight`` 0 for plain text, ``level`` 1 to 4 for how strongly it is marked."""

    text: str
    weight: float = 0.0
    level: int = 0


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a photo, in thousandths of its sides."""

    x: float
    y: float
    width: float
    height: float
    weight: float


@dataclass(frozen=True, slots=True)
class Photo:
    large: str
    alt: str
    regions: tuple[Region, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds that weigh; ``x`` and ``width`` are their place on a line of 1000."""

    start: float
    end: float
    weight: float
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """A run of a transcript: a word with the second at which it is said, or what stands between words.

    ``begins`` is None where the recogniser gave no times; ``weight`` and ``level`` are as of ``Piece``.
    """

    text: str
    begins: float | None = None
    weight: float = 0.0
    level: int = 0


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard in a recording.

    ``confidence`` is None where it is not known, ``left_out`` says why its words do not count, ``words`` are
    those that weigh, [text, start, end, weight], and ``by`` is the recogniser's key.
    """

    pieces: tuple[Spoken, ...]
    language: str
    confidence: float | None
    left_out: str
    words: tuple[list[Any], ...]
    by: str

    @property
    def timed(self) -> bool:
        """At least one word has its second."""
        return any(piece.begins is not None for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Voice:
    pk: int
    url: str
    seconds: float
    moments: tuple[Moment, ...]
    transcript: Transcript | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is felt about an aspect, and the words that say so; ``heard`` where those are of a recording."""

    name: str
    aspect: str
    polarity: float
    words: tuple[str, ...] = field(default=())
    heard: bool = False


def pieces(text: str, words: list[list[Any]]) -> list[Piece]:
    """``text`` cut at marked words ([text, start, end, weight]); where two overlap, the first is marked."""
    text = text[:LONGEST]
    heaviest = max((abs(word[3]) for word in words), default=1.0) or 1.0
    found, at = [], 0
    for _text, start, end, weight in sorted(words, key=lambda word: word[1]):
        if not (at <= start < end <= len(text)) or not weight:
            continue
        if start > at:
            found.append(Piece(text[at:start]))
        found.append(Piece(text[start:end], weight, max(1, min(4, round(4 * abs(weight) / heaviest)))))
        at = end
    if at < len(text):
        found.append(Piece(text[at:]))
    return found


def photos(review: Review, details: dict[str, Any]) -> list[Photo]:
    """Its pictures, each with the regions that weigh ([media id, x, y, width, height, weight])."""
    regions = details.get("regions", [])
    found = []
    for medium in review.media.all():
        if medium.has_picture:
            own = tuple(
                Region(*(round(1000 * side, 1) for side in (x, y, width, height)), weight)
                for pk, x, y, width, height, weight in regions
                if pk == medium.pk
            )
            found.append(Photo(medium.thumbnail(1080), medium.caption, own))
    return found


def voices(review: Review, details: dict[str, Any]) -> list[Voice]:
    """Its recordings, each with its transcript and seconds that weigh ([media id, start, end, weight])."""
    moments = details.get("moments", [])
    heard = {one["medium"]: one for one in details.get("heard", [])}
    found = []
    for medium in review.media.all():
        if medium.kind == Media.Kind.AUDIO and medium.state == Media.State.READY:
            own = sorted((one[1:] for one in moments if one[0] == medium.pk), key=lambda one: one[0])
            seconds = medium.duration or max((end for _start, end, _weight in own), default=1.0)
            told = heard.get(medium.pk)
            found.append(
                Voice(
                    medium.pk,
                    medium.url,
                    seconds,
                    tuple(_moment(*one, seconds) for one in own),
                    transcript(told) if told and told["text"] else None,
                )
            )
    return found


def transcript(told: dict[str, Any]) -> Transcript:
    """One of ``details["heard"]``, cut at its words."""
    return Transcript(
        tuple(spoken_pieces(told["text"], told["timed"], told["words"])),
        told["language"],
        told["confidence"],
        reason(told["left_out"]),
        tuple(told["words"]),
        told["by"],
    )


def spoken_pieces(text: str, timed: list[list[Any]], words: list[list[Any]]) -> list[Spoken]:
    """``text`` cut at its words ([text, start, end, begins, ends, confidence]).

    Each is marked by the heaviest of ``words`` ([text, start, end, weight]) that it shares characters with.
    """
    heaviest = max((abs(word[3]) for word in words), default=1.0) or 1.0
    found, at = [], 0
    for _text, start, end, begins, _ends, _confidence in timed:
        if not at <= start < end <= len(text):
            continue
        if start > at:
            found.append(Spoken(text[at:start]))
        over = [word[3] for word in words if word[1] < end and start < word[2]]
        weight = max(over, key=abs, default=0.0)
        level = max(1, min(4, round(4 * abs(weight) / heaviest))) if weight else 0
        found.append(Spoken(text[start:end], begins, weight, level))
        at = end
    if at < len(text):
        found.append(Spoken(text[at:]))
    return found


def _moment(start: float, end: float, weight: float, seconds: float) -> Moment:
    x, width = 1000 * start / seconds, 1000 * max(0.0, end - start) / seconds
    return Moment(start, end, weight, round(min(x, 1000), 1), round(max(4.0, min(width, 1000 - x)), 1))


def opinions(score: SentimentScore) -> list[Opinion]:
    """What it feels about each aspect."""
    return [
        Opinion(
            name_of("aspect", one.aspect),
            one.aspect,
            one.polarity,
            tuple(str(word[0]) for word in one.words),
            one.medium is not None,
        )
        for one in score.aspects.all()
    ]
