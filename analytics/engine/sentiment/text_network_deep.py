"""A deeper convolutional network over characters: a pyramid that halves a text twice as it goes up.

Each filter reads three places of what the layer below made. Between storeys of two layers the larger of each
two sums side by side is handed on, so that an answer at the top rests on 34 characters, and each storey adds
to what it was given (Johnson and Zhang, "Deep Pyramid Convolutional Neural Networks for Text Categorization",
2017). Of each storey the largest answers in a text are kept and their mean; a weighted sum of those is the
score. Inference is numpy alone; vectors and pairs are those of ``text_network``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analytics.engine.sentiment.text_network import Tokens, in_chunks, vectors_of

#: Storeys of two layers: the first as long as the text, each further one half as long as the one below. One
#: more layer lies under them all.
STOREYS = 3
#: A text begins at a multiple of so many places, so that halving never joins two of them.
PITCH = 2 ** (STOREYS - 1)


@dataclass(frozen=True, slots=True)
class DeepNetwork:
    """Weights of one script's network.

    Attributes:
        units: (2 ** a, dim) int8; ``pairs`` (2 ** b, dim) int8.
        steps: (2,) what one step of each is worth.
        first: (3 * filters, dim) float32, for the place before, the place and the place after; ``others``
            (STOREYS, 2, 3 * filters, filters) those of the layers above.
        lean: (1 + 2 * STOREYS, filters) added to each filter's answer, from the bottom.
        weights: (STOREYS * 2 * filters,) of each storey's largest answers, then of its means; ``shift`` is
            added to their sum.
    """

    units: np.ndarray
    pairs: np.ndarray
    steps: np.ndarray
    first: np.ndarray
    others: np.ndarray
    lean: np.ndarray
    weights: np.ndarray
    shift: float

    def read(self, tokens: Tokens) -> np.ndarray:
        """(texts,) float64 scores: above 0 where the text is rather positive."""
        return in_chunks(tokens, self._read)

    def _read(self, units: np.ndarray, pairs: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        # Zeros stand before, between and after texts, in every storey, so that no filter sees two of them.
        rooms = -(-sizes // PITCH) * PITCH + PITCH
        starts = np.cumsum(rooms) - rooms + PITCH
        places = np.arange(len(units)) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes)
        vectors = np.zeros((int(rooms.sum()) + PITCH, self.units.shape[1]), np.float32)
        vectors[places] = vectors_of(self, units, pairs)
        inside = np.zeros(len(vectors), bool)
        inside[places] = True
        spoken = np.flatnonzero(sizes)
        total = np.zeros(len(sizes), np.float64)
        if len(spoken):
            total[spoken] = self.weights @ self._pooled(vectors, inside, starts[spoken], sizes[spoken])
        return total + self.shift

    def _pooled(
        self, vectors: np.ndarray, inside: np.ndarray, starts: np.ndarray, sizes: np.ndarray
    ) -> np.ndarray:
        """(STOREYS * 2 * filters, texts) what is kept of texts that are not empty and begin at ``starts``.

        Places are columns, so that the answers about a text stand side by side in memory; the zeros after a
        text change neither the largest nor a sum.
        """
        kept = []
        for answers in self._storeys(vectors.T, inside):
            kept += [
                np.maximum.reduceat(answers, starts, axis=1),
                np.add.reduceat(answers, starts, axis=1) / sizes,
            ]
            starts, sizes = starts // 2, (sizes + 1) // 2
        return np.vstack(kept)

    def _storeys(self, vectors: np.ndarray, inside: np.ndarray) -> Iterator[np.ndarray]:
        """(filters, places) answers of each storey: nowhere below zero, and zero between texts."""
        gaps = np.flatnonzero(~inside)
        # A row of zeros, for one number to compare with takes three times as long.
        nothing = np.zeros(len(inside), np.float32)
        sums = _layer(vectors, self.first, self.lean[0], gaps)
        for storey, (lower, upper) in enumerate(self.others):
            if storey:
                sums, inside = np.maximum(sums[:, ::2], sums[:, 1::2]), inside[::2]
                gaps, nothing = np.flatnonzero(~inside), nothing[: len(inside)]
            below, above = self.lean[1 + 2 * storey : 3 + 2 * storey]
            answers = _layer(np.maximum(sums, nothing), lower, below, gaps)
            sums += _layer(np.maximum(answers, nothing, out=answers), upper, above, gaps)
            yield np.maximum(sums, nothing)


def _layer(vectors: np.ndarray, filters: np.ndarray, lean: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """(filters, places) what filters say of each three (numbers, places) ``vectors``, zero at ``gaps``."""
    count = len(lean)
    found = filters @ vectors
    answers = found[count : 2 * count]
    answers[:, 1:] += found[:count, :-1]
    answers[:, :-1] += found[2 * count :, 1:]
    answers += lean[:, None]
    answers[:, gaps] = 0
    return answers
