"""What analysts say a review means; nothing of it is ever changed or deleted, only taken back."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from analytics.models.scores import Label


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def standing(self) -> Self:
        """Not taken back; the newest of an analyst on a review counts."""
        return self.filter(undone_at__isnull=True)


class Correction(models.Model):
    """One analyst's label of one review. Labels of two analysts on one review measure their agreement."""

    review = models.ForeignKey("recommender.Review", on_delete=models.CASCADE, related_name="corrections")
    analyst = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    label = models.CharField(_("label"), max_length=8, choices=Label)
    #: what counted before, so that the trail reads by itself
    before = models.CharField(max_length=8, choices=Label, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    #: a second opinion asked for by the queue: it measures agreement, and counts only where no other does
    second_opinion = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["review", "-created_at"], name="correction_review_recent")]

    def __str__(self) -> str:
        return f"{self.review_id}: {self.before} to {self.label}"
