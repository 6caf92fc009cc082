"""What a larger network said of the Chinese training texts: the small one learns it beside the labels.

The teacher is multilingual-e5-small (MIT), tuned on the same training texts; it is too large and too slow to
ship. Its readings are kept with the weights, under a mark of each text, not the texts.
"""

from __future__ import annotations

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


def blended(texts: Sequence[str], positive: np.ndarray, folder: Path) -> np.ndarray:
    """(n,) how probable it is that each text is positive, by its label and by the teacher.

    Args:
        positive: (n,) bool, the labels.
        folder: where the readings are; without them labels stand alone.
    """
    wanted = np.where(positive, _TRUST, 1 - _TRUST)
    if not (folder / FILE).is_file():
        return wanted
    with np.load(folder / FILE, allow_pickle=False) as kept:
        odds = dict(zip(kept["marks"].tolist(), (kept["odds"] * _STEP).tolist(), strict=True))
    said = np.array([odds.get(_mark(text), np.nan) for text in texts])
    return np.where(np.isnan(said), wanted, (1 - _TEACHER) * wanted + _TEACHER / (1 + np.exp(-said)))


def save_readings(texts: Sequence[str], odds: np.ndarray, folder: Path) -> None:
    """Keep a teacher's (n,) log odds of ``texts`` for ``blended``."""
    kept = dict(zip(map(_mark, texts), np.clip(np.rint(odds / _STEP), -127, 127).tolist(), strict=True))
    marks = sorted(kept)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        folder / FILE,
        allow_pickle=False,
        marks=np.array(marks, np.uint32),
        odds=np.array([kept[mark] for mark in marks], np.int8),
    )


def _mark(text: str) -> int:
    return zlib.crc32(tidy(text).encode("utf-8", "replace"))
