"""Texts as hashed n-grams: characters 1 to 5 and words 1 to 3, a whole batch at a time, compiled.

A feature is a row of the model's table. Hashes are polynomials over code points, modulo 2 ** 64.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.engine.sentiment.compiled import compiled
from recommender.engine.preprocess.text import clean_text

#: Rows of the table: 2 ** BITS.
BITS = 21
CHARACTERS = (1, 2, 3, 4, 5)
WORDS = (1, 2, 3)
#: Characters read of one text: the beginning and the end say most, and 100 kB must not block a queue.
HEAD, TAIL = 6000, 2000

_BREAK = 10  # the code point between texts
_LONGEST_WORD = 31  # characters of a word after which their order no longer matters
_NEGATED = 4  # words after a negator that it reaches
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0x100000001B3)
_CONTRACTION = re.compile(r"(?<=[a-z]) ?(n't|'(?:s|re|ve|ll|d|m))(?![a-z])")
_DETACHED = re.compile(r" (?=[.,!?;:)])")
_LINK = re.compile(r"https?://\S+|www\.\S+")
_QUOTES = (("’", "'"), ("‘", "'"), ("`", "'"), ("“", '"'), ("”", '"'))
#: Words after one of these, up to the next mark, are read a second time as negated.
NEGATORS = frozenset(
    {
        "not",
        "n't",
        "no",
        "never",
        "nothing",
        "nobody",
        "none",
        "neither",
        "nor",
        "without",
        "hardly",
        "barely",
    }
    | {"cannot", "cant", "dont"}
)


def tidy(text: str) -> str:
    """``text`` as it is hashed: no markup or links, one width and case, contractions apart, single blanks."""
    if len(text) > HEAD + TAIL:
        text = f"{text[:HEAD]} {text[-TAIL:]}"
    text = clean_text(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        for curly, straight in _QUOTES:
            text = text.replace(curly, straight)
    text = _LINK.sub(" ", text.lower()) if "http" in text or "www." in text.lower() else text.lower()
    text = " ".join(text.split())
    # Neither pattern is looked for where it cannot be: most of a batch is Chinese.
    if " " in text:
        text = _DETACHED.sub("", text)
    return _CONTRACTION.sub(r" \1", text).strip() if "'" in text else text


@dataclass(frozen=True, slots=True)
class Features:
    """Which features which text has, ordered by text.

    Attributes:
        rows: (m,) the table row of each feature found.
        owners: (m,) the text it was found in.
        starts: (m,) where it stands, in characters of the tidied text; ``ends`` where it stops.
        texts: how many texts there are.
    """

    rows: np.ndarray
    owners: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    texts: int


def features(tidied: Sequence[str], *, characters: bool = True) -> Features:
    """All n-grams of the texts (as ``tidy`` leaves them); those of words alone without ``characters``."""
    return Features(*_grams(_points(tidied), KINDS, _negator_hashes(), characters), len(tidied))


def code_points(tidied: Sequence[str]) -> np.ndarray:
    """(m,) the code points of all texts, one text after the other, uint32."""
    return np.frombuffer("".join(tidied).encode("utf-32-le", "replace"), np.uint32)


def spelled(tidied: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(m,) hashes of the words and marks of all texts, and the text each stands in."""
    words, texts, *_ = _words(_points(tidied), KINDS)
    return words, texts


def _points(tidied: Sequence[str]) -> np.ndarray:
    """Code points: a break and a blank before each text, a blank after it."""
    return code_points([f"\n {text} " for text in tidied])


