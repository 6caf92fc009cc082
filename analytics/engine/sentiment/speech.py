"""The mood of a voice: a small head on prosody and on the sort of sound, and which seconds carry it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np

from analytics.contracts import Moment
from analytics.engine.sentiment.head import WEIGHTS, Head
from analytics.engine.sentiment.speech_features import FEATURES, features_of
from analytics.engine.sentiment.speech_frames import HOP, Frames, read_frames
from analytics.engine.sentiment.speech_trunk import BANDS, CHANNELS, FRAMES_A_STEP, Trunk, pooled
from recommender.contracts import Clip
from recommender.engine.preprocess.audio import RATE

#: Numbers that the head reads of a clip.
WIDTH = FEATURES + 2 * BANDS * CHANNELS
_PIECE = 1.0  # seconds that are left out at a time
_MOST_PIECES = 12
_FEWEST_STEPS = 2  # what must remain when a piece is left out


@dataclass(frozen=True, slots=True)
class Heard:
    """One clip as it was heard: its frames every 10 ms and the trunk's steps (t, 4, 512) every 160 ms."""

    frames: Frames
    steps: np.ndarray

    def row(self) -> np.ndarray:
        """(WIDTH,) what the head reads."""
        return np.concatenate([features_of(self.frames), pooled(self.steps)]).astype(np.float32)

    def without(self, start: int, end: int) -> Heard:
        """The same with the steps from ``start`` to ``end`` left out."""
        cut = np.s_[start * FRAMES_A_STEP : end * FRAMES_A_STEP]
        arrays = {
            field.name: np.delete(getattr(self.frames, field.name), cut, axis=0) for field in fields(Frames)
        }
        return Heard(replace(self.frames, **arrays), np.delete(self.steps, np.s_[start:end], axis=0))


class SpeechModel:
    """Reads recordings at 16 kHz, whoever speaks and whatever the language."""

    def __init__(self, head: Head, trunk: Trunk) -> None:
        self._head, self._trunk = head, trunk

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """From ``folder``, or the one that ships.

        Raises:
            RecommenderError: weights are missing or damaged.
        """
        place = folder or WEIGHTS / "speech"
        return cls(Head.load(place, "speech"), Trunk.load(place))

    def read(self, clips: Sequence[Clip]) -> np.ndarray:
        """(n, 3) calibrated probabilities."""
        return self._head.read(np.array([hear(self._trunk, clip).row() for clip in clips]).reshape(-1, WIDTH))

    def moments(self, clip: Clip, number: int) -> tuple[Moment, ...]:
        """The seconds of ``clip`` that carry weight, the weightiest first.

        A second weighs as much as the polarity falls when it is left out of the recording.
        """
        heard = hear(self._trunk, clip)
        pieces = _pieces(len(heard.steps))
        if not pieces:
            polarity = _polarity(self._head.read(heard.row()[None]))
            return (Moment(number, 0.0, round(clip.seconds, 2), float(polarity[0])),)
        rows = [heard.row(), *(heard.without(start, end).row() for start, end in pieces)]
        polarity = _polarity(self._head.read(np.stack(rows)))
        seconds = FRAMES_A_STEP * HOP / RATE
        found = [
            Moment(
                number,
                round(start * seconds, 2),
                round(min(end * seconds, clip.seconds), 2),
                float(polarity[0] - left),
            )
            for (start, end), left in zip(pieces, polarity[1:], strict=True)
        ]
        return tuple(sorted(found, key=lambda moment: -abs(moment.weight)))


def hear(trunk: Trunk, clip: Clip) -> Heard:
    """The clip's frames and the trunk's steps over them."""
    frames = read_frames(clip)
    return Heard(frames, trunk.read(frames.mel))


def _pieces(steps: int) -> list[tuple[int, int]]:
    """Where the pieces begin and end, in steps: about a second each, a dozen at most; none if too short."""
    number = int(min(steps * FRAMES_A_STEP * HOP / RATE / _PIECE, _MOST_PIECES))
    if number < 2 or steps - -(-steps // number) < _FEWEST_STEPS:
        return []
    return list(pairwise(np.linspace(0, steps, number + 1).astype(int).tolist()))


def _polarity(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows[:, 2] - rows[:, 0])
