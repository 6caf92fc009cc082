"""Reviews on which two analysts disagree, and what is to count."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from analytics.api.exports import VIEW_ANALYTICS
from analytics.api.labels import CorrectionOut, Label, correction_out
from analytics.models import SentimentScore
from analytics.services import corrections, opinions
from recommender.api.access import holders
from recommender.api.errors import missing
from recommender.api.paging import PAGE, Limit, Offset, Page, next_offset

router = Router(tags=["corrections"], auth=holders(VIEW_ANALYTICS))


class DisagreementOut(Schema):
    """A review that analysts read differently."""

    review: int
    text: str
    heard: str = Field(description="words heard in its recordings, as of a score")
    label: str = Field(description="the one that counts until somebody settles it")
    labels: list[CorrectionOut] = Field(description="what each analyst says now, the oldest first")


class DisagreementsOut(Page):
    """Open disagreements, newest first."""

    disagreements: list[DisagreementOut]


class SettledIn(Schema):
    """The label that is to count, and why."""

    label: Label
    reason: str = Field(min_length=1, max_length=300)


@router.get("/disagreements", response=DisagreementsOut, url_name="disagreements")
def listed(request: HttpRequest, offset: Offset = 0, limit: Limit = PAGE) -> DisagreementsOut:
    """Reviews on which a second opinion differs from the label that counts, the newest first."""
    found = opinions.disagreements(request.user)
    shown = found[offset : offset + limit]
    said = opinions.labels_of(shown)
    rows = [
        DisagreementOut(
            review=one.review_id,
            text=one.review.text,
            heard=one.heard,
            label=one.label,
            labels=[correction_out(label) for label in said.get(one.review_id, [])],
        )
        for one in opinions.scores_of(shown)
    ]
    return DisagreementsOut(
        disagreements=rows, total=len(found), next_offset=next_offset(offset, len(shown), len(found))
    )


@router.post("/disagreements/{int:review_id}", response={201: CorrectionOut}, url_name="settle")
def settle(request: HttpRequest, review_id: int, given: SettledIn) -> Status:
    """Settle a disagreement: the label counts from now on, and the others stay in the trail."""
    if not SentimentScore.objects.of_review(review_id).exists():
        raise missing(f"score of review {review_id}")
    return Status(201, correction_out(corrections.settle(request.user, review_id, given.label, given.reason)))
