"""Reports that somebody wants to come back to, or to be sent."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recommender.models.telling import Telling


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def due(self) -> Self:
        return self.filter(next_at__lte=timezone.now()).exclude(schedule=SavedView.Schedule.NEVER)


class SavedView(Telling):
    """A page of the report with its address under a name, and whom it is mailed to."""

    class Page(models.TextChoices):
        OVERVIEW = "overview", _("Overview")
        REVIEWS = "reviews", _("Reviews")
        COMPARISON = "comparison", _("Comparison")
        TERMS = "terms", _("Emerging words and aspects")

    class Schedule(models.TextChoices):
        NEVER = "never", _("not mailed")
        DAILY = "daily", _("every day")
        WEEKLY = "weekly", _("every week")
        MONTHLY = "monthly", _("every month")

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"
        XLSX = "xlsx", "XLSX"
        CSV = "csv", "CSV"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(_("name"), max_length=80)
    page = models.CharField(_("page"), max_length=10, choices=Page, default=Page.OVERVIEW)
    #: the page's query string, as in its address; a comparison has two selections
    query = models.CharField(max_length=6000, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    schedule = models.CharField(_("mailed"), max_length=7, choices=Schedule, default=Schedule.NEVER)
    format = models.CharField(_("as"), max_length=4, choices=Format, default=Format.PDF)
    #: addresses, one a line
    recipients = models.TextField(_("recipients"), blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once")]

    def __str__(self) -> str:
        return self.name
