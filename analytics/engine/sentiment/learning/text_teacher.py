"""What a larger network said of the Chinese training texts: the small one learns it beside the labels.

The teacher is multilingual-e5-small (MIT), tuned on the same training texts; it is too large and too slow to
ship. It read pieces of the texts as well, of which there is no label: what it says of a few clauses tells the
small network which words of a review carried it (n-gram sampling, Tang et al. 2019, "Distilling Task-Specific
Knowledge from BERT into Simple Neural Networks"). Its readings are kept with the weights, under a mark of
each text, not the texts.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from analytics.engine.sentiment.text_features import tidy

FILE = "teacher.npz"
#: Log odds that one step is worth.
_STEP = 1 / 16
#: How far a label is trusted, and how much the teacher counts beside it where it has read the text.
_TRUST, _TEACHER = 0.97, 0.8
#: How often a short piece is drawn of a text, and of how many clauses at most.
_DRAWN, _CLAUSES = 20, 6
#: Characters of a piece: what is shorter is left out, and a short piece cut where it is longer.
_FEWEST, _MOST = 4, 80
#: Of a text of so many characters longer pieces are drawn as well, so often, with so many characters: from
#: short ones alone the network does not learn what a long review comes to.
_LONG, _DRAWN_LONG, _SPAN = 150, 15, (80, 240)
_MARKS = r"。！？；，、…,.!?;:~\n "
_CLAUSE = re.compile(f"[^{_MARKS}]*[{_MARKS}]+|[^{_MARKS}]+$")


def lessons(
    texts: Sequence[str], positive: np.ndarray, folder: Path, seed: int
) -> tuple[list[str], np.ndarray]:
    """The texts, and the pieces of them that the teacher read; and how probable it is that each is positive.

    Args:
        positive: (n,) bool, the labels, which count beside what the teacher says of a whole text.
        folder: where the readings are; without them labels stand alone.
        seed: by which texts are held out. A teacher of another seed has learned from some of those, so its
            readings are left.
    """
    odds = _readings(folder, seed)
    wanted = np.where(positive, _TRUST, 1 - _TRUST)
    said = _said(texts, odds)
    wanted = np.where(np.isnan(said), wanted, (1 - _TEACHER) * wanted + _TEACHER / (1 + np.exp(-said)))
    parts = [piece for text in texts for piece in pieces(text)] if odds else []
    of_parts = _said(parts, odds)
    read = np.flatnonzero(~np.isnan(of_parts))
    every = [*texts, *(parts[place] for place in read)]
    return every, np.concatenate([wanted, 1 / (1 + np.exp(-of_parts[read]))])


def pieces(text: str) -> list[str]:
    """Stretches of a text, short ones and of a long text longer ones; always the same of one text."""
    text = tidy(text)
    clauses = _CLAUSE.findall(text)
    if len(clauses) < 2:
        return []
    rng = np.random.default_rng(_mark(text))
    drawn = [_few(clauses, rng) for _ in range(_DRAWN)]
    if len(text) >= _LONG:
        drawn += [_many(clauses, rng) for _ in range(_DRAWN_LONG)]
    return [piece for piece in dict.fromkeys(drawn) if len(piece) >= _FEWEST and piece != text]


def _few(clauses: Sequence[str], rng: np.random.Generator) -> str:
    count = int(rng.integers(1, min(len(clauses) - 1, _CLAUSES) + 1))
    start = int(rng.integers(0, len(clauses) - count + 1))
    return "".join(clauses[start : start + count]).strip()[:_MOST]


def _many(clauses: Sequence[str], rng: np.random.Generator) -> str:
    """What begins with a clause that has enough behind it, cut at a random length."""
    left = np.cumsum([len(clause) for clause in reversed(clauses)])[::-1]
    start = int(rng.choice(np.flatnonzero(left >= _SPAN[0])))
    return "".join(clauses[start:]).strip()[: int(rng.integers(*_SPAN))]


def has_readings(folder: Path) -> bool:
    return (folder / FILE).is_file()


def save_readings(texts: Sequence[str], odds: np.ndarray, folder: Path, seed: int) -> None:
    """Keep a teacher's (n,) log odds of texts and pieces for ``lessons``.

    Args:
        seed: by which texts were held out of what the teacher learned.
    """
    kept = dict(zip(map(_mark, texts), np.clip(np.rint(odds / _STEP), -127, 127).tolist(), strict=True))
    marks = sorted(kept)
    edges = np.array([0, *marks], np.int64)
    gaps = edges[1:] - edges[:-1]
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        folder / FILE,
        allow_pickle=False,
        # Byte by byte: the upper ones of the gaps are nearly all nought.
        gaps=np.stack([gaps >> shift & 255 for shift in (0, 8, 16, 24)]).astype(np.uint8),
        odds=np.array([kept[mark] for mark in marks], np.int8),
        seed=np.array(seed),
    )


def _readings(folder: Path, seed: int) -> dict[int, float]:
    """The teacher's log odds by the mark of what it read; empty where there are none of the seed."""
    if not has_readings(folder):
        return {}
    with np.load(folder / FILE, allow_pickle=False) as kept:
        if int(kept["seed"]) != seed:
            return {}
        gaps = sum(part.astype(np.int64) << 8 * number for number, part in enumerate(kept["gaps"]))
        return dict(zip(np.cumsum(gaps).tolist(), (kept["odds"] * _STEP).tolist(), strict=True))


def _said(texts: Sequence[str], odds: dict[int, float]) -> np.ndarray:
    """(n,) log odds, NaN where the teacher read nothing."""
    return np.array([odds.get(_mark(text), np.nan) for text in texts], float)


def _mark(text: str) -> int:
    return zlib.crc32(tidy(text).encode("utf-8", "replace"))
