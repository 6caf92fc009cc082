"""Words that come up, and words that praise and blame use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.engine.reporting.cubes import CUBES
from analytics.engine.reporting.intervals import Tally
from analytics.engine.reporting.terms import log_odds, p_values, terms_of, without_echoes
from analytics.services.report.cells import read, restricted
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


@dataclass(frozen=True, slots=True)
class _Counts:
    """Of the same n terms: (n,) numbers or names, (n, 4) reviews by label now, (n,) reviews before."""

    terms: np.ndarray
    now: np.ndarray
    before: np.ndarray

    @property
    def recent(self) -> np.ndarray:
        return self.now.sum(axis=1)


def emerging(filters: Filters, *, most: int = 30) -> list[Term]:
    """Terms used more in the period than in the one before, the most surprising first.

    Scored by log-odds with an informative prior; only those beyond chance (p < 0.01) in at least
    ``LEAST_REVIEWS`` reviews.
    """
    counts = _counts(filters)
    score = log_odds(counts.recent, counts.before, counts.recent + counts.before)
    fit = (counts.recent >= LEAST_REVIEWS) & (score >= LEAST_SCORE)
    return _chosen(filters, counts, score, np.flatnonzero(fit), score, most)


def telling_terms(filters: Filters, *, most: int = 120) -> list[Term]:
    """Terms that praise and blame use most differently: half from each side, for the association plot."""
    counts = _counts(filters)
    score = log_odds(counts.recent, counts.before, counts.recent + counts.before)
    lean = _association(counts)
    fit = counts.recent >= LEAST_REVIEWS
    praise = _chosen(filters, counts, score, np.flatnonzero(fit & (lean > 0)), lean, most // 2)
    blame = _chosen(filters, counts, score, np.flatnonzero(fit & (lean < 0)), -lean, most // 2)
    return [*praise, *blame]


def _association(counts: _Counts) -> np.ndarray:
    return log_odds(counts.now[:, 2], counts.now[:, 0], counts.now[:, 2] + counts.now[:, 0])


def _chosen(
    filters: Filters, counts: _Counts, score: np.ndarray, fit: np.ndarray, rank: np.ndarray, most: int
) -> list[Term]:
    """The ``most`` of ``fit`` with the highest ``rank`` that do not repeat each other."""
    order = fit[np.argsort(-rank[fit], kind="stable")][: most * _CANDIDATES]
    names = _spelled(counts.terms[order])
    kept = without_echoes(names, [int(count) for count in counts.recent[order]])[:most]
    lean, chance = _association(counts), p_values(score[order])
    return [_term(names[place], counts, int(order[place]), score, chance[place], lean) for place in kept]


def _spelled(terms: np.ndarray) -> list[str]:
    if terms.dtype.kind in "iu":
        names = named(Kind.TERM, terms)
        return [names.get(int(number), "") for number in terms]
    return [str(term) for term in terms]


def _term(name: str, counts: _Counts, row: int, score: np.ndarray, p_value: float, lean: np.ndarray) -> Term:
    negative, neutral, positive, _ = (float(count) for count in counts.now[row])
    return Term(
        term=name,
        recent=int(counts.recent[row]),
        before=int(counts.before[row]),
        score=float(score[row]),
        p_value=float(p_value),
        positive=int(positive),
        negative=int(negative),
        association=float(lean[row]),
        net=Tally(negative, neutral, positive).net,
    )


# -- counting -----------------------------------------------------------------------------------------------


def _counts(filters: Filters) -> _Counts:
    """From the sums where they know the filters' dimensions, else from a sample of the reviews themselves."""
    if filters.item or filters.channel or filters.aspect or filters.rating:
        return _sampled(filters)
    return _summed(filters)


def _summed(filters: Filters) -> _Counts:
    previous = filters.previous()
    cube = CUBES["words" if filters.category is None else "terms"]
    now = restricted(read(cube, filters.start, filters.end), filters)
    before = restricted(read(cube, previous.start, previous.end), previous)
    size = 1 + max(int(cells["term"].max()) if len(cells) else 0 for cells in (now, before))
    both = now["term"].astype(np.int64) * 4 + now["label"]
    table = np.bincount(both, weights=now["reviews"], minlength=size * 4).reshape(size, 4)
    old = np.bincount(before["term"], weights=before["reviews"], minlength=size)
    there = np.flatnonzero(table.sum(axis=1) + old)
    return _Counts(there, table[there], old[there])


def _sampled(filters: Filters) -> _Counts:
    now = [Counter[str]() for _ in range(4)]
    for text, label in reviews_sample(filters, SAMPLE):
        now[label].update(terms_of(text))
    before = Counter[str]()
    for text, _ in reviews_sample(filters.previous(), SAMPLE):
        before.update(terms_of(text))
    terms: Sequence[str] = sorted(set(before).union(*now))
    table = np.array([[counter[term] for counter in now] for term in terms], dtype=np.float64).reshape(-1, 4)
    old = np.array([before[term] for term in terms], dtype=np.float64)
    return _Counts(np.array(terms, dtype=object), table, old)
