"""What analysts say reviews mean: said, taken back, asked for, and how far analysts agree."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from analytics.contracts import LABELS
from analytics.models import Correction, SentimentScore
from analytics.services.audit import note
from analytics.services.scoring.rows import felt, touch
from recommender.errors import RecommenderError
from recommender.models import Review
from recommender.services.reviews import set_polarities

log = logging.getLogger(__name__)

#: What a label counts in figures.
POLARITY = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
MOST_AT_ONCE = 1_000
#: Every so many places of the queue ask for a second opinion, as long as there are reviews with one label.
_SECOND_EVERY = 5
#: The queue looks for its order among so many reviews whose channels contradict each other most.
_POOL = 2_000
#: What no channel contradicts, or the model is sure of, still counts this much.
_LEAST = 0.05
_ASKED_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two analysts agree who labelled the same reviews: Cohen's kappa, None without a pair."""

    kappa: float | None
    n: int
    observed: float | None = None


# -- saying and taking back ---------------------------------------------------------------------------------


def correct(user: Any, review_ids: Iterable[int], label: str, reason: str = "") -> int:
    """Let ``user`` label reviews; says how many. From now on the label counts, whatever a model says.

    Where the queue had asked ``user`` for a second opinion, it measures agreement and overrides nothing.

    Raises:
        RecommenderError: the label is unknown, there are too many reviews, or one of them was never scored.
    """
    wanted = list(dict.fromkeys(review_ids))
    if label not in LABELS:
        raise RecommenderError(
            _("There is no label {label!r}.").format(label=label), _("Use negative, neutral or positive.")
        )
    if len(wanted) > MOST_AT_ONCE:
        raise RecommenderError(
            _("{n} reviews are too many at once.").format(n=len(wanted)),
            _("Correct at most {most}.").format(most=MOST_AT_ONCE),
        )
    reason = reason.replace("\x00", "").strip()[:300]  # PostgreSQL refuses NUL
    second = _asked_for(user, wanted)
    with transaction.atomic():
        scores = _locked(wanted)
        if gone := [str(pk) for pk in wanted if pk not in scores]:
            raise RecommenderError(
                _("Of review {ids} nothing is known.").format(ids=", ".join(gone[:5])),
                _("It was removed, or is not scored yet; look again in a moment."),
            )
        Correction.objects.bulk_create(
            Correction(
                review_id=pk,
                analyst=user,
                label=label,
                before=scores[pk].label,
                reason=reason,
                second_opinion=pk in second,
            )
            for pk in wanted
        )
        _settle(scores)
        note(user, "correct", _named(wanted), label=label, reason=reason, reviews=wanted[:100], n=len(wanted))
    return len(wanted)


def undo(user: Any, correction_pk: int) -> bool:
    """Take back a correction; False where it was taken back before. What counted before it counts again.

    Raises:
        RecommenderError: there is no such correction.
    """
    with transaction.atomic():
        found = Correction.objects.filter(pk=correction_pk).first()
        if found is None:
            raise RecommenderError(
                _("There is no correction {n}.").format(n=correction_pk), _("Look at the review's trail.")
            )
        standing = Correction.objects.standing().filter(pk=correction_pk)
        if not standing.update(undone_at=timezone.now(), undone_by=user):
            return False
        _settle(_locked([found.review_id]))
        note(user, "undo correction", _named([found.review_id]), correction=found.pk, label=found.label)
    return True


def trail(review: Review) -> list[Correction]:
    """Everything analysts said of a review, the newest first, with what was taken back."""
    said = Correction.objects.filter(review=review).select_related("analyst", "undone_by")
    return list(said.order_by("-created_at", "-pk"))


def counting(review_ids: Iterable[int]) -> dict[int, Correction]:
    """The correction that counts, by review: the newest that stands and is no second opinion."""
    standing = Correction.objects.standing().filter(review__in=list(review_ids), second_opinion=False)
    return {one.review_id: one for one in standing.order_by("created_at", "pk")}


def _locked(review_ids: Sequence[int]) -> dict[int, SentimentScore]:
    rows = SentimentScore.objects.select_for_update().filter(review__in=review_ids)
    return {row.review_id: row for row in rows}


def _settle(scores: Mapping[int, SentimentScore]) -> None:
    """What counts now, of these reviews, for reports and for the recommender."""
    said = counting(scores)
    for pk, row in scores.items():
        row.corrected = pk in said
        row.label = said[pk].label if pk in said else row.model_label
        row.polarity = POLARITY[row.label] if pk in said else row.model_polarity
    SentimentScore.objects.bulk_update(scores.values(), ["corrected", "label", "polarity"], batch_size=200)
    set_polarities({pk: felt(row) for pk, row in scores.items()})
    touch({(row.reviewed_at, row.item_id) for row in scores.values()})


