"""The mood of a voice: a head on prosody and on a recogniser's first layers, and which seconds carry it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Self

import numpy as np

from analytics.contracts import Moment
from analytics.engine.sentiment.head import WEIGHTS, Head
from analytics.engine.sentiment.speech_features import FEATURES, features_of
from analytics.engine.sentiment.speech_frames import HOP, Frames, read_frames
from analytics.engine.sentiment.speech_trunk import FRAMES_A_STEP, POOLED, Trunk, pooled
from recommender.contracts import Clip
from recommender.engine.preprocess.audio import RATE
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

#: Numbers that the head reads of a clip.
WIDTH = FEATURES + POOLED
_PIECE = 1.0  # seconds that are weighed at a time
_MOST_PIECES = 12
_LATELY = 2  # clips that are kept as they were heard: 12 MB for a minute


@dataclass(frozen=True, slots=True)
class Heard:
    """One clip as it was heard: its frames every 10 ms and the trunk's steps (t, 2, 512) every 20 ms."""

    frames: Frames
    steps: np.ndarray

    def row(self) -> np.ndarray:
        """(WIDTH,) what the head reads."""
        return np.concatenate([features_of(self.frames), pooled(self.steps)]).astype(np.float32)

    def part(self, start: int, end: int) -> Heard:
        """The steps from ``start`` to ``end`` alone, as they were heard among the others."""
        cut = np.s_[start * FRAMES_A_STEP : end * FRAMES_A_STEP]
        arrays = {field.name: getattr(self.frames, field.name)[cut] for field in fields(Frames)}
        return Heard(replace(self.frames, **arrays), self.steps[start:end])


class SpeechModel:
    """Reads recordings at 16 kHz, whoever speaks and whatever the language."""

    def __init__(self, head: Head, trunk: Trunk) -> None:
        self._head, self._trunk = head, trunk
        self._lately: dict[int, tuple[Clip, Heard]] = {}
        self._lock = Lock()

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """From ``folder``, or the one that ships.

        Raises:
            RecommenderError: weights are missing, damaged or not of each other.
        """
        place = folder or WEIGHTS / "speech"
        head, trunk = Head.load(place, "speech"), Trunk.load(place)
        if head.facts.get("trunk") != trunk.key:
            raise RecommenderError(
                say(_("The speech model in {folder} was trained over another trunk."), folder=place.name),
                say(
                    _("Restore it from the repository, or train anew: manage.py {command}."),
                    command="train_sentiment speech",
                ),
            )
        return cls(head, trunk)

    def read(self, clips: Sequence[Clip]) -> np.ndarray:
        """(n, 3) calibrated probabilities."""
        rows = [self._hear(clip).row() for clip in clips]
        return self._head.read(np.array(rows).reshape(-1, WIDTH))

    def moments(self, clip: Clip, number: int) -> tuple[Moment, ...]:
        """The seconds of ``clip`` that carry weight, the weightiest first.

        A second weighs as much as its own polarity. That finds what was put into a recording more surely than
        how the polarity falls without it: what is left was heard with it.
        """
        heard = self._hear(clip)
        pieces = _pieces(len(heard.steps))
        polarity = _polarity(self._head.read(np.stack([heard.part(*piece).row() for piece in pieces])))
        seconds = FRAMES_A_STEP * HOP / RATE
        found = [
            Moment(
                number, round(start * seconds, 2), round(min(end * seconds, clip.seconds), 2), float(weight)
            )
            for (start, end), weight in zip(pieces, polarity, strict=True)
        ]
        return tuple(sorted(found, key=lambda moment: -abs(moment.weight)))

    def _hear(self, clip: Clip) -> Heard:
        """The clip as heard: who posts one waits for its reading and its seconds, and both need that."""
        with self._lock:
            kept = self._lately.get(id(clip))
        if kept and kept[0] is clip:
            return kept[1]
        heard = hear(self._trunk, clip)
        with self._lock:
            self._lately[id(clip)] = clip, heard
            while len(self._lately) > _LATELY:
                del self._lately[next(iter(self._lately))]
        return heard


def hear(trunk: Trunk, clip: Clip) -> Heard:
    """The clip's frames and the trunk's steps over them."""
    return Heard(read_frames(clip), trunk.read(clip))


def _pieces(steps: int) -> list[tuple[int, int]]:
    """Where the pieces begin and end, in steps: about a second each, a dozen at most."""
    number = max(int(min(steps * FRAMES_A_STEP * HOP / RATE / _PIECE, _MOST_PIECES)), 1)
    return list(pairwise(np.linspace(0, steps, number + 1).astype(int).tolist()))


def _polarity(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows[:, 2] - rows[:, 0])
