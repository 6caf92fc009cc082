"""Long work as a row that pages follow: started, advanced, cancelled, finished."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from django.utils import timezone

from recommender.errors import JobCancelled, RecommenderError
from recommender.models import Job
from recommender.models.telling import kept
from recommender.said import gettext_noop as _

WRITE_SECONDS = 0.5  # between two writes of a job's progress
_RATE_SECONDS = 5.0  # the rate shown is that of about this long


def start_job(kind: str, label: str = "", *, owner: Any = None, total: int = 0) -> Job:
    """A job that waits for its worker."""
    return Job.objects.create(kind=kind, label=label[:300], owner=owner, total=total)


def cancel_job(job: Job) -> None:
    """Ask a job to stop; one that no worker has taken up stops at once."""
    Job.objects.filter(pk=job.pk, state__in=[Job.State.QUEUED, Job.State.RUNNING]).update(
        cancel_requested=True
    )
    Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(
        state=Job.State.CANCELLED, finished_at=timezone.now()
    )
    job.refresh_from_db()


@contextmanager
def told_as_job(kind: str, *, worth: bool) -> Iterator[Callable[[str], None]]:
    """Gives a function that names the stage the work is at; where it is ``worth`` it, on a row of its own.

    What takes a moment only, many times a day, is not worth a row.
    """
    if not worth:
        yield lambda name: None
        return
    with JobProgress(start_job(kind)) as progress:
        yield progress.stage


class JobProgress:
    """Keeps a job's row up to date while the work goes on, at most about twice a second.

    Leaving the ``with`` block writes how it ended: done, cancelled (JobCancelled), or failed with the message
    and the remedy of the error; the error goes on its way.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self._done, self._total = job.done, job.total
        self._written = 0.0
        self._marks: list[tuple[float, int]] = []

    def __enter__(self) -> JobProgress:
        now = timezone.now()
        self._save(state=Job.State.RUNNING, started_at=now, finished_at=None, **kept(error="", remedy=""))
        return self

    def stage(self, name: str, total: int = 0) -> None:
        """Begin a stage of ``total`` steps (0: unknown); counting starts anew."""
        self._done, self._total = 0, total
        self._marks = [(time.monotonic(), 0)]
        self._save(stage=name)

    def advance(self, steps: int = 1) -> None:
        """So many steps further; JobCancelled when someone asked the job to stop."""
        self._done += steps
        if self._total:
            self._total = max(self._total, self._done)
        if time.monotonic() - self._written >= WRITE_SECONDS:
            self._save()
            if Job.objects.filter(pk=self.job.pk, cancel_requested=True).exists():
                raise JobCancelled(_("Cancelled."), _("What was done so far is kept."))

    def _rate(self) -> float:
        """Steps a second, over the last few seconds."""
        now = time.monotonic()
        self._marks.append((now, self._done))
        while len(self._marks) > 2 and now - self._marks[1][0] > _RATE_SECONDS:
            self._marks.pop(0)
        (start, before), passed = self._marks[0], now - self._marks[0][0]
        return (self._done - before) / passed if passed > 0.05 and start else 0.0

    def _save(self, **fields: Any) -> None:
        fields |= {
            "done": self._done,
            "total": self._total,
            "rate": self._rate(),
            "heartbeat_at": timezone.now(),
        }
        Job.objects.filter(pk=self.job.pk).update(**fields)
        for name, value in fields.items():
            setattr(self.job, name, value)
        self._written = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ended: dict[str, Any] = {"finished_at": timezone.now()}
        if error is None:
            self._done = self._total or self._done
            ended |= {"state": Job.State.DONE}
        elif isinstance(error, JobCancelled):
            ended |= {"state": Job.State.CANCELLED}
        elif isinstance(error, RecommenderError):
            ended |= {"state": Job.State.FAILED, **kept(error=error.message, remedy=error.remedy)}
        else:
            ended |= {"state": Job.State.FAILED, "error": f"{kind.__name__ if kind else ''}: {error}"[:1000]}
        self._save(**ended)
