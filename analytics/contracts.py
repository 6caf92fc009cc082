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


@dataclass(frozen=True, slots=True)
class Spoken:
    """One review as the scorer takes it; whatever is absent is left out, never filled in.

    Attributes:
        text: words as written, any length; "" where there are none.
        images: (n, dim) unit vectors of its photos in the encoder's space; n may be 0.
        clips: its voice recordings.
        prompts: (3, dim) unit vectors that stand for the labels in the encoder's space, where it has them.
    """

    text: str = ""
    images: np.ndarray | None = None
    clips: tuple[Clip, ...] = ()
    prompts: np.ndarray | None = None


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
    """What is felt about one aspect, from -1 to 1, and the words that say so."""

    aspect: str
    polarity: float
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds of a recording (``clip`` counts the review's from 0) that carry weight, signed."""

    clip: int
    start: float
    end: float
    weight: float


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


@dataclass(frozen=True, slots=True)
class Example:
    """A corrected review, to learn from: what it said and what an analyst says it means."""

    spoken: Spoken
    label: Label
