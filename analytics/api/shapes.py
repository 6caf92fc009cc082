"""Scores as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from analytics.contracts import LABELS, Reading, Sentiment
from analytics.models import AspectScore, SentimentScore
from analytics.services.mismatch import LIKELY, REASONS, Reason, reasons
from analytics.services.regions import problem_of, state_of
from analytics.services.scoring.heard import written_down

Probabilities = dict[str, float]


class WordOut(Schema):
    """Words of the text that carry weight: where they stand, in characters, and how much, signed."""

    text: str
    start: int
    end: int
    weight: float


class AspectOut(Schema):
    """What is felt about one aspect, from -1 to 1."""

    aspect: str
    polarity: float
    words: list[WordOut]
    medium: int | None = Field(
        None, description="the recording in whose transcript the words stand; null for those of the text"
    )


class MomentOut(Schema):
    """Seconds of a recording that carry weight, signed. ``medium``: its number in the review's media."""

    medium: int
    start: float
    end: float
    weight: float


class HeardWordOut(Schema):
    """A word of a transcript: its place in the text, in characters, and in the recording, in seconds."""

    text: str
    start: int
    end: int
    begins: float | None
    ends: float | None
    confidence: float | None


class TranscriptOut(Schema):
    """What was heard in a recording. ``medium``: its number in the review's media."""

    medium: int
    text: str
    language: str
    confidence: float | None
    by: str = Field(description="key of the recogniser")
    timed: list[HeardWordOut]
    words: list[WordOut] = Field(description="words that carry weight; their places are the transcript's")
    probabilities: Probabilities | None = Field(description="what they say; null where they do not count")
    share: float = Field(description="of the reading of the words, written and heard, that is theirs")
    left_out: str = Field(description="why they do not count")


class RegionOut(Schema):
    """A part of a photo that carries weight, signed; places are shares of its sides."""

    medium: int
    x: float
    y: float
    width: float
    height: float
    weight: float


class MismatchReasonOut(Schema):
    """What stands against what, and how far, 0 to 1."""

    reason: str = Field(description="one of: " + ", ".join(REASONS))
    gap: float
    stars: int | None = Field(description="where they are what stands against the words")


class ScoreOut(Schema):
    """What a review feels. ``label`` and ``polarity`` are what counts: the model's, or an analyst's."""

    review: int
    item: str = Field(description="its external id")
    state: str
    label: str = Field(description="empty while your second opinion is awaited")
    polarity: float | None = Field(description="null while your second opinion is awaited")
    corrected: bool
    awaits_second_opinion: bool = Field(description="of you; until then what others say of it is left out")
    model: str = Field(description="key of the model that scored it")
    model_label: str
    model_polarity: float
    confidence: float
    abstained: bool
    reason: str
    disagreement: float
    mismatch: float = Field(description="the widest contradiction: disagreement, or stars against words")
    mismatch_reasons: list[MismatchReasonOut] = Field(
        description=f"the widest first; from a gap of {LIKELY} on it is likely sarcasm or a mismatch"
    )
    channels: dict[str, Probabilities] = Field(description="what each channel says by itself")
    aspects: list[AspectOut]
    words: list[WordOut]
    moments: list[MomentOut]
    regions: list[RegionOut] | None = Field(description="null until they are looked for")
    regions_state: Literal["awaited", "none", "found"] | None = Field(
        description="of one score, which has them looked for; null in lists while nobody has asked for it"
    )
    regions_problem: str = Field(
        description="why they could not be looked for a moment ago; it is tried again"
    )
    missing: dict[str, str] = Field(description="what could not be used, by channel")
    transcripts: list[TranscriptOut] = Field(description="empty where no recogniser listens")
    text: str
    heard: str = Field(description="the transcripts that count, a line for each; empty where there are none")
    rating: int | None
    language: str
    reviewed_at: datetime
    scored_at: datetime | None


class SentimentOut(Schema):
    """What words, a picture or a sound feel; ``label`` is null where there was nothing to score."""

    model: str
    label: str | None
    polarity: float | None
    confidence: float | None
    probabilities: Probabilities | None
    abstained: bool
    reason: str
    disagreement: float
    channels: dict[str, Probabilities]
    aspects: list[AspectOut]
    words: list[WordOut]
    moments: list[MomentOut]
    missing: dict[str, str]
    transcripts: list[TranscriptOut]


