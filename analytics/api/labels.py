"""What analysts say, and the models that learn from it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from analytics.api.exports import VIEW_ANALYTICS
from analytics.models import Correction
from analytics.models.scores import LAST_KEY
from analytics.services import corrections, opinions, report, retraining, scoring
from recommender.api.access import holders
from recommender.api.errors import missing
from recommender.api.jobs import JobOut, job_out
from recommender.api.paging import PAGE, Limit, Offset, Page, piece
from recommender.models import ModelVersion

router = Router(tags=["corrections"], auth=holders(VIEW_ANALYTICS))
Label = Literal["negative", "neutral", "positive"]
ReviewKey = Annotated[int, Field(ge=1, le=LAST_KEY)]


class CorrectionIn(Schema):
    """A label for one review or many."""

    reviews: list[ReviewKey] = Field(min_length=1, max_length=1000)
    label: Label
    reason: str = Field("", max_length=300)
    second_opinion: bool = Field(
        False, description="the second opinion that the queue asked you for, which overrides nothing"
    )


class OpinionOut(Schema):
    """A second opinion beside the label that counts."""

    review: int
    other: str = Field(description="who gave the label that counts; empty where the account is gone")
    agrees: bool


class CorrectedOut(Schema):
    """Of how many reviews the label counts now, and what second opinions came to."""

    corrected: int
    second_opinions: list[OpinionOut]


class CorrectionOut(Schema):
    """What an analyst said of a review; ``before`` is what counted until then.

    While your second opinion on the review is awaited, who said what and why is left out.
    """

    id: int
    review: int
    analyst: str | None
    label: str
    before: str
    reason: str
    second_opinion: bool
    created_at: datetime
    undone_at: datetime | None
    undone_by: str | None
    awaits_second_opinion: bool = Field(False, description="of you, on this review")


class AgreementOut(Schema):
    """Cohen's kappa over pairs of labels of one review; null without a pair."""

    kappa: float | None
    pairs: int


class CorrectionsOut(Page):
    """Corrections, newest first, with those that were taken back."""

    corrections: list[CorrectionOut]
    agreement: AgreementOut


class VersionOut(Schema):
    """A model that learned from corrections; ``metrics`` has its figures before and after."""

    id: int
    key: str
    state: str
    metrics: dict[str, Any]
    created_at: datetime
    activated_at: datetime | None


class ModelOut(Schema):
    """The model in service (``serving`` is null where it is the one that ships), and the one that waits."""

    key: str
    serving: VersionOut | None
    candidate: VersionOut | None


@router.post("/corrections", response={201: CorrectedOut}, url_name="correct")
def correct(request: HttpRequest, given: CorrectionIn) -> Status:
    """Label reviews. The label counts from now on; a second opinion that the queue asked for does not."""
    said = (request.user, given.reviews, given.label, given.reason)
    if not given.second_opinion:
        return Status(201, CorrectedOut(corrected=corrections.correct(*said), second_opinions=[]))
    compared = corrections.give_opinion(*said)
    count = len(set(given.reviews)) - len(compared)
    told = [OpinionOut(review=one.review, other=one.other, agrees=one.agrees) for one in compared]
    return Status(201, CorrectedOut(corrected=count, second_opinions=told))


@router.get("/corrections", response=CorrectionsOut, url_name="corrections")
def listed(
    request: HttpRequest,
    review: Annotated[int | None, Query(ge=1, le=LAST_KEY, description="only of this review")] = None,
    offset: Offset = 0,
    limit: Limit = PAGE,
) -> CorrectionsOut:
    """What analysts said, newest first, and how far they agree."""
    found = Correction.objects.select_related("analyst", "undone_by").order_by("-created_at", "-pk")
    found = found.filter(review=review) if review is not None else found
    shown, total, after = piece(found, offset, limit)
    waiting = opinions.awaiting(request.user, {one.review_id for one in shown})
    agreed = corrections.agreement()
    return CorrectionsOut(
        corrections=[hidden_out(one) if one.review_id in waiting else correction_out(one) for one in shown],
        agreement=AgreementOut(kappa=agreed.kappa, pairs=agreed.n),
        total=total,
        next_offset=after,
    )


@router.delete("/corrections/{int:correction_id}", response={204: None}, url_name="correction")
def undo(request: HttpRequest, correction_id: int) -> HttpResponse:
    """Take a correction back; what counted before it counts again. It stays in the trail."""
    if not Correction.objects.filter(pk=correction_id).exists():
        raise missing(f"correction {correction_id}")
    corrections.undo(request.user, correction_id)
    return HttpResponse(status=204)


@router.get("/model", response=ModelOut, url_name="model")
def model(request: HttpRequest) -> ModelOut:
    """The model in service, and the candidate that waits for a person."""
    serving, waiting = ModelVersion.objects.serving(scoring.KIND), retraining.candidate()
    return ModelOut(
        key=scoring.known_scorer_key() or report.model_in_service(),
        serving=_version_out(serving) if serving else None,
        candidate=_version_out(waiting) if waiting else None,
    )


@router.post("/model/retrain", response={202: JobOut}, url_name="retrain")
def retrain(request: HttpRequest) -> Status:
    """Learn from the corrections, as a job; nothing goes live by itself."""
    return Status(202, job_out(retraining.start_retraining(request.user)))


@router.post("/model/{int:version_id}/live", response=ModelOut, url_name="model_live")
def live(request: HttpRequest, version_id: int) -> ModelOut:
    """Put a version into service; every review is scored anew."""
    found = ModelVersion.objects.filter(pk=version_id, kind=scoring.KIND).first()
    if found is None:
        raise missing(f"sentiment model {version_id}")
    retraining.put_live(request.user, found)
    scoring.forget_scorer()
    return model(request)


@router.post("/model/rollback", response=ModelOut, url_name="model_rollback")
def roll_back(request: HttpRequest) -> ModelOut:
    """Put the model before this one back into service; every review is scored anew."""
    retraining.roll_back(request.user)
    scoring.forget_scorer()
    return model(request)


def correction_out(one: Correction) -> CorrectionOut:
    same = "label before reason second_opinion created_at undone_at"
    return CorrectionOut(
        id=one.pk,
        review=one.review_id,
        analyst=one.analyst.get_username() if one.analyst else None,
        undone_by=one.undone_by.get_username() if one.undone_by else None,
        **{name: getattr(one, name) for name in same.split()},
    )


def hidden_out(one: Correction) -> CorrectionOut:
    """That something was said, for whom is to say the same unawares."""
    left_out = {"analyst": None, "undone_by": None, "label": "", "before": "", "reason": ""}
    return correction_out(one).model_copy(update=left_out | {"awaits_second_opinion": True})


def _version_out(version: ModelVersion) -> VersionOut:
    return VersionOut(
        id=version.pk,
        key=version.parameters.get("key", ""),
        state=version.state,
        metrics=version.metrics,
        created_at=version.created_at,
        activated_at=version.activated_at,
    )
