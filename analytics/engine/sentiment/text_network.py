"""A small convolutional network over characters or words: what an order of words says that counts do not.

Each character (Chinese) or word (English) has a vector, to which the vector of its pair with the next is
added. Filters over one to four in a row keep their largest answer in a text; a weighted sum of those is its
score (Kim, "Convolutional Neural Networks for Sentence Classification", 2014). Inference is compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from analytics.engine.sentiment.compiled import compiled
from analytics.engine.sentiment.text_features import code_points, spelled

#: Characters or words read of one text, from its beginning.
LONGEST = 300
#: Filters of each width; narrower ones stand first.
WIDTHS = (1, 2, 3, 4)
#: Tokens that are read together: few enough to stay in the processor's cache.
_TOGETHER = 500
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

    def __post_init__(self) -> None:
        """Raise ValueError where weights do not fit together: the loops would read past their ends."""
        dim, filters = self.units.shape[1], len(self.lean)
        offsets = sum(filters - offset * (filters // len(WIDTHS)) for offset in range(len(WIDTHS)))
        fit(self.filters, (dim, offsets), self.weights, (filters,), *vectors(self, dim))

    def read(self, tokens: Tokens) -> np.ndarray:
        """(texts,) float64 scores: above 0 where the text is rather positive."""
        vectors, filters = (self.units, self.pairs, self.steps), (self.filters, self.lean, self.weights)
        return np.asarray(_read(tokens.units, tokens.pairs, tokens.sizes, *vectors, *filters) + self.shift)


def vectors(network: AnyNetwork, dim: int) -> tuple[np.ndarray | tuple[int, ...], ...]:
    """What ``fit`` is to hold the tables of a network to, whose rows are 2 to some power."""
    rows = [1 << max(0, len(table) - 1).bit_length() for table in (network.units, network.pairs)]
    return network.units, (rows[0], dim), network.pairs, (rows[1], dim), network.steps, (2,)


def fit(*given: np.ndarray | tuple[int, ...]) -> None:
    """Raise ValueError where an array is not of the shape that follows it."""
    for array, shape in zip(given[::2], given[1::2], strict=True):
        if np.shape(array) != shape:
            raise ValueError(f"weights of shape {np.shape(array)} where {shape} is wanted")


@compiled
def _read(
    units: np.ndarray,
    pairs: np.ndarray,
    sizes: np.ndarray,
    singles: np.ndarray,
    doubles: np.ndarray,
    steps: np.ndarray,
    filters: np.ndarray,
    lean: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """(texts,) scores, of as many texts at a time as stay in the processor's cache."""
    scores = np.zeros(len(sizes))
    begun, start, gap = 0, 0, len(WIDTHS) - 1
    while begun < len(sizes):
        last, stop = taken(sizes, begun, start)
        # Zeros stand between texts, so that no filter sees two of them.
        vectors = np.zeros((stop - start + gap * (last - begun), singles.shape[1]), np.float32)
        at = start
        for text in range(begun, last):
            for _place in range(sizes[text]):
                row = at - start + gap * (text - begun)
                add_up(singles[units[at]], doubles[pairs[at]], steps, vectors[row])
                at += 1
        answers, row = np.dot(vectors, filters), 0
        for text in range(begun, last):
            scores[text] = _weighed(answers[row : row + sizes[text] + gap], lean, weights)
            row += sizes[text] + gap
        begun, start = last, stop
    return scores


@compiled
def _weighed(answers: np.ndarray, lean: np.ndarray, weights: np.ndarray) -> float:
    """What the largest answers of a text come to.

    Args:
        answers: (places, offsets of filters); after the text, zeros.
    """
    largest, said = np.zeros(len(lean), np.float32), np.empty(len(lean), np.float32)
    each = len(lean) // len(WIDTHS)
    for place in range(len(answers) - len(WIDTHS) + 1):
        for number in range(len(lean)):
            said[number] = answers[place, number]
        at = len(lean)
        for offset in range(1, len(WIDTHS)):
            for number in range(offset * each, len(lean)):
                said[number] += answers[place + offset, at + number - offset * each]
            at += len(lean) - offset * each
        for number in range(len(lean)):
            largest[number] = max(largest[number], said[number] + lean[number])
    score = 0.0
    for number in range(len(lean)):
        score += largest[number] * weights[number]
    return score


@compiled
def taken(sizes: np.ndarray, begun: int, start: int) -> tuple[int, int]:
    """Up to which text those from ``begun`` on are read together, and up to which token from ``start`` on."""
    last, stop = begun + 1, start + sizes[begun]
    while last < len(sizes) and stop - start + sizes[last] <= _TOGETHER:
        stop, last = stop + sizes[last], last + 1
    return last, stop


@compiled
def add_up(single: np.ndarray, double: np.ndarray, steps: np.ndarray, vector: np.ndarray) -> None:
    """Add a unit's and a pair's numbers, which are in eight bits, to ``vector``."""
    for number in range(len(vector)):
        vector[number] += single[number] * steps[0] + double[number] * steps[1]


def tokens(tidied: Sequence[str], words: bool, units: int, pairs: int) -> Tokens:
    """The tokens of texts as ``tidy`` leaves them: words and marks, or characters.

    Args:
        units: rows of the table they are places of; ``pairs`` those of the table of pairs (powers of 2).
    """
    if words:
        codes, owners = spelled(tidied)
        counts = np.bincount(owners, minlength=len(tidied))
    else:
        codes = code_points(tidied).astype(np.uint64)
        counts = np.array([len(text) for text in tidied], np.int64)
    return Tokens(*_placed(codes, counts, _bits(units), _bits(pairs)), np.minimum(counts, LONGEST))


def _bits(rows: int) -> int:
    return rows.bit_length() - 1


@compiled
def _placed(
    codes: np.ndarray, counts: np.ndarray, unit_bits: int, pair_bits: int
) -> tuple[np.ndarray, np.ndarray]:
    """(units, pairs) of the first ``LONGEST`` of ``counts`` tokens of each text."""
    units, pairs = np.empty(len(codes), np.int64), np.empty(len(codes), np.int64)
    kept, start = 0, 0
    for count in counts:
        for place in range(start, start + min(count, LONGEST)):
            following = codes[place + 1] if place + 1 < start + count else np.uint64(0)
            units[kept] = _place(codes[place], unit_bits)
            pairs[kept] = _place(codes[place] * _STEP + following, pair_bits)
            kept += 1
        start += count
    return units[:kept], pairs[:kept]


@compiled
def _place(code: np.uint64, bits: int) -> np.int64:
    """The row of a table of 2 ** ``bits``."""
    return np.int64((code * _PRIME) >> np.uint64(64 - bits)) if bits else np.int64(0)
