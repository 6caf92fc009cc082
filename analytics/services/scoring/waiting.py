"""Which reviews wait to be scored: every review gets a row, and a row without a model's name is due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from analytics.models import SentimentScore
from analytics.services.scoring import plugs
from recommender.models import Media, Review
from recommender.services.calls import call_once

TASK = "analytics.tasks.score_pending"
#: A claim older than this is a dead worker's. A portion takes seconds.
LOST = timedelta(minutes=2)
#: The same where a recogniser listens first, which on a busy machine takes a multiple of the recording.
LOST_LISTENING = timedelta(minutes=10)
#: For so long a review waits for its photos and voices to be prepared.
PATIENCE = timedelta(minutes=10)
NEVER = datetime(2000, 1, 1, tzinfo=UTC)
_AT_ONCE = 1_000
_UNSEEN_MOST = 20_000


def on_review_written(sender: Any, review_ids: Iterable[int], **_: Any) -> None:
    """Receiver of ``recommender``'s ``review_written``."""
    enrol(review_ids)
    call_once(TASK)


def enrol(review_ids: Iterable[int]) -> int:
    """Have these reviews scored, anew where they were before; says how many there are of them.

    A worker that is at one of them right now will not be able to write what it read before.
    """
    wanted = list(review_ids)
    count = 0
    for start in range(0, len(wanted), _AT_ONCE):
        piece = wanted[start : start + _AT_ONCE]
        with transaction.atomic():
            rows = [_new_row(review) for review in Review.objects.filter(pk__in=piece).select_related("item")]
            SentimentScore.objects.bulk_create(rows, ignore_conflicts=True)
            SentimentScore.objects.filter(review__in=piece).update(model="", claimed_at=NEVER, attempts=0)
        count += len(rows)
    return count


def _new_row(review: Review) -> SentimentScore:
    return SentimentScore(review=review, claimed_at=NEVER, **facts_of(review))


def facts_of(review: Review) -> dict[str, Any]:
    """What reports filter by, from the review and its item."""
    return {
        "item_id": review.item_id,
        "category_id": review.item.category_id,
        "language": review.language,
        "rating": review.rating,
        "reviewed_at": review.created_at,
    }


def enrol_unseen() -> int:
    """Reviews that came without a word, such as those from before scoring began: the next ones by number."""
    last = SentimentScore.objects.aggregate(last=Max("review_id"))["last"] or 0
    unseen = Review.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
    return enrol(unseen[:_UNSEEN_MOST])


def reconcile() -> int:
    """Find by looking at everything what no message told; says how many reviews.

    A review that was committed after one with a higher number, one that was changed by hand, one whose item
    went to another category.
    """
    wanted = set(Review.objects.filter(sentiment__isnull=True).values_list("pk", flat=True)[:_UNSEEN_MOST])
    seen = SentimentScore.objects.filter(seen_at__isnull=False)
    other = ~Q(seen_at=F("review__updated_at"))
    moved = Q(category__isnull=True, item__category__isnull=False)
    moved |= Q(category__isnull=False) & ~Q(category=F("item__category"))
    wanted |= set(seen.filter(other | moved).values_list("review_id", flat=True)[:_UNSEEN_MOST])
    if wanted:
        enrol(sorted(wanted))
        call_once(TASK)
    return len(wanted)


# -- due and claimed ----------------------------------------------------------------------------------------


def free() -> Q:
    """Not with a worker. Columns of the row alone, so that a conditional UPDATE checks them again."""
    lost = LOST if plugs.speech_plug() is None else LOST_LISTENING
    return Q(claimed_at__lt=timezone.now() - lost) | Q(claimed_at__lte=F("scored_at"))


def new_or_changed() -> QuerySet[SentimentScore]:
    """Rows whose review no model has read as it stands, newest first, but those that wait for media."""
    preparing = Media.objects.awaiting().filter(review=OuterRef("review_id"))
    put_off = Q(review__updated_at__gt=timezone.now() - PATIENCE) & Exists(preparing)
    return SentimentScore.objects.filter(free(), ~put_off, model="").order_by("-pk")


def of_another_model(key: str) -> QuerySet[SentimentScore]:
    """Rows that another model has scored, in no order. Two ranges of the index on ``model``."""
    return SentimentScore.objects.filter(free(), Q(model__gt="", model__lt=key) | Q(model__gt=key)).order_by()


def waiting_for(key: str) -> int:
    """How many reviews the scorer of that key has not read as they stand. What it gave up waits no more."""
    due = Q(model="") if not key else Q(model="") | Q(model__gt="", model__lt=key) | Q(model__gt=key)
    return SentimentScore.objects.filter(due).count()
