"""The one job row that says how far encoding is, across the many short tasks that do it."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from recommender.errors import RecommenderError
from recommender.models import Embedding, EncoderSpace, Job
from recommender.models.telling import kept
from recommender.services import spaces
from recommender.services.calls import call_task
from recommender.services.jobs import start_job

KIND = "encode"
PAUSE = timedelta(minutes=10)


def is_paused() -> bool:
    """Whether somebody cancelled encoding in the last ten minutes; then it rests."""
    newest = Job.objects.filter(kind=KIND).order_by("-pk").first()
    return (
        newest is not None
        and newest.state == Job.State.CANCELLED
        and newest.finished_at is not None
        and newest.finished_at > timezone.now() - PAUSE
    )


def count_missing() -> int:
    """Vectors that the spaces being filled still lack."""
    left = 0
    for space in EncoderSpace.objects.filling():
        for modality in space.modalities:
            left += spaces.missing(space, modality).count()
    return left


def count_failed() -> int:
    """Vectors of those spaces that could not be made."""
    return _failed().count()


def encode_again() -> None:
    """Have made what is missing and what could not be made, also after somebody stopped encoding."""
    _failed().delete()
    Embedding.objects.stale_claims().delete()
    if is_paused():
        start_job(KIND)
    call_task("encode_pending")


def _failed() -> QuerySet[Embedding]:
    return Embedding.objects.filter(space__in=EncoderSpace.objects.filling(), state=Embedding.State.FAILED)


class EncodingJob:
    """What one task adds to the row; the row is made with the first work and closed when none is left."""

    def __init__(self) -> None:
        self._job = Job.objects.filter(kind=KIND).unfinished().order_by("-pk").first()
        self._began = time.monotonic()
        self._steps = 0

    def advance(self, steps: int) -> bool:
        """``steps`` vectors more; False when somebody asked to stop."""
        if self._job is None:
            now = timezone.now()
            self._job = Job.objects.create(
                kind=KIND, state=Job.State.RUNNING, started_at=now, heartbeat_at=now
            )
        if not self._steps:
            self._job.total = self._job.done + steps + count_missing()
        self._steps += steps
        self._job.done += steps
        self._job.total = max(self._job.total, self._job.done)
        rate = self._steps / max(time.monotonic() - self._began, 1e-3)
        self._save(state=Job.State.RUNNING, stage="vectors", rate=rate, **kept(error="", remedy=""))
        if Job.objects.filter(pk=self._job.pk, cancel_requested=True).exists():
            self._save(state=Job.State.CANCELLED, finished_at=timezone.now())
            return False
        return True

    def finish(self) -> None:
        """Nothing is missing any more."""
        if self._job is not None:
            self._job.total = self._job.done
            self._save(state=Job.State.DONE, finished_at=timezone.now())

    def fail(self, error: RecommenderError) -> None:
        """Tell why there is no going on; the same trouble again is told on the same row."""
        if self._job is None:
            last = Job.objects.filter(kind=KIND).order_by("-pk").first()
            same = last is not None and last.state == Job.State.FAILED and last.error == error.message
            self._job = last if same else Job.objects.create(kind=KIND)
        self._save(
            state=Job.State.FAILED,
            finished_at=timezone.now(),
            **kept(error=error.message, remedy=error.remedy),
        )

    def _save(self, **fields: object) -> None:
        assert self._job is not None
        fields |= {"done": self._job.done, "total": self._job.total, "heartbeat_at": timezone.now()}
        Job.objects.filter(pk=self._job.pk).update(**fields)
