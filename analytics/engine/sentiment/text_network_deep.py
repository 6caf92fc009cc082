"""A deeper convolutional network over characters: a pyramid that halves a text twice as it goes up.

Each filter reads three places of what the layer below made. Between storeys of two layers the larger of each
two sums side by side is handed on, so that an answer at the top rests on 34 characters, and each storey adds
to what it was given (Johnson and Zhang, "Deep Pyramid Convolutional Neural Networks for Text Categorization",
2017). Of each storey the largest answers in a text are kept and their mean; a weighted sum of those is the
score. Inference is compiled; vectors and pairs are those of ``text_network``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.engine.sentiment.compiled import compiled
from analytics.engine.sentiment.text_network import Tokens, add_up, fit, taken, vectors

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

    def __post_init__(self) -> None:
        """Raise ValueError where weights do not fit together: the loops would read past their ends."""
        dim, filters = self.units.shape[1], self.lean.shape[1]
        layers = (self.first, (3 * filters, dim), self.others, (STOREYS, 2, 3 * filters, filters))
        rest = (self.lean, (1 + 2 * STOREYS, filters), self.weights, (2 * STOREYS * filters,))
        fit(*layers, *rest, *vectors(self, dim))

    def read(self, tokens: Tokens) -> np.ndarray:
        """(texts,) float64 scores: above 0 where the text is rather positive."""
        vectors = self.units, self.pairs, self.steps
        filters = self.first.T, self.others, self.lean, self.weights
        return np.asarray(_read(tokens.units, tokens.pairs, tokens.sizes, *vectors, *filters) + self.shift)


@compiled
def _read(
    units: np.ndarray,
    pairs: np.ndarray,
    sizes: np.ndarray,
    singles: np.ndarray,
    doubles: np.ndarray,
    steps: np.ndarray,
    first: np.ndarray,
    others: np.ndarray,
    lean: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """(texts,) scores, of as many texts at a time as stay in the processor's cache."""
    scores = np.zeros(len(sizes))
    begun, start = 0, 0
    while begun < len(sizes):
        last, stop = taken(sizes, begun, start)
        starts = _starts(sizes[begun:last])
        vectors = np.zeros((starts[-1], singles.shape[1]), np.float32)
        inside = np.zeros(len(vectors), np.bool_)
        at = start
        for text in range(begun, last):
            for place in range(starts[text - begun], starts[text - begun] + sizes[text]):
                add_up(singles[units[at]], doubles[pairs[at]], steps, vectors[place])
                inside[place] = True
                at += 1
        _score(vectors, inside, starts, sizes[begun:last], first, others, lean, weights, scores[begun:last])
        begun, start = last, stop
    return scores


@compiled
def _starts(sizes: np.ndarray) -> np.ndarray:
    """(texts + 1,) where each text begins, and where all ends. Zeros stand before, between and after texts,
    in every storey, so that no filter sees two of them."""
    starts = np.empty(len(sizes) + 1, np.int64)
    starts[0] = PITCH
    for text in range(len(sizes)):
        starts[text + 1] = starts[text] + (sizes[text] + PITCH - 1) // PITCH * PITCH + PITCH
    return starts


@compiled
def _score(
    vectors: np.ndarray,
    inside: np.ndarray,
    starts: np.ndarray,
    sizes: np.ndarray,
    first: np.ndarray,
    others: np.ndarray,
    lean: np.ndarray,
    weights: np.ndarray,
    scores: np.ndarray,
) -> None:
    """Add to each of ``scores`` the weighed answers of all storeys about its text."""
    places, count = len(vectors), lean.shape[1]
    products = np.empty((places, 3 * count), np.float32)
    sums = np.empty((places, count), np.float32)
    answers = np.empty((places, count), np.float32)
    upper = np.empty((places, count), np.float32)
    _layer(vectors, first, lean[0], inside, products, sums)
    for storey in range(STOREYS):
        if storey:
            places //= 2
            sums, inside = _halved(sums, places), inside[::2].copy()
        _positive(sums, answers[:places])
        _layer(answers[:places], others[storey, 0].T, lean[1 + 2 * storey], inside, products, upper)
        _positive(upper[:places], answers[:places])
        _layer(answers[:places], others[storey, 1].T, lean[2 + 2 * storey], inside, products, upper)
        for place in range(places):
            for number in range(count):
                sums[place, number] += upper[place, number]
        for text in range(len(sizes)):
            start = starts[text] >> storey
            stop = start + ((sizes[text] + (1 << storey) - 1) >> storey)
            if sizes[text]:
                scores[text] += _weighed(sums[start:stop], weights[2 * count * storey :])


@compiled
def _layer(
    below: np.ndarray,
    filters: np.ndarray,
    lean: np.ndarray,
    inside: np.ndarray,
    products: np.ndarray,
    above: np.ndarray,
) -> None:
    """``above`` (places, filters): what filters say of each three places ``below``, zero between texts.

    Args:
        filters: (numbers, 3 * filters), for the place before, the place and the place after.
        products: room for so many products of each place.
    """
    count, places = len(lean), len(below)
    products = products[:places]
    np.dot(below, filters, products)
    for place in range(places):
        if not inside[place]:
            above[place].fill(0)
            continue
        before, here, after = products[place - 1], products[place], products[place + 1]
        for number in range(count):
            said = here[count + number] + before[number] + after[2 * count + number]
            above[place, number] = said + lean[number]


@compiled
def _positive(sums: np.ndarray, answers: np.ndarray) -> None:
    """``answers`` are ``sums`` (places, filters), nowhere below zero."""
    for place in range(len(answers)):
        for number in range(answers.shape[1]):
            answers[place, number] = max(sums[place, number], np.float32(0))


@compiled
def _halved(sums: np.ndarray, places: int) -> np.ndarray:
    """(places, filters) the larger of each two ``sums`` side by side."""
    larger = np.empty((places, sums.shape[1]), np.float32)
    for place in range(places):
        for number in range(sums.shape[1]):
            larger[place, number] = max(sums[2 * place, number], sums[2 * place + 1, number])
    return larger


@compiled
def _weighed(sums: np.ndarray, weights: np.ndarray) -> float:
    """What the largest answers of a text, and then their means, come to; ``sums`` (places, filters)."""
    count = sums.shape[1]
    largest, total = np.zeros(count, np.float32), np.zeros(count, np.float32)
    for place in range(len(sums)):
        for number in range(count):
            answer = max(sums[place, number], np.float32(0))
            largest[number] = max(largest[number], answer)
            total[number] += answer
    score = 0.0
    for number in range(count):
        score += largest[number] * weights[number] + total[number] / len(sums) * weights[count + number]
    return score
