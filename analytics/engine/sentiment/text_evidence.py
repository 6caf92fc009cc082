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
from analytics.engine.sentiment.text_features import Features, character_kinds, turns

_LETTERS, _MARK, _HAN = 1, 2, 3
_APOSTROPHE = 39
#: Characters of a piece of Chinese that is shown at most.
_LONGEST = 4
_LEAST = 0.01
#: What is left of nothing where weights are summed over a batch, whatever stands in it.
_NOTHING = 1e-9


def row_starts(tidied: Sequence[str]) -> np.ndarray:
    """(texts + 1,) where each text begins in the row of all characters, and where the row ends."""
    return np.concatenate([[0], np.cumsum([len(text) + 1 for text in tidied], dtype=np.int64)])


def by_character(starts: np.ndarray, places: np.ndarray, found: Features, weights: np.ndarray) -> np.ndarray:
    """(characters,) the weight of each feature shared out evenly over the characters it covers.

    Args:
        starts: what ``row_starts`` gives; ``places`` (found.texts,) which of its texts the features are of.
        weights: (m,) of the features found.
    """
    owners = places.take(found.owners)
    base, most = starts.take(owners), (np.diff(starts) - 1).take(owners)
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
    chosen = order[rank < most]
    weights = weights.round(4)
    # What is shown as equally weighty stands in the order of the text.
    chosen = chosen[np.lexsort((edges[chosen], -np.abs(weights[chosen]), owners[chosen]))]
    owners, base = owners[chosen], starts[owners[chosen]]
    bounds = np.searchsorted(owners, np.arange(len(texts) + 1)).tolist()
    firsts, lasts = (edges[chosen] - base).tolist(), (stops[chosen] - base).tolist()
    units = list(zip(firsts, lasts, weights[chosen].tolist(), strict=True))
    return [
        tuple(_words(text, tidied[number], units[bounds[number] : bounds[number + 1]]))
        for number, text in enumerate(texts)
    ]


def _units(points: np.ndarray, pulls: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(starts, ends, weights) of what can be shown: words, marks, and runs of Chinese cut where the weight
    changes sign and into pieces of at most four."""
    kinds = np.where(points == _APOSTROPHE, _MARK, character_kinds(points))
    signs = np.where(kinds == _HAN, pulls > _NOTHING, False)
    edge = (kinds == _MARK) | turns(kinds) | turns(signs)
    places = np.arange(len(points))
    run = np.maximum.accumulate(np.where(edge, places, 0))
    (edges,) = (edge | ((kinds == _HAN) & ((places - run) % _LONGEST == 0))).nonzero()
    if not len(edges):
        return edges, edges, np.zeros(0)
    stops = np.concatenate([edges[1:], [len(points)]])
    weights = np.add.reduceat(pulls, edges)
    for unit in ((kinds[edges] == _MARK) & (points[edges] > 0x2000)).nonzero()[0].tolist():
        weights[unit] += EMOJI.get(chr(points[edges[unit]]), 0.0)
    kept = (kinds[edges] > 0) & (np.abs(weights) >= _LEAST)
    return edges[kept], stops[kept], weights[kept]


def _words(text: str, tidied: str, units: Sequence[tuple[int, int, float]]) -> Iterator[Word]:
    """Where each unit of ``tidied`` (start, end, weight) stands in ``text`` as given, in the order of units;
    those that tidying changed too much are left out."""
    plain = text.lower() if text.isascii() else text.translate(_PLAIN)
    if plain != tidied:
        units = sorted(_places(plain, tidied, sorted(units)), key=lambda unit: -abs(unit[2]))
    for start, end, weight in units:
        yield Word(text[start:end], start, end, weight)


def _places(
    plain: str, tidied: str, units: Sequence[tuple[int, int, float]]
) -> Iterator[tuple[int, int, float]]:
    """Where each unit, in the order of the text, stands in ``plain``."""
    cursor, seen = 0, 0
    for start, end, weight in units:
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
