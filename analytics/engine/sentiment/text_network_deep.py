"""A deeper convolutional network over characters: each layer sees what the one before made of three places.

The third layer reads every other place, so that one of its answers rests on nine characters in a row. Of each
layer the largest answers in a text are kept, of the last the mean as well; a weighted sum of those is the
score. Inference is numpy alone; vectors and pairs are those of ``text_network``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analytics.engine.sentiment.text_network import Tokens, in_chunks

#: How far the places that a filter reads stand apart, layer by layer.
STRIDES = (1, 1, 2)
_GAP = max(STRIDES)


@dataclass(frozen=True, slots=True)
class DeepNetwork:
    """Weights of one script's network.

    Attributes:
        units: (2 ** a, dim) int8; ``pairs`` (2 ** b, dim) int8.
        steps: (2,) what one step of each is worth.
        first: (3, dim, filters) float32, for the place before, the place and the place after; ``second`` and
            ``third`` (3, filters, filters).
        lean: (layers, filters) added to each filter's answer.
        weights: ((layers + 1) * filters,) of the largest answers and of the last layer's mean; ``shift`` is
            added to their sum.
    """

    units: np.ndarray
    pairs: np.ndarray
    steps: np.ndarray
    first: np.ndarray
    second: np.ndarray
    third: np.ndarray
    lean: np.ndarray
    weights: np.ndarray
    shift: float

    def read(self, tokens: Tokens) -> np.ndarray:
        """(texts,) float64 scores: above 0 where the text is rather positive."""
        return in_chunks(tokens, self._read)

    def _read(self, units: np.ndarray, pairs: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        # Zeros stand before, between and after texts, so that no filter sees two of them.
        starts = np.cumsum(sizes + _GAP) - sizes
        places = np.arange(len(units)) + np.repeat(np.arange(1, len(sizes) + 1) * _GAP, sizes)
        vectors = np.zeros((int(sizes.sum()) + _GAP * (len(sizes) + 1), self.units.shape[1]), np.float32)
        vectors[places] = self.units[units] * self.steps[0] + self.pairs[pairs] * self.steps[1]
        spoken = np.flatnonzero(sizes)
        total = np.zeros(len(sizes), np.float64)
        if len(spoken):
            gaps = np.ones(len(vectors), bool)
            gaps[places] = False
            kept = self._pooled(vectors, np.flatnonzero(gaps), starts[spoken], sizes[spoken])
            total[spoken] = self.weights @ kept
        return total + self.shift

    def _pooled(
        self, vectors: np.ndarray, gaps: np.ndarray, starts: np.ndarray, sizes: np.ndarray
    ) -> np.ndarray:
        """((layers + 1) * filters, texts) what is kept of texts that are not empty and begin at ``starts``.

        Places are columns, so that the largest of a text stand side by side in memory; the zeros after a
        text change neither that nor a sum.
        """
        kept = []
        for answers in self._layers(vectors.T, gaps):
            kept.append(np.maximum.reduceat(answers, starts, axis=1))
        kept.append(np.add.reduceat(answers, starts, axis=1) / sizes)
        return np.vstack(kept)

    def _layers(self, vectors: np.ndarray, gaps: np.ndarray) -> Iterator[np.ndarray]:
        """(filters, places) of each layer: nowhere below zero, and zero between texts."""
        for stride, filters, lean in zip(
            STRIDES, (self.first, self.second, self.third), self.lean, strict=True
        ):
            stacked = filters.transpose(0, 2, 1).reshape(-1, len(vectors))
            before, answers, after = np.vsplit(stacked @ vectors, len(filters))
            answers[:, stride:] += before[:, :-stride]
            answers[:, :-stride] += after[:, stride:]
            answers += lean[:, None]
            np.maximum(answers, 0, out=answers)
            answers[:, gaps] = 0
            vectors = answers
            yield answers
