"""Which words carried a text's score: weights of n-grams, spread over characters and gathered by word.

A batch is one long row of characters, each text followed by a break, so that no Python loop runs over
characters or over words that are not shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np

from analytics.contracts import Word
from analytics.engine.sentiment.lexicon import EMOJI
from analytics.engine.sentiment.text_features import Features, character_kinds

_LETTERS, _MARK, _HAN = 1, 2, 3
_APOSTROPHE = 39
#: Characters of a piece of Chinese that is shown at most.
_LONGEST = 4
_LEAST = 0.01


def row_starts(tidied: Sequence[str]) -> np.ndarray:
    """(texts + 1,) where each text begins in the row of all characters, and where the row ends."""
    return np.concatenate([[0], np.cumsum([len(text) + 1 for text in tidied], dtype=np.int64)])


def by_character(starts: np.ndarray, places: np.ndarray, found: Features, weights: np.ndarray) -> np.ndarray:
    """(characters,) the weight of each feature shared out evenly over the characters it covers.

    Args:
        starts: what ``row_starts`` gives; ``places`` (found.texts,) which of its texts the features are of.
        weights: (m,) of the features found.
    """
    owners = places[found.owners]
    base, most = starts[owners], starts[owners + 1] - starts[owners] - 1
    first, last = np.clip(found.starts, 0, most), np.clip(found.ends, 0, most)
    share = weights / np.maximum(last - first, 1)
    size = int(starts[-1]) + 1
    steps = np.bincount(base + first, share, size) - np.bincount(base + last, share, size)
    return np.cumsum(steps)[:-1]


def weigh_words(
    texts: Sequence[str], tidied: Sequence[str], starts: np.ndarray, pulls: np.ndarray, most: int
) -> list[tuple[Word, ...]]:
    """Of each text at most ``most`` words, the weightiest first.

    Args:
        tidied: the texts as hashed, which stand from ``starts`` in the row of all characters.
        pulls: (characters,) what each adds to the log odds.
    """
    points = np.frombuffer("".join(f"{text}\n" for text in tidied).encode("utf-32-le", "replace"), np.uint32)
    edges, stops, weights = _units(points, pulls)
    owners = np.searchsorted(starts, edges, side="right") - 1
    order = np.lexsort((edges, -np.abs(weights), owners))
    rank = np.arange(len(order)) - np.searchsorted(owners[order], owners[order])
    chosen = np.sort(order[rank < most])
    bounds = np.searchsorted(owners[chosen], np.arange(len(texts) + 1))
    units = np.stack([edges - starts[owners], stops - starts[owners]], 1)[chosen].tolist()
    values = weights[chosen].round(4).tolist()
    found = []
    for number, text in enumerate(texts):
        part = slice(int(bounds[number]), int(bounds[number + 1]))
        placed = _places(text, tidied[number], units[part], values[part])
        words = [Word(text[start:end], start, end, weight) for start, end, weight in placed]
        found.append(tuple(sorted(words, key=lambda word: -abs(word.weight))))
    return found


def _units(points: np.ndarray, pulls: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(starts, ends, weights) of what can be shown: words, marks, and runs of Chinese cut where the weight
    changes sign and into pieces of at most four."""
    kinds = np.where(points == _APOSTROPHE, _MARK, character_kinds(points))
    signs = np.where(kinds == _HAN, pulls > 0, False)
    edge = (kinds == _MARK) | (np.diff(kinds, prepend=-1) != 0) | (np.diff(signs, prepend=False) != 0)
    places = np.arange(len(points))
    run = np.maximum.accumulate(np.where(edge, places, 0))
    edges = np.flatnonzero(edge | ((kinds == _HAN) & ((places - run) % _LONGEST == 0)))
    if not len(edges):
        return edges, edges, np.zeros(0)
    stops = np.append(edges[1:], len(points))
    weights = np.add.reduceat(pulls, edges)
    for unit in np.flatnonzero((kinds[edges] == _MARK) & (points[edges] > 0x2000)):
        weights[unit] += EMOJI.get(chr(points[edges[unit]]), 0.0)
    kept = (kinds[edges] > 0) & (np.abs(weights) >= _LEAST)
    return edges[kept], stops[kept], weights[kept]


def _places(
    text: str, tidied: str, units: Sequence[Sequence[int]], weights: Sequence[float]
) -> Iterator[tuple[int, int, float]]:
    """Where each unit, in order, stands in ``text`` as given; those tidying changed too much are left out."""
    plain = text.lower() if text.isascii() else text.translate(_PLAIN)
    if plain == tidied:
        for (start, end), weight in zip(units, weights, strict=True):
            yield start, end, weight
        return
    cursor, seen = 0, 0
    for (start, end), weight in zip(units, weights, strict=True):
        unit = tidied[start:end]
        # As many of the same before it in the tidied text as must be passed over in the text given.
        for _ in range(tidied.count(unit, seen, start)):
            cursor = max(cursor, plain.find(unit, cursor) + len(unit))
        at = plain.find(unit, cursor)
        if at < 0:
            continue
        cursor, seen = at + len(unit), end
        yield at, cursor, weight


class _Plain(dict[int, str]):
    """One character for one: its width and case evened out where that keeps the length."""

    def __missing__(self, point: int) -> str:
        character = chr(point)
        plain = unicodedata.normalize("NFKC", character).lower()
        plain = "'" if plain in ("’", "‘", "`") else '"' if plain in ("“", "”") else plain
        self[point] = plain if len(plain) == 1 else character
        return self[point]


_PLAIN = _Plain()
