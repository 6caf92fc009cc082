"""How many words of a text a recogniser got wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def words_of(text: str) -> list[str]:
    """Words in small letters, without punctuation; an apostrophe within a word stays."""
    return _WORD.findall(text.lower().replace("’", "'"))


def edits(said: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest words put in, taken out or changed that turn ``said`` into ``heard`` (Levenshtein 1966)."""
    before = list(range(len(heard) + 1))
    for row, word in enumerate(said, 1):
        now = [row]
        for column, other in enumerate(heard, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (word != other)))
        before = now
    return before[-1]


def word_error_rate(pairs: Sequence[tuple[str, str]]) -> float:
    """Edits for each word said, over all (said, heard) texts together; 0 where nothing was said or heard."""
    cut = [(words_of(said), words_of(heard)) for said, heard in pairs]
    wrong = sum(edits(said, heard) for said, heard in cut)
    return wrong / max(1, sum(len(said) for said, _ in cut))
