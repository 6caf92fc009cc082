"""Which words carried a text's score: the weights of n-grams, spread over their characters and gathered by word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import numpy as np

from analytics.contracts import Word
from analytics.engine.sentiment.lexicon import EMOJI
from analytics.engine.sentiment.text_features import Features

# Letters with inner apostrophes, runs of Chinese, single marks.
_UNIT = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[^\W_]+|[^\w\s]")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LONGEST = 4


def weigh_words(text: str, tidied: str, found: Features, weights: np.ndarray, most: int) -> tuple[Word, ...]:
    """At most ``most`` words of ``text``, the weightiest first.

    Args:
        tidied: the text as hashed; ``found`` its features, ``weights`` (m,) what each adds to the log odds.
    """
    pull = _by_character(len(tidied), found, weights)
    units = [unit for match in _UNIT.finditer(tidied) for unit in _units(match, pull)]
    words = [
        Word(text[start:end], start, end, round(weight, 4))
        for (start, end), weight in _places(text, tidied, units, pull)
        if weight
    ]
    return tuple(sorted(words, key=lambda word: -abs(word.weight))[:most])


def _by_character(length: int, found: Features, weights: np.ndarray) -> np.ndarray:
    """(length,) the weight of each feature shared out evenly over the characters it covers."""
    starts, ends = np.clip(found.starts, 0, length), np.clip(found.ends, 0, length)
    share = weights / np.maximum(ends - starts, 1)
    steps = np.zeros(length + 1)
    np.add.at(steps, starts, share)
    np.add.at(steps, ends, -share)
    return np.cumsum(steps)[:length]


def _units(match: re.Match[str], pull: np.ndarray) -> Iterator[tuple[int, int]]:
    """A word; or a run of Chinese cut where the weight changes sign, and into pieces of at most four."""
    start, end = match.span()
    if not _HAN.match(match.group()):
        yield start, end
        return
    at = start
    for place in range(start + 1, end + 1):
        if place == end or place - at >= _LONGEST or (pull[place] > 0) != (pull[at] > 0):
            yield at, place
            at = place


def _places(
    text: str, tidied: str, units: list[tuple[int, int]], pull: np.ndarray
) -> Iterator[tuple[tuple[int, int], float]]:
    """Where each unit stands in ``text`` as given; those that tidying changed beyond finding are left out."""
    plain = "".join(_plain(character) for character in text)
    cursor = 0
    for start, end in units:
        unit = tidied[start:end]
        at = plain.find(unit, cursor)
        if at < 0:
            continue
        cursor = at + len(unit)
        yield (at, cursor), float(pull[start:end].sum()) + EMOJI.get(unit, 0.0)


def _plain(character: str) -> str:
    """One character for one: its width and case evened out where that keeps the length."""
    plain = unicodedata.normalize("NFKC", character).lower()
    plain = "'" if plain in "’‘`" and plain else plain
    return plain if len(plain) == 1 else character
