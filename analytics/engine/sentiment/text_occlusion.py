"""Which words carried a score, of a model that cannot say: what the score loses without them.

Occlusion as in Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks" (2014), over words.
Each text costs at most ``MOST_READINGS`` readings more: long texts are covered by the piece, and the heaviest
pieces once more in parts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from analytics.contracts import Word

_PIECES, _SPLIT, _PARTS = 12, 2, 4
MOST_READINGS = _PIECES + _SPLIT * _PARTS
_LEAST = 0.01  # of polarity; less is noise
_LONGEST = 400  # words of a text that are looked at
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
#: Chinese by two characters, as most of its words are; other words whole; signs such as emoji one by one.
_UNIT = re.compile(
    rf"[{_HAN}]{{1,2}}|(?:(?![{_HAN}])\w)+(?:['’-](?:(?![{_HAN}])\w)+)*|[\u2600-\u27bf\U0001f300-\U0001faff]"
)
Span = tuple[int, int]
#: (n,) polarities of texts.
Polarities = Callable[[Sequence[str]], np.ndarray]


def weigh(texts: Sequence[str], polarity: np.ndarray, read: Polarities, most: int) -> list[tuple[Word, ...]]:
    """Of each text at most ``most`` words or runs of words, the weightiest first.

    Args:
        polarity: (n,) of the whole texts.
        read: gives the polarity of texts with something left out; called twice for all texts together.

    Returns:
        words with the polarity that the text loses without them.
    """
    units = [[match.span() for match in _UNIT.finditer(text)][:_LONGEST] for text in texts]
    pieces = [_shared_out(found, _PIECES) for found in units]
    first = _weights(texts, polarity, [[_span(piece) for piece in found] for found in pieces], read)
    finer: list[list[list[Span]]] = []
    for found, weights in zip(pieces, first, strict=True):
        heavy = [number for number in np.argsort(-np.abs(weights)).tolist() if len(found[number]) > 1]
        finer.append([part for number in heavy[:_SPLIT] for part in _shared_out(found[number], _PARTS)])
    second = _weights(texts, polarity, [[_span(part) for part in found] for found in finer], read)
    return [
        _words(text, [*_unsplit(found, parts, one), *zip(map(_span, parts), two, strict=True)], most)
        for text, found, parts, one, two in zip(texts, pieces, finer, first, second, strict=True)
    ]


def _shared_out(units: Sequence[Span], most: int) -> list[list[Span]]:
    """``units`` in at most ``most`` runs of about the same number."""
    edges = np.linspace(0, len(units), min(most, len(units)) + 1).astype(int).tolist()
    return [list(units[start:end]) for start, end in pairwise(edges)]


def _span(units: Sequence[Span]) -> Span:
    return units[0][0], units[-1][1]


def _weights(
    texts: Sequence[str], polarity: np.ndarray, spans: Sequence[Sequence[Span]], read: Polarities
) -> list[np.ndarray]:
    """What each text's polarity loses without each of its spans."""
    without = [
        text[:start] + " " * (end - start) + text[end:]
        for text, found in zip(texts, spans, strict=True)
        for start, end in found
    ]
    left = read(without) if without else np.zeros(0)
    counts = [len(found) for found in spans]
    losses = np.repeat(polarity, counts) - left
    return np.split(losses, np.cumsum(counts)[:-1]) if counts else []


def _unsplit(
    pieces: Sequence[Sequence[Span]], parts: Sequence[Sequence[Span]], weights: np.ndarray
) -> list[tuple[Span, float]]:
    """The pieces that were not looked at in parts."""
    covered = [_span(part) for part in parts]
    kept = []
    for piece, weight in zip(pieces, weights.tolist(), strict=True):
        start, end = _span(piece)
        if not any(start <= first < end for first, _ in covered):
            kept.append(((start, end), weight))
    return kept


def _words(text: str, weighed: Sequence[tuple[Span, float]], most: int) -> tuple[Word, ...]:
    words = [
        Word(text[start:end], start, end, round(float(weight), 4))
        for (start, end), weight in weighed
        if abs(weight) >= _LEAST
    ]
    return tuple(sorted(words, key=lambda word: -abs(word.weight))[:most])
