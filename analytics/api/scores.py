"""What reviews feel, and what anything feels right now."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import File, Form, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from analytics.api.exports import VIEW_ANALYTICS, SearchedSince, Selection
from analytics.api.shapes import AspectOut, ScoreOut, SentimentOut, aspect_out, score_out, sentiment_out
from analytics.models import AspectScore, SentimentScore
from analytics.services import corrections, mismatch, opinions, report, scoring
from analytics.services.regions import ask_for_regions
from recommender.api.access import holders
from recommender.api.errors import missing
from recommender.api.paging import PAGE, Limit, Offset, Page, piece

router = Router(tags=["sentiment"], auth=holders(VIEW_ANALYTICS))


class ScoresOut(Page):
    """Scored reviews, newest first."""

    scores: list[ScoreOut]
    searched_since: SearchedSince


class MismatchOut(Page):
    """Likely sarcasm or mismatch, the widest contradiction first."""

    scores: list[ScoreOut]
    searched_since: SearchedSince


class ReviewAspect(AspectOut):
    """What one review feels about one aspect."""

    review: int
    item: str


class AspectsOut(Page):
    """What reviews are about, newest review first."""

    aspects: list[ReviewAspect]
    searched_since: SearchedSince


class QueuedOut(Schema):
    """A review that asks for a label; of a second opinion what others said is not shown."""

    review: int
    second_opinion: bool
    text: str
    heard: str = Field(description="words heard in its recordings, as of a score")
    confidence: float
    disagreement: float


class QueueOut(Schema):
    """Where labels help most, the most wanted first."""

    reviews: list[QueuedOut]


class ScoreNowIn(Schema):
    """Words; a picture and a sound are sent as files beside them."""

    text: str = Field("", max_length=100_000)
    language: str = Field(
        "",
        max_length=10,
        description="of the sound, such as en; for recognisers that do not find it out",
    )


@router.get("/scores", response=ScoresOut, url_name="scores")
def scores(
    request: HttpRequest,
    asked: Annotated[Selection, Query()],
    offset: Offset = 0,
    limit: Limit = PAGE,
) -> ScoresOut:
    """Scored reviews of a selection, newest first."""
    filters = asked.filters()
    shown, total, after = piece(report.reviews(filters).for_list(), offset, limit)
    return ScoresOut(
        scores=[score_out(one) for one in opinions.mark(request.user, shown)],
        total=total,
        next_offset=after,
        searched_since=report.searched_since(filters),
    )


@router.get("/scores/{int:review_id}", response=ScoreOut, url_name="score")
def score(request: HttpRequest, review_id: int) -> ScoreOut:
    """One review with its evidence: words, regions of photos, seconds of speech.

    Regions not known yet are looked for from now on; ask again while ``regions_state`` is awaited.
    """
    found = SentimentScore.objects.for_list().of_review(review_id).first()
    if found is None:
        raise missing(f"score of review {review_id}", "Check its id; a new review is scored within seconds.")
    opinions.mark(request.user, [found])
    return score_out(found, looking=ask_for_regions(found))


@router.get("/aspects", response=AspectsOut, url_name="aspects")
def aspects(
    request: HttpRequest,
    asked: Annotated[Selection, Query()],
    feels: Annotated[Literal["", "negative", "positive"], Query(description="only such")] = "",
    offset: Offset = 0,
    limit: Limit = PAGE,
) -> AspectsOut:
    """What the reviews of a selection say about aspects, one row for each review and aspect."""
    filters = asked.filters()
    chosen = report.reviews(filters).order_by().values("pk")
    found = AspectScore.objects.filter(score__in=chosen).select_related("score", "score__item")
    if asked.aspect:
        found = found.filter(aspect=asked.aspect)
    if feels:
        found = found.filter(**{"polarity__lt" if feels == "negative" else "polarity__gt": 0})
    shown, total, after = piece(found.order_by("-score__reviewed_at", "-pk"), offset, limit)
    rows = [
        ReviewAspect(review=one.score.review_id, item=one.score.item.external_id, **aspect_out(one).dict())
        for one in shown
    ]
    since = report.searched_since(filters)
    return AspectsOut(aspects=rows, total=total, next_offset=after, searched_since=since)


@router.get("/queue", response=QueueOut, url_name="queue")
def queue(request: HttpRequest, limit: Limit = PAGE) -> QueueOut:
    """Reviews whose labels would help most, none that you labelled; some are second opinions."""
    rows = [
        QueuedOut(
            review=one.review_id,
            second_opinion=one.second_opinion,  # type: ignore[attr-defined]
            text=one.review.text,
            heard=one.heard,
            confidence=one.confidence,
            disagreement=one.disagreement,
        )
        for one in corrections.queue(limit, analyst=request.user)
    ]
    return QueueOut(reviews=rows)


@router.get("/mismatch", response=MismatchOut, url_name="mismatch")
def likely_mismatch(
    request: HttpRequest,
    asked: Annotated[Selection, Query()],
    offset: Offset = 0,
    limit: Limit = PAGE,
) -> MismatchOut:
    """Likely sarcasm or mismatch of a selection that nobody has corrected, the widest contradiction first."""
    filters = asked.filters()
    shown, total, after = piece(mismatch.likely(filters), offset, limit)
    return MismatchOut(
        scores=[score_out(one) for one in shown],
        total=total,
        next_offset=after,
        searched_since=report.searched_since(filters),
    )


@router.post("/score", response=SentimentOut, url_name="score_now")
def score_now(
    request: HttpRequest,
    given: Form[ScoreNowIn],
    image: Annotated[UploadedFile | None, File(description="one picture")] = None,
    sound: Annotated[UploadedFile | None, File(description="one recording")] = None,
) -> SentimentOut:
    """Score words, a picture or a sound now, or several of them together; nothing is kept as a review."""
    found = scoring.score_now(text=given.text, image=image, sound=sound, language=given.language)
    return sentiment_out(*found)
