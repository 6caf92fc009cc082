"""What somebody typed, cut into the pieces that are looked for; none of it is ever read as query syntax."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

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

#: Of each group of needles the first that any item has, "" for none; one question for many words.
FirstHeld = Callable[[Sequence[Sequence[str]]], list[str]]


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


def terms_of(text: str, first_held: FirstHeld) -> list[Term]:
    """The pieces of ``text``, each once.

    Chinese has no blanks between its words: a run of it is cut from the left into the longest pieces that
    occur in the catalogue.
    """
    pieces = list(dict.fromkeys(_PIECE.findall(normalise_text(text).casefold())))
    # Words that say nothing need not be looked up where there are others.
    telling = [(han, other) for han, other in pieces if other not in _EMPTY]
    terms = (term for term in _terms(telling, first_held) if term.text not in _EMPTY)
    return _once(terms) or _once(_terms(pieces, first_held))


def _once(terms: Iterable[Term]) -> list[Term]:
    """The first ones, without asking about the rest."""
    found: dict[str, Term] = {}
    for term in terms:
        found.setdefault(term.needle, term)
        if len(found) == MOST_TERMS:
            break
    return list(found.values())


def _terms(pieces: Iterable[tuple[str, str]], first_held: FirstHeld) -> Iterator[Term]:
    """Of pieces that are either Chinese or not, in order; words side by side are asked for together."""
    for is_han, side_by_side in groupby(pieces, key=lambda piece: bool(piece[0])):
        if is_han:
            for run, _other in side_by_side:
                yield from _cut(run[:_LONGEST_RUN], first_held)
        else:
            words = (word for _han, word in side_by_side)
            while some := list(islice(words, MOST_TERMS)):
                yield from _latin(some, first_held)


def _latin(words: Sequence[str], first_held: FirstHeld) -> list[Term]:
    """Words of letters with blanks between words."""
    needles = [_needles(word) for word in words]
    held = first_held(needles)
    return [
        Term(word, found or wanted[-1], bool(found))
        for word, wanted, found in zip(words, needles, held, strict=True)
    ]


def _needles(word: str) -> list[str]:
    """What stands for ``word``, the best first."""
    stem = _stem(word)
    if len(stem) > 3 or not _LATIN.match(stem):
        return [stem]
    return [f" {stem}"] if len(stem) == 1 else [f" {stem}", stem]


def _stem(word: str) -> str:
    """An English plural without its ending; the part that singular and plural share."""
    if not _LATIN.match(word) or len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return word
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    if word.endswith("ies"):
        return word[:-3]
    return word[:-1]


def _cut(run: str, first_held: FirstHeld) -> list[Term]:
    """A run of Chinese cut by forward maximum matching, with the catalogue as the dictionary."""
    terms: list[Term] = []
    unknown = ""
    start = 0
    while start < len(run):
        most = run[start : start + _LONGEST_WORD]
        (word,) = first_held([[most[:size] for size in range(len(most), 0, -1)]])
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
