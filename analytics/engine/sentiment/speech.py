"""The mood of a voice: a small network over prosody, and which seconds carry it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np

from analytics.contracts import Moment
from analytics.engine.sentiment.head import Head
from analytics.engine.sentiment.speech_features import FEATURES, clip_features
from recommender.contracts import Clip

_PIECE = 1.0  # seconds that are silenced at a time
_MOST_PIECES = 12


class SpeechModel:
    """Reads recordings at 16 kHz, whoever speaks and whatever the language."""

    def __init__(self, head: Head) -> None:
        self._head = head

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """From ``folder``, or the one that ships.

        Raises:
            RecommenderError: weights are missing or damaged.
        """
        return cls(Head.load(folder, "speech"))

    def read(self, clips: Sequence[Clip]) -> np.ndarray:
        """(n, 3) calibrated probabilities."""
        return self._head.read(
            np.stack([clip_features(clip) for clip in clips]) if clips else np.zeros((0, FEATURES))
        )

    def moments(self, clip: Clip, number: int) -> tuple[Moment, ...]:
        """The seconds of ``clip`` that carry weight, the weightiest first.

        A second's weight is by how much the polarity falls when it is cut out of the recording.
        """
        edges = _edges(len(clip.samples), clip.rate)
        if len(edges) < 3:
            polarity = _polarity(self.read([clip]))[0]
            return (Moment(number, 0.0, round(clip.seconds, 2), float(polarity)),)
        pieces = list(pairwise(edges))
        cut = [Clip(np.delete(clip.samples, np.s_[start:end]), clip.rate) for start, end in pieces]
        polarity = _polarity(self.read([clip, *cut]))
        found = [
            Moment(number, round(start / clip.rate, 2), round(end / clip.rate, 2), float(polarity[0] - left))
            for (start, end), left in zip(pieces, polarity[1:], strict=True)
        ]
        return tuple(sorted(found, key=lambda moment: -abs(moment.weight)))


def _edges(samples: int, rate: int) -> np.ndarray:
    """Where the pieces begin and end: about a second each, at most a dozen."""
    pieces = int(np.clip(samples / rate / _PIECE, 1, _MOST_PIECES))
    return np.linspace(0, samples, pieces + 1).astype(int)


def _polarity(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows[:, 2] - rows[:, 0])
