"""Which training texts of the text model are held out for calibration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.engine.sentiment.learning.text_corpora import Labelled, letters

#: Fewer words are a phrase.
_PHRASE = 8


def held_out(texts: Sequence[str], seed: int) -> np.ndarray:
    """(n,) True for about a tenth of the texts; those that share six words in a row stay together, and a
    shorter phrase goes with the longest text that it is part of."""
    rng = np.random.default_rng([seed, 7])
    part: dict[str, bool] = {}
    held = np.zeros(len(texts), bool)
    for place in sorted(range(len(texts)), key=lambda place: -len(texts[place])):
        words = texts[place].split()
        known = next((part[run] for run in _runs(words, min(6, len(words))) if run in part), None)
        held[place] = rng.random() < 0.1 if known is None else known
        for length in range(min(6, len(words)) + 1):
            for run in _runs(words, length):
                part.setdefault(run, bool(held[place]))
    return held


def held_together(parts: Sequence[Labelled], seed: int) -> list[np.ndarray]:
    """``held_out`` of each of several parts that repeat each other.

    A text that stands in some of them, letter for letter, is held out of all or of none: else what another
    part taught would pass for what was understood. Without blanks a text is one word, so only equal texts are
    kept together.
    """
    held = held_out([letters(text) for part in parts for text in part.texts], seed)
    return np.split(held, np.cumsum([len(part.texts) for part in parts[:-1]]))


def _runs(words: Sequence[str], length: int) -> list[str]:
    return [" ".join(words[at : at + length]) for at in range(len(words) - length + 1)]


def sentences_of(part: Labelled, seed: int) -> tuple[Labelled, np.ndarray]:
    """``part`` less the phrases of the texts held out, and which are held out: what is read is sentences."""
    held = held_out(part.texts, seed)
    kept = ~held | np.array([len(text.split()) >= _PHRASE for text in part.texts])
    return part.take(np.flatnonzero(kept)), held[kept]
