"""Long work, as a row that pages can follow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recommender.models.telling import TellingError

_KINDS = {
    "import": _("Import"),
    "encode": _("Encoding the catalogue"),
    "index": _("Building the index"),
    "item-graph": _("Fitting the item graph"),
    "sentiment": _("Learning from corrections"),
}


_STAGES = {
    "check": _("Checking the file"),
    "rows": _("Taking the rows"),
    "retire": _("Retiring what is missing"),
    "vectors": _("Making vectors"),
    "read": _("Reading the labelled reviews"),
    "learn": _("Learning"),
    "write": _("Writing"),
}


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: Any) -> Self:
        """Jobs that whoever may see jobs is shown: what somebody exported is nobody else's."""
        return self.exclude(~models.Q(owner=user.pk), kind=Job.PRIVATE)

    def unfinished(self) -> Self:
        return self.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])

    def silent(self) -> Self:
        """Running, but not heard from for two minutes: their worker is gone."""
        return self.filter(state=Job.State.RUNNING, heartbeat_at__lt=timezone.now() - timedelta(minutes=2))


class Job(TellingError):
    """A piece of long work: where it stands, how fast it goes, and whether someone asked it to stop."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    #: Kind of the jobs that their owner alone sees.
    PRIVATE = "export"

    kind = models.CharField(_("kind"), max_length=40)
    label = models.CharField(_("about"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.QUEUED)
    stage = models.CharField(_("stage"), max_length=80, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    rate = models.FloatField(_("per second"), default=0)
    error = models.TextField(_("error"), blank=True)
    remedy = models.TextField(_("remedy"), blank=True)
    cancel_requested = models.BooleanField(default=False)
    result = models.JSONField(default=dict, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "-created_at"], name="job_state_recent")]
        constraints = [
            models.CheckConstraint(
                condition=Q(total=0) | Q(done__lte=F("total")), name="job_done_within_total"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.label}".strip()

    @property
    def kind_name(self) -> str:
        """The kind in the reader's language."""
        return str(_KINDS.get(self.kind, self.kind))

    @property
    def stage_name(self) -> str:
        """What it is at, in the reader's language."""
        return str(_STAGES.get(self.stage, self.stage))

    @property
    def name(self) -> str:
        """What it is about, else its kind."""
        return self.label or self.kind_name

    @property
    def percent(self) -> int:
        return int(100 * self.done / self.total) if self.total else 0

    @property
    def eta_seconds(self) -> float | None:
        """Seconds left at the present rate; None while unknown."""
        return (self.total - self.done) / self.rate if self.rate > 0 and self.total else None

    @property
    def is_over(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}
