"""Words that come up, and words that praise and blame use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.engine.reporting.cubes import CUBES
from analytics.engine.reporting.intervals import Tally
from analytics.engine.reporting.terms import log_odds, p_values, terms_of_all, without_echoes
from analytics.services.report.cells import Selection, read, restricted
from analytics.services.report.evidence import reviews_sample
from analytics.services.report.filters import Filters
from analytics.services.report.names import Kind, named
from analytics.services.report.shapes import Term

#: In fewer reviews of the period a term is not shown.
LEAST_REVIEWS = 3
#: z-score from which a term is emerging (two-sided p of 0.01)
LEAST_SCORE = 2.576
#: Under filters that the sums of terms do not know, so many reviews of each period are read, the newest.
SAMPLE = 600
_CANDIDATES = 4  # looked at per term asked for, before echoes go


@dataclass(frozen=True)
class _Counts:
    """Of the same n terms: (n,) numbers or names, (n, 4) reviews by label now, (n,) reviews before."""

    terms: np.ndarray
    now: np.ndarray
    before: np.ndarray

    @cached_property
    def recent(self) -> np.ndarray:
        """(n,) reviews now."""
        return self.now.sum(axis=1)

    @cached_property
    def surprise(self) -> np.ndarray:
        """(n,) z-scores of now against before."""
        return log_odds(self.recent, self.before, self.recent + self.before)

    @cached_property
    def lean(self) -> np.ndarray:
        """(n,) z-scores of praise against blame."""
        return log_odds(self.now[:, 2], self.now[:, 0], self.now[:, 2] + self.now[:, 0])


def emerging(filters: Filters, *, most: int = 30) -> list[Term]:
    """Terms used more in the period than in the one before, the most surprising first.

    Scored by log-odds with an informative prior; only those beyond chance (p < 0.01) in at least
    ``LEAST_REVIEWS`` reviews.
    """
    return _emerging(_counts(filters), most)


def telling_terms(filters: Filters, *, most: int = 120) -> list[Term]:
    """Terms that praise and blame use most differently: half from each side, for the association plot."""
    return _telling(_counts(filters), most)


def terms_both_ways(
    filters: Filters, *, emerging: int = 30, telling: int = 120
) -> tuple[list[Term], list[Term]]:
    """``emerging`` and ``telling_terms``, counted once."""
    counts = _counts(filters)
    return _emerging(counts, emerging), _telling(counts, telling)


def _emerging(counts: _Counts, most: int) -> list[Term]:
    fit = (counts.recent >= LEAST_REVIEWS) & (counts.surprise >= LEAST_SCORE)
    return _chosen(counts, np.flatnonzero(fit), counts.surprise, most)


def _telling(counts: _Counts, most: int) -> list[Term]:
    fit = counts.recent >= LEAST_REVIEWS
    praise = _chosen(counts, np.flatnonzero(fit & (counts.lean > 0)), counts.lean, most // 2)
    blame = _chosen(counts, np.flatnonzero(fit & (counts.lean < 0)), -counts.lean, most // 2)
    return [*praise, *blame]


def _chosen(counts: _Counts, fit: np.ndarray, rank: np.ndarray, most: int) -> list[Term]:
    """The ``most`` of ``fit`` with the highest ``rank`` that do not repeat each other."""
    order = fit[np.argsort(-rank[fit], kind="stable")][: most * _CANDIDATES]
    names = _spelled(counts.terms[order])
    kept = without_echoes(names, [int(count) for count in counts.recent[order]])[:most]
    chance = p_values(counts.surprise[order])
    return [_term(names[place], counts, int(order[place]), chance[place]) for place in kept]


def _spelled(terms: np.ndarray) -> list[str]:
    if terms.dtype.kind in "iu":
        names = named(Kind.TERM, terms)
        return [names.get(int(number), "") for number in terms]
    return [str(term) for term in terms]


def _term(name: str, counts: _Counts, row: int, p_value: float) -> Term:
    negative, neutral, positive, _ = (float(count) for count in counts.now[row])
    return Term(
        term=name,
        recent=int(counts.recent[row]),
        before=int(counts.before[row]),
        score=float(counts.surprise[row]),
        p_value=float(p_value),
        positive=int(positive),
        negative=int(negative),
        association=float(counts.lean[row]),
        net=Tally(negative, neutral, positive).net,
    )


# -- counting -----------------------------------------------------------------------------------------------


def counted_among(filters: Filters) -> int | None:
    """In how many reviews of each period, the newest, terms are counted; None where it is in all.

    The sums of terms do not know every dimension; elsewhere the reviews themselves are read.
    """
    by_sums = not (filters.item or filters.channel or filters.aspect or filters.rating or filters.words)
    return None if by_sums else SAMPLE


def _counts(filters: Filters) -> _Counts:
    return _summed(filters) if counted_among(filters) is None else _sampled(filters)


def _summed(filters: Filters) -> _Counts:
    now, before = (_of_terms(one) for one in (filters, filters.previous()))
    size = 1 + max(int(cells["term"].max()) if len(cells) else 0 for cells in (now, before))
    both = now["term"].astype(np.int64) * 4 + now["label"]
    table = np.bincount(both, weights=now["reviews"], minlength=size * 4).reshape(size, 4)
    old = np.bincount(before["term"], weights=before["reviews"], minlength=size)
    there = np.flatnonzero(table.sum(axis=1) + old)
    return _Counts(there, table[there], old[there])


def _of_terms(filters: Filters) -> Selection:
    """The cells of the terms of a selection that the sums know; no day is told from another."""
    if filters.category is None:
        return restricted(read(CUBES["words"], filters.start, filters.end, apart=False), filters)
    return read(CUBES["terms"], filters.start, filters.end, only=filters, apart=False)


def _sampled(filters: Filters) -> _Counts:
    now = [Counter[str]() for _ in range(4)]
    for texts, label in reviews_sample(filters, SAMPLE):
        now[label].update(terms_of_all(texts))
    before = Counter[str]()
    for texts, _ in reviews_sample(filters.previous(), SAMPLE):
        before.update(terms_of_all(texts))
    terms: Sequence[str] = sorted(set(before).union(*now))
    table = np.array([[counter[term] for counter in now] for term in terms], dtype=np.float64).reshape(-1, 4)
    old = np.array([before[term] for term in terms], dtype=np.float64)
    return _Counts(np.array(terms, dtype=object), table, old)
