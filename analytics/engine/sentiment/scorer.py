"""The scorer: every channel by its own model, then all together, with evidence and doubts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from analytics.contracts import CHANNELS, AspectOpinion, Channel, Moment, Reading, Sentiment, Spoken
from analytics.engine.sentiment.disagreement import disagreement
from analytics.engine.sentiment.fusion import Fusion, Signals
from analytics.engine.sentiment.image import ImageModel
from analytics.engine.sentiment.recogniser import Recogniser
from analytics.engine.sentiment.scorer_intake import Usable
from analytics.engine.sentiment.scorer_words import (
    AspectReader,
    TextReader,
    opposed,
    read_words,
    reading_of,
)
from analytics.engine.sentiment.speech import SpeechModel
from analytics.engine.sentiment.transcripts import taken_in
from recommender.contracts import Clip

#: Below this probability of the likeliest label the scorer does not commit itself.
THRESHOLD = 0.5
MOST_WORDS = 12
#: Reviews that a worker gives it at once, to begin with.
PORTION = 256
#: Recordings that come with the reviews of one portion.
RECORDINGS = 32
MOST_MOMENTS = 3

NOTHING = "There is nothing to score."
UNSURE = "No label is likely enough."


@runtime_checkable
class Scorer(Protocol):
    """Turns reviews into sentiments.

    Attributes:
        key: changes whenever any weight does; scores of different keys are not of one model.
        fusion_note: in plain English, what is fused, on which evidence, or why it is switched off.
        image_space: ``weights_hash`` of the encoder whose photo vectors the image head reads. Vectors of
            another encoder are given with ``prompts`` (or are reported missing if their width differs).
    """

    @property
    def key(self) -> str: ...

    @property
    def fusion_note(self) -> str: ...

    @property
    def image_space(self) -> str: ...

    def score(self, batch: Sequence[Spoken]) -> list[Sentiment]:
        """One sentiment a review, in order. Content that cannot be used is named, and never raises."""
        ...


@dataclass
class ChannelScorer:
    """A scorer made of one model a channel and a recipe that joins them.

    Attributes:
        text, image, speech: the channels' models.
        aspects: finds what the text is about.
        fusion: joins channels; a review that speaks through one is left as that channel says.
        recogniser: turns what is spoken into words that the text model reads; None where nothing does.
        files: of weights, from which the key follows.
        threshold, portion, recordings: see ``THRESHOLD``, ``PORTION`` and ``RECORDINGS``.
    """

    text: TextReader | None
    aspects: AspectReader | None
    image: ImageModel | None
    speech: SpeechModel | None
    fusion: Fusion
    recogniser: Recogniser | None = None
    files: tuple[Path, ...] = ()
    threshold: float = THRESHOLD
    portion: int = PORTION
    recordings: int = RECORDINGS

    @cached_property
    def key(self) -> str:
        digest = hashlib.sha256((self.text.key if self.text else "").encode())
        for path in self.files:
            digest.update(path.name.encode() + path.read_bytes())
        if self.aspects is not None and self.aspects.text is not self.text:
            digest.update(self.aspects.text.key.encode())
        if self.recogniser is not None:
            digest.update(self.recogniser.key.encode())
        return f"mmsite-sentiment@{digest.hexdigest()[:12]}"

    @property
    def fusion_note(self) -> str:
        return self.fusion.note

    @property
    def image_space(self) -> str:
        return self.image.space_hash if self.image else ""

    def score(self, batch: Sequence[Spoken]) -> list[Sentiment]:
        """See ``Scorer``."""
        listener = None if self.text is None else self.recogniser
        parts = taken_in(batch, listener, getattr(self.text, "languages", ()))
        texts, opinions = self._read_texts(parts)
        signals = self._signals(batch, parts, texts)
        fused = self.fusion.fuse(signals)
        return [self._sentiment(part, signals, fused, row, opinions[row]) for row, part in enumerate(parts)]

    def _signals(
        self, batch: Sequence[Spoken], parts: Sequence[Usable], texts: Mapping[int, np.ndarray]
    ) -> Signals:
        """Every channel's reading of every review (those of ``texts`` are known), and which there are."""
        probabilities = np.full((len(parts), len(CHANNELS), 3), 1 / 3)
        mask = np.zeros((len(parts), len(CHANNELS)), dtype=bool)
        readers = (texts, self._read_images(batch, parts), self._read_clips(parts))
        for channel, readings in enumerate(readers):
            for row, reading in readings.items():
                probabilities[row, channel], mask[row, channel] = reading, True
        width = self.image.dim if self.image else 0
        photos = np.zeros((len(parts), width), np.float32)
        for row in np.flatnonzero(mask[:, 1]).tolist():
            if batch[row].prompts is None and width:
                photos[row] = parts[row].images.mean(axis=0)
        return Signals(probabilities, mask, photos)

    def _read_texts(
        self, parts: Sequence[Usable]
    ) -> tuple[Mapping[int, np.ndarray], Sequence[tuple[AspectOpinion, ...]]]:
        """By row, the reading of a review's texts; and what each review is about."""
        for part in parts:
            if part.text and self.text is None:
                part.missing["text"] = "No text model is installed."
        return read_words(parts, self.text, self.aspects, MOST_WORDS)

    def _read_images(self, batch: Sequence[Spoken], parts: Sequence[Usable]) -> Mapping[int, np.ndarray]:
        """By row, the mean reading of a review's photos; the vectors of all go through the head at once."""
        readings: dict[int, np.ndarray] = {}
        waiting: list[int] = []
        for row, part in enumerate(parts):
            if not len(part.images):
                continue
            prompts = batch[row].prompts
            if prompts is not None and prompts.shape == (3, part.images.shape[1]):
                readings[row] = read_by_prompts(part.images, prompts).mean(axis=0)
            elif self.image is not None and part.images.shape[1] == self.image.dim:
                waiting.append(row)
            else:
                part.missing["image"] = "No image model reads photos of this encoder."
        if waiting and self.image is not None:
            stacked = self.image.read(np.concatenate([parts[row].images for row in waiting]))
            ends = np.cumsum([len(parts[row].images) for row in waiting])
            for row, piece in zip(waiting, np.split(stacked, ends[:-1]), strict=True):
                readings[row] = piece.mean(axis=0)
        return readings

    def _read_clips(self, parts: Sequence[Usable]) -> Mapping[int, np.ndarray]:
        """By row, the reading of a review's recordings, each counting by its length."""
        readings: dict[int, np.ndarray] = {}
        for row, part in enumerate(parts):
            if part.clips and self.speech is None:
                part.miss("speech", "No speech model is installed.")
            elif part.clips and self.speech is not None:
                clips = [clip for _, clip in part.clips]
                weights = np.array([clip.seconds for clip in clips])
                readings[row] = weights / weights.sum() @ self.speech.read(clips)
        return readings

    def _sentiment(
        self,
        part: Usable,
        signals: Signals,
        fused: np.ndarray,
        row: int,
        aspects: tuple[AspectOpinion, ...],
    ) -> Sentiment:
        channels: dict[Channel, Reading] = {
            channel: reading_of(signals.probabilities[row, number])
            for number, channel in enumerate(CHANNELS)
            if signals.mask[row, number]
        }
        if not channels:
            return _nothing(part)
        overall = reading_of(fused[row])
        unsure = overall.confidence < self.threshold
        words = [*part.words, *(word for one in part.heard for word in one.words)]
        return Sentiment(
            overall=overall,
            channels=channels,
            abstained=unsure,
            reason=UNSURE if unsure else "",
            disagreement=disagreement(opposed(channels, part), aspects, words),
            aspects=aspects,
            words=part.words,
            moments=self._moments(part.clips) if "speech" in channels else (),
            missing=part.missing,
            heard=tuple(part.heard),
        )

    def _moments(self, clips: Sequence[tuple[int, Clip]]) -> tuple[Moment, ...]:
        """The weightiest seconds of all recordings."""
        if self.speech is None:
            return ()
        found = [moment for number, clip in clips for moment in self.speech.moments(clip, number)]
        return tuple(sorted(found, key=lambda moment: -abs(moment.weight))[:MOST_MOMENTS])


def _nothing(part: Usable) -> Sentiment:
    reason = " ".join([NOTHING, *part.missing.values()])
    return Sentiment(None, abstained=True, reason=reason, missing=part.missing, heard=tuple(part.heard))


def read_by_prompts(vectors: np.ndarray, prompts: np.ndarray, scale: float = 50.0) -> np.ndarray:
    """(n, 3): how near unit ``vectors`` (n, dim) are to the words for each label, as CLIP classifies."""
    logits = scale * vectors @ prompts.T
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)
