"""What the report says: plain frozen values, the same for pages, exports and the API.

A review *commits itself* where it is labelled and the scorer did not abstain (or an analyst has spoken).
``net`` is the share of positive less the share of negative among those that do, from -1 to 1; ``low`` and
``high`` bound it with 95 % confidence. All three are None where no review commits itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Grain = Literal["hour", "day", "week", "month"]
By = Literal["item", "category", "aspect", "channel", "language", "rating"]

GRAINS: tuple[Grain, ...] = ("hour", "day", "week", "month")
BYS: tuple[By, ...] = ("item", "category", "aspect", "channel", "language", "rating")


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures of one selection.

    Attributes:
        reviews: all that were scored, abstentions among them.
        positive, neutral, negative: shares of those that commit themselves, summing to 1; 0 where none does.
        abstained: share of all.
        disagreement: mean over all, 0 to 1.
        previous: the same of the period before; None where it has no reviews, was not asked for, or words
            were not looked for in the whole of both periods.
    """

    reviews: int
    net: float | None
    low: float | None
    high: float | None
    positive: float
    neutral: float
    negative: float
    abstained: float
    disagreement: float
    previous: Overview | None = None

    @property
    def committed(self) -> int:
        """Reviews that commit themselves."""
        return round(self.reviews * (1 - self.abstained))

    @property
    def change(self) -> float | None:
        """Of ``net`` since the period before."""
        if self.previous is None or self.net is None or self.previous.net is None:
            return None
        return self.net - self.previous.net


@dataclass(frozen=True, slots=True)
class Point:
    """One hour, day, week (from Monday) or month of a trend; ``start`` is in the site's time zone."""

    start: datetime
    reviews: int
    net: float | None
    low: float | None
    high: float | None
    #: share of those that commit themselves
    negative: float | None


@dataclass(frozen=True, slots=True)
class Slice:
    """One value of a dimension. ``filters.replace(**{by: key})`` selects exactly its reviews.

    Attributes:
        key: as in the address; ``NONE`` for reviews without a value.
        share: of all reviews of the selection. Channels and aspects overlap: there shares may pass 1.
    """

    key: str
    label: str
    reviews: int
    net: float | None
    low: float | None
    high: float | None
    share: float
    negative: float | None = None


@dataclass(frozen=True, slots=True)
class Impact:
    """What an aspect does to the overall score.

    Attributes:
        net: of what is said about the aspect itself.
        overall: net of the whole reviews that mention it.
        impact: how far ``net`` of the selection would fall (positive) or rise (negative) without them.
    """

    aspect: str
    label: str
    reviews: int
    net: float | None
    overall: float | None
    impact: float


@dataclass(frozen=True, slots=True)
class Driver:
    """A part of the difference between two selections.

    Attributes:
        change: its part of the difference of ``net``. Over all items, categories or languages the parts sum
            to the difference; aspects and channels overlap, theirs is the change of their impact.
        mix: the part due to more or fewer reviews of it; rate: the part due to another opinion of it.
        before, after: reviews of it in the first and second selection.
        p_value: of its own change of opinion; None where one side is empty.
    """

    by: By
    key: str
    label: str
    change: float
    mix: float
    rate: float
    before: int
    after: int
    p_value: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two selections side by side; ``difference`` is that of the second less the first.

    Attributes:
        low, high: 95 % confidence interval of ``difference``.
        p_value: two-sided, Welch's test of the means of -1, 0, 1.
        is_noise: no more than chance would do in one of twenty, or nothing to compare.
        drivers: the largest first.
    """

    a: Overview
    b: Overview
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    is_noise: bool
    drivers: list[Driver]


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase.

    Attributes:
        recent, before: reviews with it in the period, and in the one before.
        score: z-score of the log-odds ratio with an informative prior: how much more it is used than before.
        p_value: two-sided, of ``score``.
        positive, negative: reviews with it in the period, of those that commit themselves.
        association: z-score of its log-odds in positive against negative reviews.
        net: share of positive less negative among the reviews of the period that have it.
    """

    term: str
    recent: int
    before: int
    score: float
    p_value: float
    positive: int
    negative: int
    association: float
    net: float | None


@dataclass(frozen=True, slots=True)
class AspectChange:
    """An aspect now and in the period before.

    Attributes:
        recent, before: reviews that mention it in the period, and in the one before.
        score: z-score of the log-odds of its share of all reviews: how much more it is spoken of than before.
        p_value: two-sided, of ``score``.
        net, net_before: of what is said about it; None where nobody commits themselves.
        change: of ``net`` since before, ``low`` and ``high`` its 95 % interval, ``change_p_value`` by Welch's
            test; all None where either net is.
    """

    aspect: str
    label: str
    recent: int
    before: int
    score: float
    p_value: float
    net: float | None
    net_before: float | None
    change: float | None
    low: float | None
    high: float | None
    change_p_value: float | None


@dataclass(frozen=True, slots=True)
class AspectChanges:
    """Aspects, those that came up most first, among ``reviews`` now and ``before``."""

    reviews: int
    before: int
    aspects: list[AspectChange]
