"""Which words carried a text's score: weights of n-grams, spread over characters and gathered by word.

A batch is one long row of characters, each text followed by a break; what runs over characters is compiled.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np

from analytics.contracts import Word
from analytics.engine.sentiment.compiled import compiled
from analytics.engine.sentiment.lexicon import EMOJI
from analytics.engine.sentiment.text_features import KINDS, Features, code_points, kind_of

_MARK, _HAN = 2, 3
_APOSTROPHE = 39
#: Characters of a piece of Chinese that is shown at most.
_LONGEST = 4
_LEAST = 0.01
#: What is left of nothing where weights are summed over a batch, whatever stands in it.
_NOTHING = 1e-9
_EMOJI = np.array([ord(emoji) for emoji in EMOJI], np.uint32), np.array([*EMOJI.values()])


def row_starts(tidied: Sequence[str]) -> np.ndarray:
    """(texts + 1,) where each text begins in the row of all characters, and where the row ends."""
    return np.concatenate([[0], np.cumsum([len(text) + 1 for text in tidied], dtype=np.int64)])


def share_out(
    found: Features,
    base: int,
    table: np.ndarray,
    columns: np.ndarray,
    worth: np.ndarray,
    kinds: np.ndarray,
    weights: np.ndarray,
    places: np.ndarray,
    starts: np.ndarray,
    changes: np.ndarray,
) -> None:
    """Share what each feature weighs out evenly over the characters that it covers.

    Args:
        found, base: of its texts those from ``base`` on count, as many as there are ``weights``.
        table: (rows, columns) what features say, of which ``columns`` (k,) count, by ``worth`` (experts + 1,
            k): for each expert, and for all.
        kinds: (texts or more, experts) how much each text is of each expert's kind.
        weights: (texts,) what a text's features weigh.
        places: (texts,) which of the texts each is whose ``row_starts`` are ``starts``.
        changes: (characters + 1,) by how much the weight of a character differs from that of the one before,
            to which they are added.
    """
    of_each = found.rows, found.owners - base, found.starts, found.ends
    mixed = _mixed(columns, worth, kinds, weights)
    _share_out(of_each, table, columns, mixed, places, starts, changes)


@compiled
def _mixed(columns: np.ndarray, worth: np.ndarray, kinds: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(texts, k) what a step of each column is worth in each text."""
    mixed = np.empty((len(weights), len(columns)))
    for text in range(len(weights)):
        for column in range(len(columns)):
            total = worth[len(worth) - 1, column]
            for expert in range(kinds.shape[1]):
                total += kinds[text, expert] * worth[expert, column]
            mixed[text, column] = total * weights[text]
    return mixed


@compiled
def _share_out(
    features: tuple[np.ndarray, ...],
    table: np.ndarray,
    columns: np.ndarray,
    mixed: np.ndarray,
    places: np.ndarray,
    starts: np.ndarray,
    changes: np.ndarray,
) -> None:
    rows, owners, begun, ended = features
    for feature in range(len(rows)):
        text = owners[feature]
        if not 0 <= text < len(mixed):
            continue
        weight = 0.0
        for column in range(len(columns)):
            weight += table[rows[feature], columns[column]] * mixed[text, column]
        first = starts[places[text]]
        length = starts[places[text] + 1] - first - 1
        start, end = min(max(begun[feature], 0), length), min(max(ended[feature], 0), length)
        share = weight / max(end - start, 1)
        changes[first + start] += share
        changes[first + end] -= share


def weigh_words(
    texts: Sequence[str], tidied: Sequence[str], starts: np.ndarray, pulls: np.ndarray, most: int
) -> list[tuple[Word, ...]]:
    """Of each text at most ``most`` words, the weightiest first.

    Args:
        tidied: the texts as hashed, which stand from ``starts`` in the row of all characters.
        pulls: (characters,) what each adds to the log odds.
    """
    points = code_points([f"{text}\n" for text in tidied])
    edges, weights, counts = _weightiest(points, KINDS, pulls, starts, most, *_EMOJI)
    units = list(zip(*edges.T.tolist(), weights.tolist(), strict=True))
    bounds = [0, *np.cumsum(counts).tolist()]
    return [
        tuple(_words(text, tidied[number], units[bounds[number] : bounds[number + 1]]))
        for number, text in enumerate(texts)
    ]


@compiled
def _weightiest(
    points: np.ndarray,
    kinds: np.ndarray,
    pulls: np.ndarray,
    starts: np.ndarray,
    most: int,
    emoji: np.ndarray,
    moods: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each text the weightiest units, text after text: (n, 2) from where to where in its text, (n,)
    weights, and how many each has."""
    texts = len(starts) - 1
    edges, weights = np.empty((texts * most, 2), np.int64), np.empty(texts * most)
    counts, count = np.zeros(texts, np.int64), 0
    for text in range(texts):
        start, stop = starts[text], starts[text + 1]
        kept = weights[count : count + most]
        found = _units(points[start:stop], kinds, pulls[start:stop], emoji, moods, edges[count:], kept)
        for number in range(found):
            # What is shown as equally weighty stands in the order of the text.
            weight = np.rint(kept[number] * 1e4) / 1e4
            _place(edges[count:], kept, number, edges[count + number, 0], edges[count + number, 1], weight)
        counts[text] = found
        count += found
    return edges[:count], weights[:count], counts


@compiled
def _units(
    points: np.ndarray,
    kinds: np.ndarray,
    pulls: np.ndarray,
    emoji: np.ndarray,
    moods: np.ndarray,
    edges: np.ndarray,
    weights: np.ndarray,
) -> int:
    """How many of a text's units are kept, the weightiest first, as many as there is room for in ``weights``.

    Units are words, marks, and runs of Chinese cut where the weight changes sign and into pieces of at most
    four.
    """
    kept, place = 0, 0
    while place < len(points):
        start, kind, total = place, _kind(points[place], kinds), 0.0
        sign = pulls[place] > _NOTHING
        while True:
            total += pulls[place]
            place += 1
            if place == len(points) or kind == _MARK or _kind(points[place], kinds) != kind:
                break
            if kind == _HAN and (place - start == _LONGEST or (pulls[place] > _NOTHING) != sign):
                break
        if kind == _MARK and points[start] > 0x2000:
            for number in range(len(emoji)):
                total += moods[number] if emoji[number] == points[start] else 0.0
        if not kind or abs(total) < _LEAST:
            continue
        # Of what is equally weighty, but for how sums were rounded, the first in the text count.
        total = np.rint(total / _NOTHING) * _NOTHING
        if kept < len(weights) or abs(total) > abs(weights[kept - 1]):
            kept = min(kept + 1, len(weights))
            _place(edges, weights, kept - 1, start, place, total)
    return kept


@compiled
def _place(edges: np.ndarray, weights: np.ndarray, number: int, start: int, end: int, weight: float) -> None:
    """Put a unit at ``number``, or before those that are less weighty, or as weighty and later."""
    while number and (abs(weights[number - 1]), -edges[number - 1, 0]) < (abs(weight), -start):
        edges[number, 0], edges[number, 1] = edges[number - 1, 0], edges[number - 1, 1]
        weights[number] = weights[number - 1]
        number -= 1
    edges[number, 0], edges[number, 1], weights[number] = start, end, weight


@compiled
def _kind(point: int, kinds: np.ndarray) -> int:
    """As ``kind_of``, but an apostrophe parts words."""
    return _MARK if point == _APOSTROPHE else kind_of(point, kinds)


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
