"""Uploaded catalogues and what was wrong with their rows."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from recommender.models.telling import Telling, TellingError


class ImportBatch(TellingError):
    """One uploaded file: what it is, how its columns are read, and how far it got."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("waiting for its mapping")
        QUEUED = "queued", _("waiting for a worker")
        RUNNING = "running", _("being read")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    class Kind(models.TextChoices):
        ITEM = "item", _("items")
        INTERACTION = "interaction", _("interactions")
        REVIEW = "review", _("reviews")

    filename = models.CharField(_("file"), max_length=300)
    #: name in the media storage for an upload, absolute for the command line
    path = models.CharField(max_length=1000)
    checksum = models.CharField(max_length=64, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    format = models.CharField(max_length=30, blank=True)
    kind = models.CharField(_("holds"), max_length=11, choices=Kind, default=Kind.ITEM)
    mapping = models.JSONField(_("column mapping"), default=dict, blank=True)
    options = models.JSONField(_("options"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.UPLOADED)
    error = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    created = models.PositiveIntegerField(_("created"), default=0)
    updated = models.PositiveIntegerField(_("updated"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    retired = models.PositiveIntegerField(_("retired"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    media_added = models.PositiveIntegerField(_("media"), default=0)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    job = models.ForeignKey("Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="batches")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = _("import batches")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.filename


class ImportIssue(Telling):
    """One bad row or cell: where, what, why, and what to do about it."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="issues")
    source = models.CharField(_("file"), max_length=500, blank=True)
    row = models.PositiveIntegerField(_("row"), default=0)
    column = models.CharField(_("column"), max_length=200, blank=True)
    value = models.TextField(_("value"), blank=True)
    reason = models.TextField(_("reason"))
    remedy = models.TextField(_("remedy"), blank=True)
    #: whether the row went in all the same, without what is named here
    taken = models.BooleanField(_("went in"), default=False)
    raw = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["row", "pk"]
        indexes = [models.Index(fields=["batch", "taken", "row"], name="issue_batch_taken_row")]

    def __str__(self) -> str:
        return f"{self.source}:{self.row} {self.column}: {self.reason}"

    @property
    def told_reason(self) -> str:
        return self.told("reason")

    @property
    def told_remedy(self) -> str:
        return self.told("remedy")
