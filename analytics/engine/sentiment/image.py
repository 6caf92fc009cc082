"""The reaction to a photo, from its vector in the encoder's space: a small network on top of it."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np

from analytics.engine.sentiment.head import Head


class ImageModel:
    """Reads unit photo vectors of one encoder.

    Attributes:
        dim, space_hash: width of the vectors and ``weights_hash`` of their encoder.
    """

    def __init__(self, head: Head) -> None:
        self._head = head
        self.dim = int(head.facts["dim"])
        self.space_hash = str(head.facts["space_hash"])

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """From ``folder``, or the one that ships.

        Raises:
            RecommenderError: weights are missing or damaged.
        """
        return cls(Head.load(folder, "image"))

    def read(self, vectors: np.ndarray) -> np.ndarray:
        """(n, 3) calibrated probabilities of ``vectors`` (n, dim)."""
        return self._head.read(np.asarray(vectors, dtype=np.float32).reshape(-1, self.dim))
