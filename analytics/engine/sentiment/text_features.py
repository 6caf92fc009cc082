"""Texts as hashed n-grams: characters 1 to 5 and words 1 to 3, a whole batch at a time in numpy.

A feature is a row of the model's table. Hashes are polynomials over code points, computed for all texts at
once, so that no Python loop runs over characters or words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.engine.preprocess.text import clean_text

#: Rows of the table: 2 ** BITS.
BITS = 21
CHARACTERS = (1, 2, 3, 4, 5)
WORDS = (1, 2, 3)
#: Characters read of one text: the beginning and the end say most, and 100 kB must not block a queue.
HEAD, TAIL = 6000, 2000

_BREAK = 10  # the code point between texts
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
    points = _points(tidied)
    breaks = points == _BREAK
    owner, first = breaks.cumsum() - 1, breaks.nonzero()[0]
    parts = [*(_character_grams(points) if characters else ()), *_word_grams(points)]
    parts = parts or [(np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, np.int64))]
    starts = np.concatenate([start for _, start, _ in parts])
    rows = _rows(np.concatenate([hashes for hashes, _, _ in parts]))
    ends = np.concatenate([end for _, _, end in parts])
    owners = owner.take(starts) if len(starts) else starts
    base = first.take(owners) + 2
    return Features(rows, owners, starts - base, ends - base, len(tidied))


def turns(values: np.ndarray) -> np.ndarray:
    """(n,) where ``values`` are others than just before; the first ones are."""
    turned = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=turned[1:])
    return turned


def _points(tidied: Sequence[str]) -> np.ndarray:
    """Code points: a break and a blank before each text, a blank after it."""
    joined = "".join(f"\n {text} " for text in tidied)
    return np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32)


def _rows(hashes: np.ndarray) -> np.ndarray:
    mixed = hashes ^ (hashes >> np.uint64(29))
    return ((mixed * _PRIME) >> np.uint64(64 - BITS)).astype(np.int32)


def _character_grams(points: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(hashes, starts, ends) for each length; none spans two texts."""
    codes = (points.astype(np.uint64) + np.uint64(1)) * _PRIME
    clean = points != _BREAK
    grams = []
    hashes, whole = np.zeros(len(points), np.uint64), np.ones(len(points), bool)
    for length in range(1, max(CHARACTERS) + 1):
        span = len(points) - length + 1
        hashes = hashes[:span] * _STEP + codes[length - 1 :] if span > 0 else hashes[:0]
        whole = whole[:span] & clean[length - 1 :] if span > 0 else whole[:0]
        (starts,) = whole.nonzero()
        grams.append((hashes[starts] + np.uint64(length), starts, starts + length))
    return grams


def code_points(tidied: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(m,) the code points of all texts, uint64, and the text each stands in."""
    points = np.frombuffer("".join(tidied).encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    return points, np.repeat(np.arange(len(tidied)), [len(text) for text in tidied])


def spelled(tidied: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(m,) hashes of the words and marks of all texts, and the text each stands in."""
    points = _points(tidied)
    words, starts, _, _ = _words(points)
    return words, (np.cumsum(points == _BREAK) - 1)[starts]


def _words(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(hashes, starts, ends) of words and marks, and what kind each character is."""
    kind = character_kinds(points)
    (edge,) = ((kind == 2) | turns(kind)).nonzero()
    begun = kind[edge]
    kept = (begun == 1) | (begun == 2)
    stops = np.concatenate([edge[1:], [len(points)]])
    if not kept.any():
        return np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, np.int64), kind
    codes = (points.astype(np.uint64) + np.uint64(7)) * _PRIME
    powers = _powers(np.arange(len(points)) - np.repeat(edge, stops - edge))
    return np.add.reduceat(codes * powers, edge)[kept], edge[kept], stops[kept], kind


def _word_grams(points: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(hashes, starts, ends) of one to three words that follow each other, and of negated words.

    Chinese characters are left out here: their character n-grams are words already.
    """
    words, starts, ends, kind = _words(points)
    if not len(words):
        return []
    text = np.cumsum(points == _BREAK)[starts]
    grams = []
    hashes = words
    for length in WORDS:
        if length > 1:
            hashes = hashes[:-1] * _STEP + words[length - 1 :]
        whole = text[: len(hashes)] == text[length - 1 :]
        grams.append(
            (hashes[whole] ^ np.uint64(length << 40), starts[: len(hashes)][whole], ends[length - 1 :][whole])
        )
    grams.append(_negated(points, words, starts, ends, text, kind[starts] == 2))
    return grams


def _negated(
    points: np.ndarray,
    words: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    text: np.ndarray,
    mark: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Words within four of a negator and in the same stretch between marks."""
    known = _negator_hashes()
    negator = known[np.minimum(np.searchsorted(known, words), len(known) - 1)] == words
    place = np.arange(len(words))
    last = np.maximum.accumulate(np.where(negator, place, -10))
    barrier = np.maximum.accumulate(np.where(mark, place, -1))
    same = (last >= 0) & (text[np.maximum(last, 0)] == text)
    reached = same & (place - last <= 4) & (place > last) & (barrier < last)
    return words[reached] ^ np.uint64(9 << 40), starts[reached], ends[reached]


def _negator_hashes() -> np.ndarray:
    global _NEGATORS
    if _NEGATORS is None:
        _NEGATORS = np.sort(np.array([_word_hash(word) for word in NEGATORS], np.uint64))
    return _NEGATORS


_NEGATORS: np.ndarray | None = None


def _word_hash(word: str) -> np.uint64:
    points = np.frombuffer(word.encode("utf-32-le"), np.uint32)
    codes = (points.astype(np.uint64) + np.uint64(7)) * _PRIME
    return np.uint64((codes * _powers(np.arange(len(points)))).sum())


def _powers(exponents: np.ndarray) -> np.ndarray:
    """``_STEP`` to each power, modulo 2 ** 64; beyond 31 they repeat (no word is longer that matters)."""
    return _POWERS[np.minimum(exponents, 31)]


_POWERS = np.cumprod(np.concatenate([[np.uint64(1)], np.full(31, _STEP)]), dtype=np.uint64)


def character_kinds(points: np.ndarray) -> np.ndarray:
    """0 blank, 1 letters and digits, 2 a mark or emoji by itself, 3 Chinese."""
    kind = _KINDS[np.minimum(points, len(_KINDS) - 1)]
    return np.where(points >= 0x20000, np.where(points < 0x32000, 3, kind), kind)


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


_KINDS = _kind_table()
