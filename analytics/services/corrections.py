"""What analysts say reviews mean: said, settled, taken back, asked for, and how far analysts agree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.contracts import LABELS
from analytics.models import Correction, SentimentScore
from analytics.services import opinions
from analytics.services.audit import note
from analytics.services.scoring.rows import felt, touch
from recommender.errors import RecommenderError
from recommender.models import Review
from recommender.services.reviews import set_polarities

#: What a label counts in figures.
POLARITY = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
MOST_AT_ONCE = 1_000
#: Every so many places of the queue ask for a second opinion, as long as there are reviews with one label.
_SECOND_EVERY = 5
#: The queue looks for its order among so many reviews whose channels contradict each other most.
_POOL = 2_000
#: What no channel contradicts, or the model is sure of, still counts this much.
_LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two analysts agree who labelled the same reviews: Cohen's kappa, None without a pair."""

    kappa: float | None
    n: int
    observed: float | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a second opinion came to; ``other`` gave the label that counts, "" where the account is gone."""

    review: int
    other: str
    agrees: bool


# -- saying and taking back ---------------------------------------------------------------------------------


def correct(user: Any, review_ids: Iterable[int], label: str, reason: str = "") -> int:
    """Let ``user`` label reviews; says how many. From now on the label counts, whatever others say.

    Raises:
        RecommenderError: the label is unknown, there are too many reviews, or one of them was never scored.
    """
    wanted = _wanted(review_ids, label)
    with transaction.atomic():
        scores = _scored(wanted)
        reason = _say(user, scores, label, reason)
        note(user, "correct", _named(wanted), label=label, reason=reason, reviews=wanted[:100], n=len(wanted))
    return len(wanted)


def give_opinion(user: Any, review_ids: Iterable[int], label: str, reason: str = "") -> list[Opinion]:
    """Let ``user`` say of reviews what the queue asked a second opinion on; it overrides nothing.

    Where the first label was taken back in the meantime, this one counts, and there is no opinion to tell.

    Raises:
        RecommenderError: as ``correct`` does; or ``user`` was not asked, or has answered already.
    """
    wanted = _wanted(review_ids, label)
    asked = opinions.asked_for(user, wanted)
    with transaction.atomic():
        scores = _scored(wanted)
        answered = set(_of(user).filter(review__in=wanted).values_list("review_id", flat=True))
        if unasked := [str(pk) for pk in wanted if pk not in asked or pk in answered]:
            raise RecommenderError(
                _("Your second opinion on review {ids} is not asked for.").format(ids=", ".join(unasked[:5])),
                _("Look at the queue anew, or correct the review."),
            )
        first = counting(wanted)
        reason = _say(user, scores, label, reason, second=first)
        note(user, "second opinion", _named(wanted), label=label, reason=reason, reviews=wanted[:100])
    opinions.forget(user, wanted)
    return [
        Opinion(pk, one.analyst.get_username() if one.analyst else "", one.label == label)
        for pk, one in first.items()
    ]


def settle(user: Any, review_id: int, label: str, reason: str) -> Correction:
    """Let ``user`` decide what counts where two analysts disagree.

    Raises:
        RecommenderError: the label is unknown, no reason is given, or there is nothing to settle.
    """
    wanted = _wanted([review_id], label)
    if not _tidied(reason):
        raise RecommenderError(_("A reason is missing."), _("Say why this label is to count."))
    with transaction.atomic():
        scores = _scored(wanted)
        if not opinions.differing().filter(review=review_id).exists():
            raise RecommenderError(
                _("On review {n} analysts do not disagree, or not any more.").format(n=review_id),
                _("Look at the list of disagreements anew."),
            )
        reason = _say(user, scores, label, reason)
        note(user, "settle", _named(wanted), label=label, reason=reason)
        return counting(wanted)[review_id]


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
        _count(_locked([found.review_id]))
        note(user, "undo correction", _named([found.review_id]), correction=found.pk, label=found.label)
    return True


def trail(review: Review) -> list[Correction]:
    """Everything analysts said of a review, the newest first, with what was taken back."""
    said = Correction.objects.filter(review=review).select_related("analyst", "undone_by")
    return list(said.order_by("-created_at", "-pk"))


def counting(review_ids: Iterable[int]) -> dict[int, Correction]:
    """The correction that counts, by review: the newest that stands and is no second opinion.

    Where only second opinions stand, because the label that they seconded was taken back, the first of them.
    """
    standing = Correction.objects.standing().filter(review__in=list(review_ids)).select_related("analyst")
    found: dict[int, Correction] = {}
    for one in standing.order_by("created_at", "pk"):
        if not one.second_opinion or one.review_id not in found:
            found[one.review_id] = one
    return found


def _wanted(review_ids: Iterable[int], label: str) -> list[int]:
    """Each review once; raises where the label is unknown, or there are too many."""
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
    return wanted


def _scored(wanted: Sequence[int]) -> dict[int, SentimentScore]:
    """The scores, locked, in the order wanted; raises where one is not there."""
    scores = _locked(wanted)
    if gone := [str(pk) for pk in wanted if pk not in scores]:
        raise RecommenderError(
            _("Of review {ids} nothing is known.").format(ids=", ".join(gone[:5])),
            _("It was removed, or is not scored yet; look again in a moment."),
        )
    return {pk: scores[pk] for pk in wanted}


def _say(
    user: Any,
    scores: Mapping[int, SentimentScore],
    label: str,
    reason: str,
    second: Collection[int] = (),
) -> str:
    """Write down what ``user`` says, as a second opinion of those in ``second``; gives the reason kept."""
    reason = _tidied(reason)
    Correction.objects.bulk_create(
        Correction(
            review_id=pk,
            analyst=user,
            label=label,
            before=score.label,
            reason=reason,
            second_opinion=pk in second,
        )
        for pk, score in scores.items()
    )
    _count(scores)
    return reason


def _tidied(reason: str) -> str:
    return reason.replace("\x00", "").strip()[:300]  # PostgreSQL refuses NUL


def _locked(review_ids: Sequence[int]) -> dict[int, SentimentScore]:
    rows = SentimentScore.objects.select_for_update().filter(review__in=review_ids)
    return {row.review_id: row for row in rows}


def _count(scores: Mapping[int, SentimentScore]) -> None:
    """Write down what counts now, of these reviews, for reports and for the recommender."""
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
    and what the other said is not shown until ``analyst`` has given it.
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
    if opinions.ask(analyst, [row.review_id for row in rows if row.second_opinion]):  # type: ignore[attr-defined]
        return rows
    return [row for row in rows if not row.second_opinion]  # type: ignore[attr-defined]


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


# -- agreement ----------------------------------------------------------------------------------------------


def agreement() -> Agreement:
    """Cohen's kappa (Cohen 1960) over all pairs of analysts' labels of one review, each analyst's newest.

    What is said after a second opinion, to settle a disagreement or otherwise, is said in knowledge of it and
    measures nothing.
    """
    twice = (
        Correction.objects.standing()
        .filter(analyst__isnull=False)
        .values("review")
        .annotate(analysts=Count("analyst", distinct=True))
        .filter(analysts__gt=1)
    )
    said = Correction.objects.standing().filter(review__in=twice.values("review"), analyst__isnull=False)
    labels: dict[int, dict[int, str]] = {}
    blind: dict[int, dict[int, str]] = {}
    for review, analyst, label, is_second in said.order_by("created_at", "pk").values_list(
        "review_id", "analyst_id", "label", "second_opinion"
    ):
        labels.setdefault(review, {})[analyst] = label
        if is_second:
            blind[review] = dict(labels[review])
    pairs = [
        pair
        for by_analyst in (labels | blind).values()
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
