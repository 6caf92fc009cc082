"""Aspects that are spoken of more or less than before, and what is felt about them now and then."""

from __future__ import annotations

import numpy as np

from analytics.engine.reporting.cubes import ABSTAINED
from analytics.engine.reporting.intervals import Tally, difference
from analytics.engine.reporting.terms import log_odds_of_shares, p_values
from analytics.services.names import name_of
from analytics.services.report.breakdown import grouped
from analytics.services.report.emerging import LEAST_REVIEWS
from analytics.services.report.filters import Filters
from analytics.services.report.names import Kind, named
from analytics.services.report.selecting import select
from analytics.services.report.shapes import AspectChange, AspectChanges


def emerging_aspects(filters: Filters) -> AspectChanges:
    """Aspects in at least ``LEAST_REVIEWS`` reviews of either period, those that came up most first.

    Scored by the log-odds of their share of all reviews, with an informative prior. What counts as a review
    of an aspect is what ``breakdown`` counts; feeling and certainty are of the aspect, so that the shares
    are of reviews with any.
    """
    both = filters, filters.previous()
    wholes = [select(one.replace(aspect="", label="", abstained=None)).reviews for one in both]
    values, now, before = _beside(*(grouped(select(one, by="aspect"), "aspect") for one in both))
    recent, old = now.sum(axis=1), before.sum(axis=1)
    scores = log_odds_of_shares(recent, old, *wholes)
    chance, names = p_values(scores), named(Kind.ASPECT, values)
    rows = np.flatnonzero(np.maximum(recent, old) >= LEAST_REVIEWS)
    found = [
        _change(names.get(int(values[row]), ""), now[row], before[row], scores[row], chance[row])
        for row in rows
    ]
    found.sort(key=lambda one: (-one.score, one.aspect))
    return AspectChanges(reviews=wholes[0], before=wholes[1], aspects=found)


def _beside(
    one: tuple[np.ndarray, np.ndarray], two: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n,) numbers of the aspects of either, and (n, 4) reviews of each by label."""
    values = np.union1d(one[0], two[0])
    sides = []
    for own, counts in (one, two):
        side = np.zeros((len(values), counts.shape[1]))
        side[np.searchsorted(values, own)] = counts
        sides.append(side)
    return values, sides[0], sides[1]


def _change(aspect: str, now: np.ndarray, before: np.ndarray, score: float, chance: float) -> AspectChange:
    recent, old = (Tally(*(float(count) for count in side[:ABSTAINED])) for side in (now, before))
    felt = difference(old, recent)
    return AspectChange(
        aspect=aspect,
        label=name_of("aspect", aspect),
        recent=int(now.sum()),
        before=int(before.sum()),
        score=float(score),
        p_value=float(chance),
        net=recent.net,
        net_before=old.net,
        change=felt.value if felt else None,
        low=felt.low if felt else None,
        high=felt.high if felt else None,
        change_p_value=felt.p_value if felt else None,
    )