@compiled
def _grams(
    points: np.ndarray, kinds: np.ndarray, negators: np.ndarray, characters: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(rows, owners, starts, ends) of n-grams of characters by length, then of words."""
    begun = _begun(points)
    words = _words(points, kinds)
    room = len(CHARACTERS) * len(points) * characters + (len(WORDS) + 1) * len(words[0])
    hashes, owners = np.empty(room, np.uint64), np.empty(room, np.int64)
    starts, ends = np.empty(room, np.int64), np.empty(room, np.int64)
    count = 0
    if characters:
        count = _character_grams(points, hashes, owners, starts, ends)
    count = _word_grams(words, count, hashes, owners, starts, ends)
    count = _negated(words, negators, count, hashes, owners, starts, ends)
    rows = np.empty(count, np.int32)
    for place in range(count):
        mixed = (hashes[place] ^ (hashes[place] >> np.uint64(29))) * _PRIME
        rows[place] = np.int32(mixed >> np.uint64(64 - BITS))
        starts[place] -= begun[owners[place]] + 2
        ends[place] -= begun[owners[place]] + 2
    return rows, owners[:count], starts[:count], ends[:count]


@compiled
def _begun(points: np.ndarray) -> np.ndarray:
    """(texts,) where the break before each text stands."""
    begun = np.empty(len(points), np.int64)
    texts = 0
    for place in range(len(points)):
        if points[place] == _BREAK:
            begun[texts] = place
            texts += 1
    return begun[:texts]


@compiled
def _character_grams(
    points: np.ndarray, hashes: np.ndarray, owners: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> int:
    """How many n-grams of characters are written to the arrays; none spans two texts."""
    count = 0
    rolling = np.zeros(len(points), np.uint64)
    for length in range(1, len(CHARACTERS) + 1):
        owner, broken = -1, -1
        for last in range(min(length - 1, len(points))):
            if points[last] == _BREAK:
                owner, broken = owner + 1, last
        for last in range(length - 1, len(points)):
            first = last - length + 1
            code = (np.uint64(points[last]) + np.uint64(1)) * _PRIME
            rolling[first] = rolling[first] * _STEP + code
            if points[last] == _BREAK:
                owner, broken = owner + 1, last
            if broken < first:
                hashes[count] = rolling[first] + np.uint64(length)
                owners[count], starts[count], ends[count] = owner, first, last + 1
                count += 1
    return count


@compiled
def _words(points: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, ...]:
    """(hashes, texts, starts, ends, marks) of words, and of marks, each by itself.

    Chinese characters are left out: their n-grams are words already.
    """
    hashes, texts = np.empty(len(points), np.uint64), np.empty(len(points), np.int64)
    starts, ends = np.empty(len(points), np.int64), np.empty(len(points), np.int64)
    marks = np.empty(len(points), np.bool_)
    count, text, place = 0, -1, 0
    while place < len(points):
        if points[place] == _BREAK:
            text += 1
        kind, start, power, total = kind_of(points[place], kinds), place, np.uint64(1), np.uint64(0)
        while True:
            total += (np.uint64(points[place]) + np.uint64(7)) * _PRIME * power
            if place - start < _LONGEST_WORD:
                power *= _STEP
            place += 1
            if kind != 1 or place == len(points) or kind_of(points[place], kinds) != 1:
                break
        if kind == 1 or kind == 2:
            hashes[count], texts[count], starts[count], ends[count] = total, text, start, place
            marks[count] = kind == 2
            count += 1
    return hashes[:count], texts[:count], starts[:count], ends[:count], marks[:count]


@compiled
def _word_grams(
    words: tuple[np.ndarray, ...],
    count: int,
    hashes: np.ndarray,
    owners: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
) -> int:
    """How many n-grams are written once those of one to three words that follow each other are."""
    codes, texts, firsts, lasts, _ = words
    rolling = codes.copy()
    for length in range(1, len(WORDS) + 1):
        for first in range(len(codes) - length + 1):
            last = first + length - 1
            if length > 1:
                rolling[first] = rolling[first] * _STEP + codes[last]
            if texts[first] == texts[last]:
                hashes[count] = rolling[first] ^ np.uint64(length << 40)
                owners[count], starts[count], ends[count] = texts[first], firsts[first], lasts[last]
                count += 1
    return count


@compiled
def _negated(
    words: tuple[np.ndarray, ...],
    negators: np.ndarray,
    count: int,
    hashes: np.ndarray,
    owners: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
) -> int:
    """How many are written once words close behind a negator, with no mark between, are."""
    codes, texts, firsts, lasts, marks = words
    negator, barrier = -1, -1
    for word in range(len(codes)):
        if marks[word]:
            barrier = word
        for known in negators:
            if codes[word] == known:
                negator = word
        near = 0 <= negator < word <= negator + _NEGATED
        if near and barrier < negator and texts[negator] == texts[word]:
            hashes[count] = codes[word] ^ np.uint64(9 << 40)
            owners[count], starts[count], ends[count] = texts[word], firsts[word], lasts[word]
            count += 1
    return count


@compiled
def kind_of(point: int, kinds: np.ndarray) -> int:
    """0 blank, 1 letters and digits, 2 a mark or emoji by itself, 3 Chinese; ``kinds`` is ``KINDS``."""
    if 0x20000 <= point < 0x32000:
        return 3
    return int(kinds[min(point, len(kinds) - 1)])


def _negator_hashes() -> np.ndarray:
    global _NEGATORS
    if _NEGATORS is None:
        _NEGATORS = spelled(sorted(NEGATORS))[0]
    return _NEGATORS


_NEGATORS: np.ndarray | None = None


def _kind_table() -> np.ndarray:
    kinds = np.full(0x10000 + 1, 2, np.int8)
    for point in range(0x3000):
        character = chr(point)
        kinds[point] = 0 if character.isspace() else 1 if character.isalnum() or point == 39 else 2
    kinds[0x3400:0xA000] = 3
    kinds[0xF900:0xFB00] = 3
    kinds[0x3040:0x3100] = 3
    kinds[0xAC00:0xD7B0] = 1
    kinds[[0x3000, 0xFEFF, 0xFE0F]] = 0
    return kinds


KINDS = _kind_table()
