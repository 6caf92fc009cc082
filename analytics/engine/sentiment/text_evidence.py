"""Which words carried a text's score: weights of n-grams, spread over characters and gathered by word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np

from analytics.contracts import Word
from analytics.engine.sentiment.lexicon import EMOJI
from analytics.engine.sentiment.text_features import Features

# Letters with inner apostrophes, runs of Chinese, single marks.
_UNIT = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_]+|[^\w\s]")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LONGEST = 4
_LEAST = 0.01


def weigh_words(text: str, tidied: str, pull: np.ndarray, most: int) -> tuple[Word, ...]:
    """At most ``most`` words of ``text``, the weightiest first.

    Args:
        tidied: the text as hashed; ``pull`` (its length,) what each character adds to the log odds.
    """
    total = np.concatenate([[0.0], np.cumsum(pull)])
    signs = pull > 0
    units = [unit for match in _UNIT.finditer(tidied) for unit in _units(match, signs)]
    found = []
    for start, end in units:
        weight = float(total[end] - total[start])
        if end - start == 1:
            weight += EMOJI.get(tidied[start], 0.0)
        if abs(weight) >= _LEAST:
            found.append((abs(weight), start, end, weight))
    chosen = sorted(sorted(found, reverse=True)[:most], key=lambda unit: unit[1])
    words = [
        Word(text[start:end], start, end, round(weight, 4))
        for (start, end), weight in _places(text, tidied, [(unit[1], unit[2], unit[3]) for unit in chosen])
    ]
    return tuple(sorted(words, key=lambda word: -abs(word.weight)))


def by_character(lengths: Sequence[int], found: Features, weights: np.ndarray) -> list[np.ndarray]:
    """For each text (length,) the weight of each feature shared out evenly over the characters it covers."""
    offsets = np.concatenate([[0], np.cumsum(np.asarray(lengths, np.int64) + 1)])
    base, most = offsets[found.owners], np.asarray(lengths, np.int64)[found.owners]
    starts, ends = np.clip(found.starts, 0, most), np.clip(found.ends, 0, most)
    share = weights / np.maximum(ends - starts, 1)
    size = int(offsets[-1]) + 1
    steps = np.bincount(base + starts, share, size) - np.bincount(base + ends, share, size)
    flat = np.cumsum(steps)
    return [flat[at : at + length] for at, length in zip(offsets, lengths, strict=False)]


def _units(match: re.Match[str], signs: np.ndarray) -> Iterator[tuple[int, int]]:
    """A word; or a run of Chinese cut where the weight changes sign, and into pieces of at most four."""
    start, end = match.span()
    if not _HAN.match(match.group()):
        yield start, end
        return
    at = start
    for place in range(start + 1, end + 1):
        if place == end or place - at >= _LONGEST or signs[place] != signs[at]:
            yield at, place
            at = place


def _places(
    text: str, tidied: str, units: Sequence[tuple[int, int, float]]
) -> Iterator[tuple[tuple[int, int], float]]:
    """Where each unit, in order, stands in ``text`` as given; those tidying changed too much are left out."""
    plain = text.lower() if text.isascii() else "".join(map(_plain, text))
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
        yield (at, cursor), weight


def _plain(character: str) -> str:
    """One character for one: its width and case evened out where that keeps the length."""
    plain = unicodedata.normalize("NFKC", character).lower()
    plain = "'" if plain in "’‘`" and plain else plain
    return plain if len(plain) == 1 else character
