"""Words and phrases of reviews in any script, and which of them set one pile of reviews apart from others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from analytics.engine.reporting.terms_chinese import terms_of_run

_READ_CHARACTERS = 4_000
_MOST_TERMS = 200
_MOST_LETTERS = 39  # so that a negated word keeps within the 80 of a name
#: As part of a class of characters.
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PIECES = re.compile(rf"[{HAN}]+|(?:(?![{HAN}])[^\W\d_])+(?:['’][^\W\d_]+)?|[.,;:!?。，；：！？、\n]")
_IS_HAN = re.compile(rf"[{HAN}]")
#: words that say nothing by themselves; negations stay, they turn what follows
_STOP = frozenset(
    """
    a about after again all also am an and any are as at be because been before being both but by can
    could did do does doing down during each either else ever every few for from further get gets got
    had has have having he her here hers him his how i if im in into is it it's its itself i'm i've
    just let like ll made make many may me might more most much must my myself of off on once one only
    or other our ours out over own really s same she should so some such than that that's the their
    theirs them then there these they they're this those though through to under until up us use
    used using very was we were what when where which while who whom why will with would you you're
    your yours yet
    """.split()  # noqa: SIM905
)
_NEGATORS = frozenset(("not", "no", "never", "nothing", "hardly", "without", "cannot", "too"))


def terms_of(text: str) -> frozenset[str]:
    """What a review says: its words, and what is negated ("not good", "没有异味").

    Function words are left out, and nothing reaches over punctuation. Longer phrases are not terms: most
    occur once, and would be the bulk of what is counted. Text beyond the first 4,000 characters is not read.
    """
    found: set[str] = set()
    for phrase in _phrases(text[:_READ_CHARACTERS]):
        for term in phrase:
            found.add(term)
            if len(found) >= _MOST_TERMS:
                return frozenset(found)
    return frozenset(found)


def terms_of_all(texts: Iterable[str]) -> frozenset[str]:
    """What the texts of one review say together; no phrase reaches from one into the next."""
    return frozenset[str]().union(*(terms_of(text) for text in texts if text))


def _phrases(text: str) -> Iterator[Iterator[str]]:
    """Terms of each stretch of words, and of each run of Chinese."""
    words: list[str] = []
    for piece in _PIECES.findall(text):
        if _IS_HAN.match(piece):
            yield terms_of_run(piece)
        elif piece[0].isalpha():
            words.append(piece.lower().replace("’", "'"))
            continue
        if words:
            yield _spaced(words)
            words = []
    if words:
        yield _spaced(words)


def _spaced(words: list[str]) -> Iterator[str]:
    kept = [word if word not in _STOP and len(word) <= _MOST_LETTERS else "" for word in words]
    yield from (word for word in kept if len(word) > 2)
    for first, second in pairwise(kept):
        if second and first and (first in _NEGATORS or first.endswith(("n't", "nt"))):
            yield f"{first} {second}"


# -- what sets two piles apart ------------------------------------------------------------------------------


def log_odds(
    first: np.ndarray, second: np.ndarray, background: np.ndarray, strength: float = 500.0
) -> np.ndarray:
    """(n,) z-scores of each term's log-odds in ``first`` against ``second``.

    After Monroe, Colaresi and Quinn (2008): a Dirichlet prior in proportion to ``background``, worth
    ``strength`` terms in all, pulls rare terms together, so that a word said once outranks nothing.

    Args:
        first, second, background: (n,) counts of the same terms.
    """
    total = background.sum()
    if not total or len(first) < 2:  # one term alone is not more said than others
        return np.zeros(len(first))
    prior = strength * (background + 0.01) / (total + 0.01 * len(background))
    one, two = first + prior, second + prior
    mass_one, mass_two = one.sum(), two.sum()
    delta = np.log(one / (mass_one - one)) - np.log(two / (mass_two - two))
    return np.asarray(delta / np.sqrt(1 / one + 1 / two))


def log_odds_of_shares(
    first: np.ndarray, second: np.ndarray, firsts: float, seconds: float, strength: float = 10.0
) -> np.ndarray:
    """(n,) z-scores of the log-odds of each share of ``firsts`` reviews against that of ``seconds``.

    ``log_odds`` for parts that overlap, such as aspects, of which a review mentions several: what is set
    against the reviews with one are those without it. The prior, in proportion to both together, is worth
    ``strength`` reviews.

    Args:
        first, second: (n,) reviews of the same parts, none more than ``firsts`` and ``seconds``.
    """
    if not firsts + seconds:
        return np.zeros(len(first))
    # Off nought and one, where there are no odds.
    share = (first + second + 0.01) / (firsts + seconds + 0.02)
    one, two = first + strength * share, second + strength * share
    rest_one, rest_two = firsts + strength - one, seconds + strength - two
    delta = np.log(one / rest_one) - np.log(two / rest_two)
    return np.asarray(delta / np.sqrt(1 / one + 1 / two + 1 / rest_one + 1 / rest_two))


def p_values(scores: np.ndarray) -> np.ndarray:
    """Two-sided p-values of z-scores."""
    from scipy.special import erfc  # heavy: imported by whoever asks

    return np.asarray(erfc(np.abs(scores) / np.sqrt(2)))


def without_echoes(terms: Sequence[str], counts: Sequence[int], share: float = 0.8) -> list[int]:
    """Positions of ``terms``, best first, less those that a better one says almost always in other words.

    A term goes where it is part of a better one, or that of it, and the rarer of the two has at least
    ``share`` of the reviews of the other.
    """
    kept: list[int] = []
    for place, (term, count) in enumerate(zip(terms, counts, strict=True)):
        if not any(
            counts[other] >= share * count
            and count >= share * counts[other]
            and (term in terms[other] or terms[other] in term)
            for other in kept
        ):
            kept.append(place)
    return kept
