"""A small convolutional network over characters or words: what an order of words says that counts do not.

Each character (Chinese) or word (English) has a vector, to which the vector of its pair with the next is
added. Filters over one to four in a row keep their largest answer in a text; a weighted sum of those is its
score (Kim, "Convolutional Neural Networks for Sentence Classification", 2014). Inference is numpy alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from analytics.engine.sentiment.text_features import code_points, spelled

#: Characters or words read of one text, from its beginning.
LONGEST = 300
#: Filters of each width; narrower ones stand first.
WIDTHS = (1, 2, 3, 4)
_CHUNK = 3000
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0x100000001B3)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The places of a batch's characters or words in the tables, text after text.

    Attributes:
        units: (m,) rows of the table of characters or words; ``pairs`` of the table of pairs.
        sizes: (texts,) how many each text has.
    """

    units: np.ndarray
    pairs: np.ndarray
    sizes: np.ndarray


class AnyNetwork(Protocol):
    """A network of any shape: vectors of characters or words and of pairs, and what it makes of them."""

    @property
    def units(self) -> np.ndarray: ...

    @property
    def pairs(self) -> np.ndarray: ...

    @property
    def steps(self) -> np.ndarray: ...

    def read(self, tokens: Tokens) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Network:
    """Weights of one script's network.

    Attributes:
        units: (2 ** a, dim) int8; ``pairs`` (2 ** b, dim) int8, one row of zeros where pairs are not read.
        steps: (2,) what one step of each is worth.
        filters: (dim, offsets) float32: offset 0 of all widths, offset 1 of the wider, and so on.
        lean: (filters,) added to each filter's answer.
        weights: (filters,) of the largest answers; ``shift`` added to their sum.
    """

    units: np.ndarray
    pairs: np.ndarray
    steps: np.ndarray
    filters: np.ndarray
    lean: np.ndarray
    weights: np.ndarray
    shift: float

    def read(self, tokens: Tokens) -> np.ndarray:
        """(texts,) float64 scores: above 0 where the text is rather positive."""
        return in_chunks(tokens, self._read)

    def _read(self, units: np.ndarray, pairs: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        each = len(self.lean) // len(WIDTHS)
        gap = len(WIDTHS) - 1
        # Zeros stand between texts, so that no filter sees two of them.
        starts = np.cumsum(sizes + gap) - sizes - gap
        places = np.arange(len(units)) + np.repeat(np.arange(len(sizes)) * gap, sizes)
        vectors = np.zeros((int(sizes.sum()) + gap * len(sizes) + gap, self.units.shape[1]), np.float32)
        vectors[places] = vectors_of(self, units, pairs)
        count = len(vectors) - gap
        answers = np.empty((count, len(self.lean)), np.float32)
        np.matmul(vectors[:count], self.filters[:, : len(self.lean)], out=answers)
        at = len(self.lean)
        for offset in range(1, len(WIDTHS)):
            wide = len(self.lean) - offset * each
            answers[:, -wide:] += vectors[offset : offset + count] @ self.filters[:, at : at + wide]
            at += wide
        largest = np.zeros((len(sizes), len(self.lean)), np.float32)
        spoken = np.flatnonzero(sizes)
        if len(spoken):
            bounds = np.stack([starts[spoken], starts[spoken] + sizes[spoken]], 1).ravel()
            largest[spoken] = np.maximum.reduceat(answers, bounds, axis=0)[::2] + self.lean
        np.maximum(largest, 0, out=largest)
        return np.asarray(largest @ self.weights, np.float64) + self.shift


def vectors_of(network: AnyNetwork, units: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(m, dim) float32: of each place's unit and pair together."""
    single, double = network.units.take(units, axis=0), network.pairs.take(pairs, axis=0)
    return np.asarray(single * network.steps[0] + double * network.steps[1], np.float32)


def in_chunks(tokens: Tokens, read: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """(texts,) scores that ``read`` gives for units, pairs and sizes of some texts at a time."""
    scores = np.zeros(len(tokens.sizes))
    for texts, part in _chunks(tokens.sizes):
        scores[texts] = read(tokens.units[part], tokens.pairs[part], tokens.sizes[texts])
    return scores


def _chunks(sizes: np.ndarray) -> Iterator[tuple[slice, slice]]:
    """(texts, tokens) of parts of a batch, few enough to stay in the processor's cache."""
    ends = np.cumsum(sizes)
    first = 0
    while first < len(ends):
        start = int(ends[first] - sizes[first])
        last = max(first + 1, int(np.searchsorted(ends, start + _CHUNK)))
        yield slice(first, last), slice(start, int(ends[last - 1]))
        first = last


def tokens(tidied: Sequence[str], words: bool, units: int, pairs: int) -> Tokens:
    """The tokens of texts as ``tidy`` leaves them: words and marks, or characters.

    Args:
        units: rows of the table they are places of; ``pairs`` those of the table of pairs (powers of 2).
    """
    codes, owners = spelled(tidied) if words else code_points(tidied)
    counts = np.bincount(owners, minlength=len(tidied))
    within = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
    following = np.zeros_like(codes)
    np.multiply(codes[1:], owners[1:] == owners[:-1], out=following[:-1])
    kept = within < LONGEST
    return Tokens(
        _place(codes[kept] * _PRIME, units),
        _place((codes[kept] * _STEP + following[kept]) * _PRIME, pairs),
        np.minimum(counts, LONGEST),
    )


def _place(hashes: np.ndarray, rows: int) -> np.ndarray:
    bits = rows.bit_length() - 1
    return np.asarray(hashes >> np.uint64(64 - bits) if bits else hashes * np.uint64(0), np.int64)
