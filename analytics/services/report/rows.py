"""Scored reviews as columns of numbers: what the sums are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Q
from django.utils import timezone

from analytics.contracts import CHANNELS, LABELS
from analytics.engine.reporting.cubes import ABSTAINED, Columns
from analytics.engine.reporting.terms import terms_of_all
from analytics.models import AspectScore, SentimentScore
from analytics.models.scores import SentimentScoreQuerySet
from analytics.services.report.names import Kind, codes

#: From this polarity on, an opinion on an aspect counts as positive, and from its opposite on as negative.
ASPECT_LEAN = 0.2
#: Reviews that commit themselves, as a query.
COMMITTED = Q(label__in=LABELS) & (Q(abstained=False) | Q(corrected=True))
_AT_ONCE = 5_000
_FIELDS = (
    "pk", "reviewed_at", "item_id", "category_id", "language", "channels", "rating", "label", "abstained",
    "corrected", "disagreement",
)  # fmt: skip
_TEXTS = ("review__text", "heard")


@dataclass(frozen=True, slots=True)
class DayRows:
    """Reviews, opinions on aspects, and terms: columns by name, each (n,)."""

    reviews: Columns
    aspects: Columns
    terms: Columns


def midnight(day: date) -> datetime:
    """The first moment of ``day`` in the site's time zone."""
    return timezone.make_aware(datetime(day.year, day.month, day.day), timezone.get_default_timezone())


def local_day(moment: date | datetime) -> date:
    """The day of ``moment`` in the site's time zone."""
    if isinstance(moment, datetime):
        return timezone.localdate(moment, timezone.get_default_timezone())
    return moment


def read_reviews(scores: SentimentScoreQuerySet) -> Columns:
    """Of these scores, on whatever days: ``day``, its ordinal, is a column too."""
    return _reviews(list(scores.order_by("pk").values_list(*_FIELDS)))


def read_aspects(scores: SentimentScoreQuerySet) -> Columns:
    """Every opinion on an aspect of these scores, on whatever days."""
    rows = list(scores.order_by("pk").values_list(*_FIELDS))
    return _aspects(rows, _reviews(rows), _opinions(rows))


def read_day(day: date, known_terms: dict[str, int] | None = None) -> DayRows:
    """Everything scored of the reviews of ``day``; for ``known_terms`` see ``names.codes``."""
    scores = SentimentScore.objects.ready().filter(
        reviewed_at__gte=midnight(day), reviewed_at__lt=midnight(day + timedelta(days=1))
    )
    rows = list(scores.order_by("pk").values_list(*_FIELDS, *_TEXTS))
    reviews = _reviews(rows)
    return DayRows(reviews, _aspects(rows, reviews, _opinions(rows)), _terms(rows, reviews, known_terms))


def _opinions(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Score, aspect and polarity, of the scores whose numbers begin ``rows``.

    By number: looked for by day again, PostgreSQL may go through all for each where it has no statistics yet.
    """
    numbers = [row[0] for row in rows]
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(numbers), _AT_ONCE):
        some = AspectScore.objects.filter(score__in=numbers[start : start + _AT_ONCE])
        found += some.values_list("score_id", "aspect", "polarity")
    return found


def channel_bits(channels: str) -> int:
    """Which of ``CHANNELS`` are named in "text+image", as bits from the lowest."""
    return sum(1 << CHANNELS.index(name) for name in channels.split("+") if name in CHANNELS)  # type: ignore[arg-type]


def _reviews(rows: list[tuple[Any, ...]]) -> Columns:
    zone = timezone.get_default_timezone()
    languages = codes(Kind.LANGUAGE, {row[4] for row in rows})
    bits = {text: channel_bits(text) for text in {row[5] for row in rows}}
    return {
        "day": _whole(row[1].astimezone(zone).toordinal() for row in rows),
        "hour": _whole(row[1].astimezone(zone).hour for row in rows),
        "item": _whole(row[2] for row in rows),
        "category": _whole(row[3] or 0 for row in rows),
        "language": _whole(languages.get(row[4], 0) for row in rows),
        "channels": _whole(bits[row[5]] for row in rows),
        "rating": _whole(row[6] or 0 for row in rows),
        "label": _whole(label_code(row[7], row[8], row[9]) for row in rows),
        "disagreement": np.array([row[10] for row in rows], dtype=np.float64),
        "reviews": np.ones(len(rows), dtype=np.int64),
    }


def label_code(label: str, abstained: bool, corrected: bool) -> int:
    """Position in ``LABELS`` of what counts, or ``ABSTAINED``."""
    if label not in LABELS or (abstained and not corrected):
        return ABSTAINED
    return LABELS.index(label)  # type: ignore[arg-type]


def _whole(values: Iterable[int]) -> np.ndarray:
    return np.fromiter(values, dtype=np.int64)


def aspect_label(polarity: np.ndarray) -> np.ndarray:
    """Positions in ``LABELS`` of opinions on aspects."""
    return np.where(polarity >= ASPECT_LEAN, 2, np.where(polarity <= -ASPECT_LEAN, 0, 1))


def aspect_code(overall: int, polarity: float) -> int:
    """The same of an opinion on an aspect, in a review of which ``overall`` counts."""
    return ABSTAINED if overall == ABSTAINED else int(aspect_label(np.array([polarity]))[0])


def _aspects(rows: list[tuple[Any, ...]], reviews: Columns, opinions: list[tuple[Any, ...]]) -> Columns:
    """Every opinion with the columns of its review; a review that abstains has none on any aspect."""
    numbers = codes(Kind.ASPECT, {aspect for _, aspect, _ in opinions})
    place = {row[0]: number for number, row in enumerate(rows)}
    opinions = [opinion for opinion in opinions if opinion[0] in place]
    where = _whole(place[score] for score, _, _ in opinions)
    columns = {name: values[where] for name, values in reviews.items()}
    columns["aspect"] = _whole(numbers.get(aspect, 0) for _, aspect, _ in opinions)
    overall = columns["label"]
    own = aspect_label(np.array([polarity for _, _, polarity in opinions], dtype=np.float64))
    columns["label"] = np.where(overall == ABSTAINED, ABSTAINED, own)
    columns["overall"] = np.where(overall == ABSTAINED, 0, overall - 1)
    return columns


def _terms(rows: list[tuple[Any, ...]], reviews: Columns, known: dict[str, int] | None) -> Columns:
    """Every term of every review once, with the columns that terms are told apart by."""
    found = [terms_of_all(row[len(_FIELDS) :]) for row in rows]
    numbers = codes(Kind.TERM, frozenset().union(*found), known)
    where = np.repeat(np.arange(len(rows)), [len(terms) for terms in found])
    columns = {name: reviews[name][where] for name in ("category", "language", "label", "reviews")}
    columns["term"] = _whole(numbers[term] for terms in found for term in terms)
    return columns
