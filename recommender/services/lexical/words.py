"""What somebody typed, cut into the pieces that are looked for; none of it is ever read as query syntax."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from recommender.engine.preprocess.text import normalise_text

MOST_TERMS = 8
_LONGEST_WORD = 8  # characters of a Chinese word
_LONGEST_RUN = 24  # characters of Chinese without a gap that are taken apart

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_PIECE = re.compile(f"([{_HAN}]+)|([^\\W_{_HAN}]+)")
_LATIN = re.compile(r"[a-z0-9]+$")
#: Words that say nothing of what is meant, unless there is nothing else.
_ENGLISH = """
    a an the of for and or with in on at to from by as is are be it its this that these my your some any
"""
_CHINESE = "的了和与及在是有个件把我想要"
_EMPTY = frozenset([*_ENGLISH.split(), *_CHINESE])


@dataclass(frozen=True, slots=True)
class Term:
    """One piece of a query.

    Attributes:
        text: the piece as it was typed, in small letters.
        needle: what is looked for in the index. A short Latin word has a blank before it, so that "red" is
            not found in "covered"; a plural has lost its ending, so that "chairs" finds a chair.
        known: whether any item has it.
    """

    text: str
    needle: str
    known: bool


def terms_of(text: str, holds: Callable[[str], bool]) -> list[Term]:
    """The pieces of ``text``, each once.

    Chinese has no blanks between its words: a run of it is cut from the left into the longest pieces that
    occur in the catalogue.

    Args:
        holds: whether the index has a needle.
    """
    found: dict[str, Term] = {}
    for han, other in _PIECE.findall(normalise_text(text).casefold()):
        pieces = _cut(han[:_LONGEST_RUN], holds) if han else [_latin(other, holds)]
        for term in pieces:
            found.setdefault(term.needle, term)
    telling = [term for term in found.values() if term.text not in _EMPTY]
    return (telling or list(found.values()))[:MOST_TERMS]


def _latin(word: str, holds: Callable[[str], bool]) -> Term:
    """A word of letters with blanks between words."""
    stem = _stem(word)
    if len(stem) <= 3 and _LATIN.match(stem):
        if holds(f" {stem}"):
            return Term(word, f" {stem}", True)
        if len(stem) == 1:
            return Term(word, f" {stem}", False)
    return Term(word, stem, holds(stem))


def _stem(word: str) -> str:
    """An English plural without its ending; the part that singular and plural share."""
    if not _LATIN.match(word) or len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return word
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    if word.endswith("ies"):
        return word[:-3]
    return word[:-1]


def _cut(run: str, holds: Callable[[str], bool]) -> list[Term]:
    """A run of Chinese cut by forward maximum matching, with the catalogue as the dictionary."""
    terms: list[Term] = []
    unknown = ""
    start = 0
    while start < len(run):
        word = _longest(run[start : start + _LONGEST_WORD], holds)
        if word and unknown:
            terms.append(Term(unknown, unknown, False))
            unknown = ""
        if word:
            terms.append(Term(word, word, True))
        else:
            unknown += run[start]
        start += len(word) or 1
    if unknown:
        terms.append(Term(unknown, unknown, False))
    return terms


def _longest(run: str, holds: Callable[[str], bool]) -> str:
    """The longest beginning of ``run`` that the index has; "" for none."""
    return next((run[:size] for size in range(len(run), 0, -1) if holds(run[:size])), "")
