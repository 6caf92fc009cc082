"""How far what comes in now lies from what came in before, and the catalogue as a map."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _


class DriftReportQuerySet(models.QuerySet["DriftReport"]):
    def newest(self) -> Self:
        """The last report of each subject."""
        last = self.values("subject").annotate(last=models.Max("pk")).values("last")
        return self.filter(pk__in=last).order_by("subject")


class DriftReport(models.Model):
    """A window of the data held against a reference, by one test per subject."""

    class Verdict(models.TextChoices):
        STEADY = "steady", _("steady")
        SHIFTING = "shifting", _("shifting")
        DRIFTED = "drifted", _("drifted")
        UNKNOWN = "unknown", _("too little to say")

    #: "image", "text", "audio" (vectors); "language", "category", "sentiment", "rating" (shares);
    #: "confidence"
    subject = models.CharField(_("of"), max_length=20)
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict)
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()
    reference_start = models.DateTimeField()
    reference_end = models.DateTimeField()
    #: rows in window and reference
    window_size = models.PositiveIntegerField()
    reference_size = models.PositiveIntegerField()
    #: AUC with low and high, MMD with its p value; or distance with p value and shares by value
    figures = models.JSONField(default=dict)
    #: items that look most unlike the reference, with their score, the most unlike first
    items = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DriftReportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["subject", "-created_at"], name="drift_subject_recent")]

    def __str__(self) -> str:
        return f"{self.subject} {self.verdict}"


class EmbeddingMap(models.Model):
    """The items of an encoder space laid out in two dimensions."""

    space = models.ForeignKey("recommender.EncoderSpace", on_delete=models.CASCADE, related_name="+")
    modality = models.CharField(max_length=5)
    method = models.CharField(max_length=10)
    #: int64 item numbers and float32 pairs in [-1, 1], in the same order
    item_ids = models.BinaryField()
    points = models.BinaryField()
    #: share of variance that two dimensions keep (PCA), and what else says how far to trust it
    figures = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["space", "modality"], name="embedding_map_once_per_modality")
        ]

    def __str__(self) -> str:
        return f"{self.modality} of {self.space_id}"
