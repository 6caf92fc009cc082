"""Fusion: what text, photo and voice say together. Recipes obey one Protocol and run in numpy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from analytics.contracts import CHANNELS


@dataclass(frozen=True)
class Signals:
    """What fusion sees of n reviews.

    Attributes:
        probabilities: (n, channels, 3) calibrated, in the order of CHANNELS and LABELS. What stands in the
            rows of absent channels is never read.
        mask: (n, channels), True where a channel is there.
        photos: (n, dim) mean photo vectors; zeros where there is none, or none that the head reads.
    """

    probabilities: np.ndarray
    mask: np.ndarray
    photos: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def __len__(self) -> int:
        return len(self.mask)

    def without(self, channel: int) -> Signals:
        """The same reviews with one channel gone, where another remains."""
        mask = self.mask.copy()
        mask[mask.sum(axis=1) > 1, channel] = False
        return Signals(self.probabilities, mask, self.photos)


@runtime_checkable
class Fusion(Protocol):
    """Joins channels.

    Attributes:
        name: of the recipe.
        note: plain English for the page: on what evidence it fuses, or why it does not.
    """

    @property
    def name(self) -> str: ...

    @property
    def note(self) -> str: ...

    def fuse(self, signals: Signals) -> np.ndarray:
        """(n, 3) probabilities. One channel alone is left as it is; none at all gives thirds."""
        ...


def alone(signals: Signals) -> tuple[np.ndarray, np.ndarray]:
    """The first present channel's reading (n, 3), thirds where there is none; and which rows have several."""
    first = signals.mask.argmax(axis=1)
    rows = signals.probabilities[np.arange(len(signals)), first].copy()
    rows[~signals.mask.any(axis=1)] = 1 / 3
    return rows, signals.mask.sum(axis=1) > 1


class FirstChannel:
    """No fusion: the words count, then the photo, then the voice."""

    name = "first"

    def __init__(
        self, note: str = "Channels are not fused: the words decide, then the photo, then the voice."
    ) -> None:
        self.note = note

    def fuse(self, signals: Signals) -> np.ndarray:
        """See ``Fusion``."""
        return alone(signals)[0]


assert CHANNELS[0] == "text"