def score_out(score: SentimentScore, *, looking: bool = False) -> ScoreOut:
    """A row with its review, item and aspects at hand; one that awaits a second opinion shows no label.

    Args:
        looking: whether its regions were asked for and are awaited.
    """
    same = (
        "state model model_label model_polarity confidence abstained reason "
        "disagreement mismatch heard rating language reviewed_at scored_at"
    )
    details = score.details
    found = details.get("regions")
    state = state_of(score)
    awaits = getattr(score, "second_opinion", False)
    known: Mapping[str, list[float]] = details.get("channels", {})
    return ScoreOut(
        review=score.review_id,
        item=score.item.external_id,
        text=score.review.text,
        label="" if awaits else score.label,
        polarity=None if awaits else score.polarity,
        corrected=score.corrected and not awaits,
        awaits_second_opinion=awaits,
        mismatch_reasons=[_reason(one) for one in reasons(score)],
        channels={name: _named(values) for name, values in known.items()},
        aspects=[aspect_out(one) for one in score.aspects.all()],
        words=[_word(one) for one in details.get("words", [])],
        moments=[MomentOut(**_row(MomentOut, one)) for one in details.get("moments", [])],
        regions=None if found is None else [RegionOut(**_row(RegionOut, one)) for one in found],
        regions_state=None if state == "awaited" and not looking else state,
        regions_problem=problem_of(score) if looking else "",
        missing=details.get("missing", {}),
        transcripts=[transcript_out(one) for one in details.get("heard", [])],
        **{name: getattr(score, name) for name in same.split()},
    )


def _reason(one: Reason) -> MismatchReasonOut:
    return MismatchReasonOut(reason=one.code, gap=one.gap, stars=one.stars)


def aspect_out(one: AspectScore) -> AspectOut:
    return AspectOut(
        aspect=one.aspect,
        polarity=one.polarity,
        words=[_word(word) for word in one.words],
        medium=one.medium,
    )


def transcript_out(told: Mapping[str, Any]) -> TranscriptOut:
    """One of ``details["heard"]``."""
    chances = told["probabilities"]
    lists = {
        "timed": [HeardWordOut(**_row(HeardWordOut, one)) for one in told["timed"]],
        "words": [_word(one) for one in told["words"]],
        "probabilities": None if chances is None else _named(chances),
    }
    return TranscriptOut(**{**told, **lists})


def sentiment_out(sentiment: Sentiment, model: str) -> SentimentOut:
    """What ``score_now`` gives; moments and transcripts are of recording 0."""
    overall = sentiment.overall
    return SentimentOut(
        model=model,
        label=overall.label if overall else None,
        polarity=overall.polarity if overall else None,
        confidence=overall.confidence if overall else None,
        probabilities=_read(overall) if overall else None,
        abstained=sentiment.abstained,
        reason=sentiment.reason,
        disagreement=sentiment.disagreement,
        channels={name: _read(reading) for name, reading in sentiment.channels.items()},
        aspects=[
            AspectOut(
                aspect=one.aspect,
                polarity=one.polarity,
                words=[_word((word.text, word.start, word.end, word.weight)) for word in one.words],
                medium=one.clip,
            )
            for one in sentiment.aspects
        ],
        words=[_word((one.text, one.start, one.end, one.weight)) for one in sentiment.words],
        moments=[
            MomentOut(medium=one.clip, start=one.start, end=one.end, weight=one.weight)
            for one in sentiment.moments
        ],
        missing=dict(sentiment.missing),
        transcripts=[transcript_out(one) for one in written_down(sentiment.heard, range(1))],
    )


def _read(reading: Reading) -> Probabilities:
    return _named(reading.probabilities)


def _named(values: list[float] | tuple[float, ...]) -> Probabilities:
    return dict(zip(LABELS, values, strict=True))


def _word(one: list | tuple) -> WordOut:
    return WordOut(**_row(WordOut, one))


def _row(shape: type[Schema], values: list | tuple) -> dict[str, object]:
    """The values kept in a list, by the names of the shape's fields."""
    return dict(zip(shape.model_fields, values, strict=True))
