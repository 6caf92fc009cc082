"""Long work: what runs, how far it is, and stopping it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from recommender.api.access import VIEW_JOBS, holders
from recommender.api.errors import missing
from recommender.api.paging import PAGE, Limit, Offset, Page, piece
from recommender.models import Job
from recommender.services.jobs import cancel_job

router = Router(tags=["jobs"])
State = Literal["queued", "running", "done", "failed", "cancelled"]


class JobOut(Schema):
    """A piece of long work."""

    id: int
    kind: str
    label: str
    state: State
    stage: str = Field(description="what it is at")
    done: int = Field(description="steps of this stage")
    total: int = Field(description="steps of this stage in all; 0 while unknown")
    percent: int
    rate: float = Field(description="steps a second")
    eta_seconds: float | None = Field(description="seconds left of this stage; null while unknown")
    error: str
    remedy: str
    cancel_requested: bool
    result: dict[str, Any]
    owner: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobsOut(Page):
    """Jobs, newest first."""

    jobs: list[JobOut]


@router.get("/jobs", response=JobsOut, auth=holders(VIEW_JOBS), url_name="jobs")
def jobs(
    request: HttpRequest,
    state: Annotated[list[State], Query(description="only these")] = [],  # noqa: B006
    kind: Annotated[str, Query(description="only this, such as import")] = "",
    offset: Offset = 0,
    limit: Limit = PAGE,
) -> JobsOut:
    """Long work, newest first."""
    found = Job.objects.visible_to(request.user).select_related("owner").order_by("-created_at", "-pk")
    found = found.filter(state__in=state) if state else found
    found = found.filter(kind=kind) if kind else found
    shown, total, after = piece(found, offset, limit)
    return JobsOut(jobs=[job_out(one) for one in shown], total=total, next_offset=after)


@router.get("/jobs/{int:job_id}", response=JobOut, auth=holders(VIEW_JOBS), url_name="job")
def job(request: HttpRequest, job_id: int) -> JobOut:
    """One job."""
    return job_out(_find(request, job_id))


@router.post("/jobs/{int:job_id}/cancel", response=JobOut, auth=holders(VIEW_JOBS), url_name="job_cancel")
def cancel(request: HttpRequest, job_id: int) -> JobOut:
    """Ask a job to stop; it does so after the piece it is at, and keeps what it did."""
    found = _find(request, job_id)
    cancel_job(found)
    return job_out(found)


def _find(request: HttpRequest, job_id: int) -> Job:
    found = Job.objects.visible_to(request.user).select_related("owner").filter(pk=job_id).first()
    if found is None:
        raise missing(f"job {job_id}")
    return found


def job_out(job: Job) -> JobOut:
    same = (
        "kind label state stage done total percent rate eta_seconds cancel_requested result "
        "created_at started_at finished_at"
    )
    return JobOut(
        id=job.pk,
        owner=job.owner.get_username() if job.owner else None,
        error=job.told_error,
        remedy=job.told_remedy,
        **{name: getattr(job, name) for name in same.split()},
    )