def _named(review_ids: Sequence[int]) -> str:
    """What an audit entry is about."""
    return f"review {review_ids[0]}" if len(review_ids) == 1 else f"{len(review_ids)} reviews"


# -- the queue ----------------------------------------------------------------------------------------------


def queue(limit: int = 20, *, analyst: Any) -> list[SentimentScore]:
    """Reviews whose labels help most, by uncertainty times disagreement, none that ``analyst`` labelled.

    Some in between are second opinions on what another analyst has labelled: they show ``second_opinion``,
    and what the other said should not be shown beside them.
    """
    first = list(_unlabelled(analyst)[:limit])
    second = list(_labelled_once(analyst)[: max(limit // _SECOND_EVERY, 1)])
    rows: list[SentimentScore] = []
    while (first or second) and len(rows) < limit:
        wants_second = len(rows) % _SECOND_EVERY == _SECOND_EVERY - 1 or not first
        is_second = bool(second) and wants_second
        row = (second if is_second else first).pop(0)
        row.second_opinion = is_second  # type: ignore[attr-defined]
        rows.append(row)
    _ask(analyst, [row.review_id for row in rows if row.second_opinion])  # type: ignore[attr-defined]
    return rows


def _unlabelled(analyst: Any) -> QuerySet[SentimentScore]:
    ready = SentimentScore.objects.ready().filter(corrected=False).exclude(model_label="")
    ready = ready.exclude(review__corrections__in=_of(analyst))
    pool = ready.order_by("-disagreement").values("pk")[:_POOL]
    worth = (1.0 + _LEAST - F("confidence")) * (_LEAST + F("disagreement"))
    rows = SentimentScore.objects.for_list().filter(pk__in=list(pool.values_list("pk", flat=True)))
    return rows.annotate(worth=worth).order_by("-worth", "-pk")


def _labelled_once(analyst: Any) -> QuerySet[SentimentScore]:
    standing = Q(review__corrections__undone_at__isnull=True)
    rows = SentimentScore.objects.for_list().filter(corrected=True)
    rows = rows.exclude(review__corrections__in=_of(analyst))
    rows = rows.annotate(said=Count("review__corrections__analyst", filter=standing, distinct=True))
    return rows.filter(said=1).order_by("-disagreement", "-pk")


def _of(analyst: Any) -> QuerySet[Correction]:
    return Correction.objects.standing().filter(analyst=analyst)


def _ask(analyst: Any, review_ids: Sequence[int]) -> None:
    """Remember for whom which reviews are second opinions."""
    try:
        cache.set_many({_asked(analyst, pk): 1 for pk in review_ids}, _ASKED_SECONDS)
    except RedisError as error:
        log.warning("Redis does not answer (%s); second opinions count as corrections.", error)


def _asked_for(analyst: Any, review_ids: Sequence[int]) -> set[int]:
    """Those of the reviews on which ``analyst`` was asked for a second opinion that is still one."""
    keys = {_asked(analyst, pk): pk for pk in review_ids}
    try:
        asked = {keys[key] for key in cache.get_many(keys)}
    except RedisError as error:
        log.warning("Redis does not answer (%s); second opinions count as corrections.", error)
        return set()
    others = Correction.objects.standing().filter(review__in=asked).exclude(analyst=analyst)
    return set(others.values_list("review_id", flat=True))


def _asked(analyst: Any, review_id: int) -> str:
    return f"second-opinion:{analyst.pk}:{review_id}"


# -- agreement ----------------------------------------------------------------------------------------------


def agreement() -> Agreement:
    """Cohen's kappa (Cohen 1960) over all pairs of analysts' labels of one review, each analyst's newest."""
    twice = (
        Correction.objects.standing()
        .filter(analyst__isnull=False)
        .values("review")
        .annotate(analysts=Count("analyst", distinct=True))
        .filter(analysts__gt=1)
    )
    said = Correction.objects.standing().filter(review__in=twice.values("review"), analyst__isnull=False)
    labels: dict[int, dict[int, str]] = {}
    for review, analyst, label in said.order_by("created_at", "pk").values_list(
        "review_id", "analyst_id", "label"
    ):
        labels.setdefault(review, {})[analyst] = label
    pairs = [
        pair
        for by_analyst in labels.values()
        for pair in combinations([by_analyst[analyst] for analyst in sorted(by_analyst)], 2)
    ]
    return kappa_of(pairs)


def kappa_of(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Agreement beyond chance, from pairs of labels."""
    if not pairs:
        return Agreement(None, 0)
    n = len(pairs)
    observed = sum(one == other for one, other in pairs) / n
    by_chance = sum(
        (sum(one == label for one, _other in pairs) / n) * (sum(other == label for _one, other in pairs) / n)
        for label in LABELS
    )
    kappa = 1.0 if by_chance == 1.0 else (observed - by_chance) / (1.0 - by_chance)
    return Agreement(kappa, n, observed)
