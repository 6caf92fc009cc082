"""The workers' loop: claim a portion, read it, score it, write it while the claim is one's own."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q
from django.utils import timezone

from analytics.models import SentimentScore
from analytics.services.scoring import plugs, waiting
from analytics.services.scoring.content import read_contents
from analytics.services.scoring.heard import known_transcripts
from analytics.services.scoring.model import current_scorer, serving_version
from analytics.services.scoring.rows import Outcome, settle
from recommender.errors import RecommenderError
from recommender.models import Media, Review
from recommender.services.tracing import working_on

if TYPE_CHECKING:
    from analytics.engine.sentiment import Scorer

log = logging.getLogger(__name__)

WORK_SECONDS = 8.0  # of one task; the worker is given 15 to end
MOST_ATTEMPTS = 3
_PORTION, _MEDIA = 256, 32  # reviews, and files that come with them
#: What one portion should take: a claim is another's after two minutes, and a worker must be able to end.
_PORTION_SECONDS = 4.0


def score_pending(limit: int = 1_000_000, *, seconds: float = WORK_SECONDS) -> int:
    """Score what waits, for up to ``seconds``; says how many reviews were settled, 0 when none waits.

    New and changed reviews come first, then those that another model has scored. It may be called twice, or
    by two workers: a row is claimed by one UPDATE that only one of them wins.
    """
    waiting.enrol_unseen()
    deadline = time.monotonic() + seconds
    settled = 0
    scorer: Scorer | None = None
    portion = _PORTION
    while settled < limit and time.monotonic() < deadline:
        if scorer is None:
            scorer = current_scorer()
            portion = getattr(scorer, "portion", _PORTION)
            plugs.tell(scorer, serving_version())  # again, in case Redis has lost it
        rows = _claim(scorer.key, min(portion, limit - settled), getattr(scorer, "recordings", _MEDIA))
        if not rows:
            break
        began = time.monotonic()
        settled += _score(scorer, rows)
        portion = _next_portion(len(rows), time.monotonic() - began)
    return settled


def _next_portion(count: int, seconds: float) -> int:
    """As many reviews as go into ``_PORTION_SECONDS``, when ``count`` took ``seconds``."""
    return max(1, min(_PORTION, int(count * _PORTION_SECONDS / max(seconds, 1e-3))))


def score_review(review: Review) -> SentimentScore | None:
    """Score one review now, whatever was known of it; None where it is gone meanwhile."""
    waiting.enrol([review.pk])
    scorer = current_scorer()
    rows = _claimed(list(SentimentScore.objects.filter(review=review).values_list("pk", flat=True)))
    if rows:
        _score(scorer, rows)
    return SentimentScore.objects.filter(review=review).first()


def _claim(key: str, count: int, recordings: int) -> list[SentimentScore]:
    """Rows that are this worker's alone from now on; fewer where many photos and voices hang on them."""
    for due in (waiting.new_or_changed(), waiting.of_another_model(key)):
        found = list(due.values_list("pk", "review_id")[:count])
        if found and (rows := _claimed(_affordable(found, recordings))):
            return rows
    return []


def _affordable(found: Sequence[tuple[int, int]], recordings: int) -> list[int]:
    """The first of the (row, review) pairs, up to as many media and recordings as one portion should have."""
    reviews = Review.objects.filter(pk__in=[review for _, review in found], media__isnull=False)
    spoken = Count("media", filter=Q(media__kind=Media.Kind.AUDIO))
    counts = reviews.order_by().values_list("pk").annotate(Count("media"), spoken=spoken)
    media = {review: numbers for review, *numbers in counts}
    files = voices = 0
    kept: list[int] = []
    for row, review in found:
        more, aloud = media.get(review, (0, 0))
        files, voices = files + more, voices + aloud
        if kept and (files > _MEDIA or voices > recordings):
            break
        kept.append(row)
    return kept


def _claimed(ids: list[int]) -> list[SentimentScore]:
    # The time of the claim is also its mark; the microseconds keep two workers' marks apart.
    mark = timezone.now().replace(microsecond=random.randrange(1_000_000))
    mine = SentimentScore.objects.filter(waiting.free(), pk__in=ids)
    mine.update(claimed_at=mark, attempts=F("attempts") + 1)
    return list(SentimentScore.objects.filter(pk__in=ids, claimed_at=mark).order_by("pk"))


# -- a portion ----------------------------------------------------------------------------------------------


def _score(scorer: Scorer, rows: list[SentimentScore]) -> int:
    """Settle claimed rows; one that breaks the scorer does not take the others with it."""
    hopeless = [row for row in rows if row.attempts > MOST_ATTEMPTS]
    mark = rows[0].claimed_at
    if hopeless:
        settle(scorer.key, mark, [Outcome(row, error="Scoring it ended its worker.") for row in hopeless])
        rows = [row for row in rows if row.attempts <= MOST_ATTEMPTS]
    # Read after the claim: a change made since takes the claim away, so that no old words get a score.
    ids = [row.review_id for row in rows]
    working_on("review", ids[0] if ids else "")
    reviews = {
        one.pk: one
        for one in Review.objects.filter(pk__in=ids)
        .select_related("item", "user__profile")
        .prefetch_related("media")
    }
    rows = [row for row in rows if row.review_id in reviews]
    outcomes = _outcomes(scorer, rows, [reviews[row.review_id] for row in rows])
    settle(scorer.key, mark, outcomes)
    return len(hopeless) + len(outcomes)


def _leave(rows: list[SentimentScore]) -> None:
    """To be tried again when the claim has run out, and as often as the media storage makes it necessary."""
    if rows:
        log.warning("Reviews that wait for the media storage: %d.", len(rows))
        ids = [row.pk for row in rows]
        SentimentScore.objects.filter(pk__in=ids, claimed_at=rows[0].claimed_at).update(
            attempts=F("attempts") - 1
        )


def _outcomes(scorer: Scorer, rows: list[SentimentScore], reviews: list[Review]) -> list[Outcome]:
    try:
        contents = read_contents(reviews, scorer, known_transcripts(rows))
        read = [one for one in zip(rows, reviews, contents, strict=True) if not one[2].waits]
        _leave([row for row, content in zip(rows, contents, strict=True) if content.waits])
        found = scorer.score([content.spoken for *_, content in read]) if read else []
        return [Outcome(*one, sentiment) for one, sentiment in zip(read, found, strict=True)]
    except RecommenderError:
        raise
    except Exception as error:  # odd content may break a library below in ways of its own
        if len(rows) == 1:
            log.exception("Scoring broke over review %s.", reviews[0].pk)
            return [Outcome(rows[0], reviews[0], error=f"Scoring broke ({type(error).__name__}: {error}).")]
    middle = len(rows) // 2
    return _outcomes(scorer, rows[:middle], reviews[:middle]) + _outcomes(
        scorer, rows[middle:], reviews[middle:]
    )
