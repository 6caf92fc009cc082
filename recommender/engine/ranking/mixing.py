"""The sum that ranks a feed, and the explanation that is read off it.

Sources speak in units of their own (regression weights, cosines), so each is first divided by its typical
best value in this answer: then a fader at one half means half of the say. With all faders full the mixture is
the one that measures best: what people did counts in full, and look, words and sound together for
``CONTENT_SAY``, shared by their faders. Where there is little history, popularity and freshness fill the
rest; their share falls as evidence grows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recommender.contracts import Candidate, Explanation
from recommender.engine.graph import Accumulated

CROWD, POPULAR, FRESH = "crowd", "popular", "fresh"
#: What content says beside what people did (1), chosen on demo worlds of other seeds than the demo's.
CONTENT_SAY = 0.3
#: Evidence, in likes, at which a history and its absence have equal say.
EVIDENCE_HALF = 2.0
#: How the say of absent history is shared.
_PRIOR = {POPULAR: 0.7, FRESH: 0.3}
#: A source's unit is the mean of so many of its largest sums: a single outlier does not mute the others.
_LEADERS = 10


@dataclass(frozen=True, slots=True)
class Mixed:
    """Candidates with their scores, in the order of ``ids``.

    Attributes:
        ids: (c,) int64, ascending.
        scores: (c,) float32, the sum of ``parts`` over its rows.
        parts: (names, c) float32.
        names: sources, then ``popular`` and ``fresh``.
    """

    ids: np.ndarray
    scores: np.ndarray
    parts: np.ndarray
    names: tuple[str, ...]

    def best(self, count: int) -> np.ndarray:
        """Places (min(count, c),) of the highest scores, best first; of equals the lower id."""
        if count >= len(self.ids):
            return np.argsort(-self.scores, kind="stable")
        least = np.partition(self.scores, len(self.scores) - count)[len(self.scores) - count]
        near = np.flatnonzero(self.scores >= least)  # all equals of the last one, so that ties are settled
        return near[np.argsort(-self.scores[near], kind="stable")][:count]

    def candidate(self, place: int, because: Mapping[str, int] | None = None) -> Candidate:
        """The candidate at ``place``, with the parts that are not zero."""
        parts = {
            name: float(value)
            for name, value in zip(self.names, self.parts[:, place].tolist(), strict=True)
            if value
        }
        return Candidate(int(self.ids[place]), float(self.scores[place]), parts, dict(because or {}))


def mix(
    accumulated: Accumulated,
    popularity: np.ndarray,
    freshness: np.ndarray,
    mixture: Mapping[str, float],
    *,
    evidence: float,
) -> Mixed:
    """Score the candidates.

    Args:
        accumulated: sums of the history's rows, (sources, c).
        popularity: (c,) in [0, 1], of the accumulated items.
        freshness: (c,) in [0, 1], likewise.
        mixture: fader of each source, 0 and up; only their proportions matter, absent ones are at 0.
        evidence: what the history is worth altogether, in likes: the sum of its positive weights.

    An item that lacks a modality is judged by those it has: their say is raised to that of all modalities.
    Of an item that nobody has touched yet, content says more as well: midway (by the geometric mean) between
    its own say and everything's, for alone it foretells less, and yet what is new needs to be tried.
    A source that reaches nothing in this answer has no say, and takes none from the others.
    """
    count = len(accumulated.sources)
    units = _units(accumulated.values)
    say = _say(accumulated.sources, mixture, units > 0)
    trust = evidence / (evidence + EVIDENCE_HALF) if say.any() and evidence > 0 else 0.0
    weights = say / max(float(say.sum()), 1e-12) * trust / np.where(units > 0, units, 1.0)
    parts = np.empty((count + 2, len(accumulated.ids)), np.float32)
    np.multiply(accumulated.values, weights.astype(np.float32)[:, None], out=parts[:count])
    _raise_for_missing(parts[:count], accumulated, say)
    np.multiply(popularity, _PRIOR[POPULAR] * (1.0 - trust), out=parts[count], casting="same_kind")
    np.multiply(freshness, _PRIOR[FRESH] * (1.0 - trust), out=parts[count + 1], casting="same_kind")
    return Mixed(accumulated.ids, parts.sum(axis=0), parts, (*accumulated.sources, POPULAR, FRESH))


def _say(sources: tuple[str, ...], mixture: Mapping[str, float], speaks: np.ndarray) -> np.ndarray:
    """(sources,) say of each source that ``speaks`` (sources,) bool in this answer."""
    faders = np.array([max(0.0, mixture.get(source, 0.0)) for source in sources]) * speaks
    content = faders * _is_content(sources)
    if not content.any():
        return faders
    return np.where(_is_content(sources), CONTENT_SAY * content.max() * content / content.sum(), faders)


def _is_content(sources: tuple[str, ...]) -> np.ndarray:
    return np.array([source != CROWD for source in sources], bool)


def _units(values: np.ndarray) -> np.ndarray:
    """(sources,) mean of the largest sums of each source, 0 where none is positive."""
    units = np.zeros(len(values))
    for row, sums in enumerate(values):
        positive = sums[sums > 0]  # partitioning many zeros would be slow
        if len(positive):
            count = min(_LEADERS, len(positive))
            units[row] = np.partition(positive, len(positive) - count)[-count:].mean()
    return units


def _raise_for_missing(parts: np.ndarray, accumulated: Accumulated, say: np.ndarray) -> None:
    """Raise the parts of what is known of an item for what cannot be known of it, in place."""
    rows = np.flatnonzero(_is_content(accumulated.sources) & (say > 0))
    others = np.flatnonzero(~_is_content(accumulated.sources) & (say > 0))
    known = accumulated.known
    if not len(rows) or (known[rows].all() and known[others].all()):
        return
    whole = np.float32(say[rows].sum())
    had = np.zeros(len(accumulated.ids), np.float32)
    for row in rows:
        had += known[row] * np.float32(say[row])
    raised = whole / np.where(had > 0, had, np.float32(np.inf))
    if len(others):
        raised[~known[others].any(axis=0)] *= np.float32(np.sqrt(say.sum() / whole))
    for row in rows:
        parts[row] *= raised


def explain(candidate: Candidate) -> Explanation | None:
    """The largest positive part of the score and the item behind it; None where no part is positive."""
    positive = {name: part for name, part in candidate.parts.items() if part > 0}
    if not positive:
        return None
    source = max(positive, key=lambda name: positive[name])
    return Explanation(source, positive[source] / sum(positive.values()), candidate.because.get(source))
