"""The few frozen values that cross from one stage of sentiment to the next. Nothing here imports Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from recommender.contracts import Clip

Label = Literal["negative", "neutral", "positive"]
Channel = Literal["text", "image", "speech"]

#: The order of every array of probabilities.
LABELS: tuple[Label, ...] = ("negative", "neutral", "positive")
#: What a review can speak through, in the order of every array by channel.
CHANNELS: tuple[Channel, ...] = ("text", "image", "speech")
#: What reviews are about. A site may add its own (``docs/sentiment.md``).
ASPECTS: tuple[str, ...] = (
    "price", "quality", "delivery", "service", "fit", "comfort", "colour", "look",
    "sound", "battery", "packaging", "size", "food", "ambience", "performance", "display",
    "camera",
)  # fmt: skip
#: What stars say by themselves, from -1 to 1. Three say nothing: they stand over praise and blame alike. Two
#: and four count as the root of a half, since they are as plain a verdict as one and five, only milder.
STARS: Mapping[int, float] = {1: -1.0, 2: -(0.5**0.5), 4: 0.5**0.5, 5: 1.0}


#: In addresses and keys, the value of a review without language, rating or category, or that speaks through
#: no channel.
NONE = "none"


@dataclass(frozen=True, slots=True)
class Spoken:
    """One review as the scorer takes it; whatever is absent is left out, never filled in.

    Attributes:
        text: words as written, any length; "" where there are none.
        images: (n, dim) unit vectors of its photos in the encoder's space; n may be 0.
        clips: its voice recordings.
        prompts: (3, dim) unit vectors that stand for the labels in the encoder's space, where it has them.
        language: of its author, such as ``en``; "" where nobody knows.
        heard: for each of ``clips``, what a recogniser heard in it before, or None; may be shorter.
    """

    text: str = ""
    images: np.ndarray | None = None
    clips: tuple[Clip, ...] = ()
    prompts: np.ndarray | None = None
    language: str = ""
    heard: tuple[Transcript | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What one channel, or all of them together, say.

    Attributes:
        probabilities: calibrated, in the order of ``LABELS``, summing to 1.
    """

    probabilities: tuple[float, float, float]

    @property
    def polarity(self) -> float:
        """From -1 to 1: the probability of positive less that of negative."""
        return self.probabilities[2] - self.probabilities[0]

    @property
    def confidence(self) -> float:
        return max(self.probabilities)

    @property
    def label(self) -> Label:
        return LABELS[self.probabilities.index(self.confidence)]


@dataclass(frozen=True, slots=True)
class Word:
    """Words of the text that carry weight: where they stand (characters) and how much, signed."""

    text: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class AspectOpinion:
    """What is felt about one aspect, from -1 to 1, and the words that say so.

    Attributes:
        clip: the recording in whose transcript the words stand; None for those of the text.
    """

    aspect: str
    polarity: float
    words: tuple[Word, ...] = ()
    clip: int | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds of a recording (``clip`` counts the review's from 0) that carry weight, signed."""

    clip: int
    start: float
    end: float
    weight: float


@dataclass(frozen=True, slots=True)
class HeardWord:
    """One word that a recogniser heard.

    Attributes:
        start, end: where it stands in the transcript's text, in characters.
        begins, ends: when it is said, in seconds of the recording; None where the recogniser gives no times.
        confidence: 0 to 1; None where it gives none.
    """

    text: str
    start: int
    end: int
    begins: float | None = None
    ends: float | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a recogniser heard in one recording.

    Attributes:
        text: "" where it heard no words.
        language: such as ``en``; "" where neither it nor the words tell.
        confidence: 0 to 1, of the words on average; None where it gives none.
        by: key of the recogniser.
    """

    text: str
    language: str = ""
    words: tuple[HeardWord, ...] = ()
    confidence: float | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """The transcript of one recording (``clip`` counts the review's from 0) and what its words say.

    Attributes:
        reading: of the transcript by the text model; None where it was left out.
        share: how much of the text channel's reading it is: 1 where it is all there is.
        words: of the transcript, which carry weight, the weightiest first.
        left_out: why it does not count, in plain English; "" where it does.
    """

    clip: int
    transcript: Transcript
    reading: Reading | None = None
    share: float = 0.0
    words: tuple[Word, ...] = ()
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Sentiment:
    """A scored review.

    Attributes:
        overall: all channels together; None where there was nothing to score.
        channels: what each channel says by itself; those that had nothing are absent.
        abstained: the scorer does not commit itself; ``reason`` says why.
        disagreement: 0 to 1, how far the channels, or the words among themselves, contradict each other.
        aspects: what it is about, most telling first.
        words, moments: the evidence in text and speech, the weightiest first.
        missing: what could not be used, by channel, with the reason in plain English.
        heard: transcripts of its recordings, where a recogniser is at work; those that count speak through
            the text channel.
    """

    overall: Reading | None
    channels: Mapping[Channel, Reading] = field(default_factory=dict)
    abstained: bool = False
    reason: str = ""
    disagreement: float = 0.0
    aspects: tuple[AspectOpinion, ...] = ()
    words: tuple[Word, ...] = ()
    moments: tuple[Moment, ...] = ()
    missing: Mapping[Channel, str] = field(default_factory=dict)
    heard: tuple[Heard, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A corrected review, to learn from: what it said and what an analyst says it means."""

    spoken: Spoken
    label: Label
