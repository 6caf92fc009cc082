"""Reviews that do not mean what they say, as far as it shows: stars, words, voice and photos at odds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from analytics.contracts import Reading
from analytics.engine.sentiment.disagreement import both_ways, gap, star_gap
from analytics.models import SentimentScore
from analytics.models.scores import SentimentScoreQuerySet
from analytics.services.report import Filters, reviews

#: From this ``mismatch`` on a review is listed. Words that pull both ways come to a half at most and are
#: mostly a fair judgement, so they are listed where they pull almost evenly; praise under 2 stars from 0.68.
LIKELY = 0.48
_MOST = 2_000_000
#: What is written down with a score is rounded.
_ROUNDED = 0.005
#: Shares that add up to more than this are all there is.
_ALL = 0.999

PRAISE, BLAME, BOTH_WAYS = "praise under low stars", "blame under high stars", "words both ways"
#: Code and name of what stands against what; the heard words are words as well, but against written ones.
_PAIRS: dict[frozenset[str], tuple[str, Any]] = {
    frozenset(("text", "image")): ("photo against words", gettext_lazy("photo against words")),
    frozenset(("text", "speech")): ("voice against words", gettext_lazy("voice against words")),
    frozenset(("heard", "image")): ("photo against words", gettext_lazy("photo against words")),
    frozenset(("heard", "speech")): ("voice against words", gettext_lazy("voice against words")),
    frozenset(("image", "speech")): ("photo against voice", gettext_lazy("photo against voice")),
    frozenset(("text", "heard")): (
        "heard against written",
        gettext_lazy("words heard against words written"),
    ),
}
#: Every code that a reason may have.
REASONS: tuple[str, ...] = (PRAISE, BLAME, *dict(_PAIRS.values()), BOTH_WAYS)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a review is taken for sarcasm or a mismatch.

    Attributes:
        code: one of ``REASONS``.
        gap: 0 to 1, how far the two contradict each other.
        stars: where they are what stands against the words.
    """

    code: str
    gap: float
    stars: int | None = None

    def __str__(self) -> str:
        """In the reader's language."""
        n = self.stars or 0
        if self.code == PRAISE:
            return ngettext("praise under {n} star", "praise under {n} stars", n).format(n=n)
        if self.code == BLAME:
            return ngettext("blame under {n} star", "blame under {n} stars", n).format(n=n)
        return str(dict(_PAIRS.values()).get(self.code) or _("words pull both ways"))


def likely(filters: Filters) -> SentimentScoreQuerySet:
    """Likely sarcasm or mismatch of a selection, the widest contradiction first, but what was corrected.

    With everything a list shows.
    """
    found = reviews(filters).filter(corrected=False, mismatch__gte=LIKELY)
    # Cut beyond every offset, so that it is counted in its order too, by its own index: counting what has no
    # order, SQLite goes by the index of time and reads every review of the period.
    return found.order_by("-mismatch", "-pk").for_list()[:_MOST]


def reasons(score: SentimentScore) -> list[Reason]:
    """What contradicts what in a review by at least ``LIKELY``, the widest gap first, each once.

    Needs its aspects at hand. They follow from what is written down with the score.
    """
    widest: dict[str, Reason] = {}
    for one in sorted(_gaps(score), key=lambda one: -one.gap):
        if one.gap >= LIKELY - _ROUNDED:
            widest.setdefault(one.code, one)
    return list(widest.values())


def _gaps(score: SentimentScore) -> Iterator[Reason]:
    read = score.model_polarity if score.text_polarity is None else score.text_polarity
    yield Reason(PRAISE if read > 0 else BLAME, star_gap(score.rating, read), score.rating)
    voices = _voices(score.details)
    for first, second in combinations(voices, 2):
        yield Reason(_PAIRS[frozenset((first, second))][0], gap(voices[first], voices[second]))
    said = [score.details, *score.details.get("heard", [])]
    weights = [word[3] for one in said for word in one.get("words", [])]
    yield Reason(BOTH_WAYS, both_ways([one.polarity for one in score.aspects.all()], weights))


def _voices(details: Mapping[str, Any]) -> dict[str, Reading]:
    """The readings that may contradict each other, as the scorer had them: written and heard words apart."""
    known = details.get("channels", {})
    voices = {name: _reading(known[name]) for name in ("text", "image", "speech") if name in known}
    told = [one for one in details.get("heard", []) if one["probabilities"] and one["share"]]
    share = sum(one["share"] for one in told)
    if "text" in voices and told and share < _ALL:
        heard = np.sum([one["share"] * np.array(one["probabilities"]) for one in told], axis=0)
        voices["text"] = _reading(np.clip(np.array(known["text"]) - heard, 0.0, None))
        voices["heard"] = _reading(heard)
    return voices


def _reading(weights: Any) -> Reading:
    row = np.asarray(weights, dtype=np.float64)
    negative, neutral, positive = (float(value) for value in row / max(row.sum(), 1e-9))
    return Reading((negative, neutral, positive))
