"""Sudden changes of what reviewers feel, with the reviews behind them."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AlertQuerySet(models.QuerySet["Alert"]):
    def standing(self) -> Self:
        return self.filter(state=Alert.State.OPEN)


class Alert(models.Model):
    """One anomaly: of which item or category, about what, from when to when, how far from what was usual."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        SEEN = "seen", _("seen")
        CLOSED = "closed", _("closed")

    #: what it is about and since when, so that it is raised once
    key = models.CharField(max_length=120, unique=True)
    item = models.ForeignKey(
        "recommender.Item", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    category = models.ForeignKey(
        "recommender.Category", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    aspect = models.CharField(_("aspect"), max_length=30, blank=True)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    #: reviews in the period, share of negative ones in it and before, and the p-value of the difference
    reviews = models.PositiveIntegerField(default=0)
    negative_share = models.FloatField(default=0)
    usual_share = models.FloatField(default=0)
    p_value = models.FloatField(default=1)
    #: of a category, what the figures leave to items that have an alert: [item, first day, last day] each
    without = models.JSONField(default=list, blank=True)
    #: ids of the negative reviews behind it, newest first, at most some hundred
    evidence = models.JSONField(default=list, blank=True)
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.OPEN)
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    #: when everybody who is to be told has been; ``deliveries`` says how it stands, by way
    notified_at = models.DateTimeField(null=True, blank=True)
    deliveries = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.item_id or self.category_id} {self.aspect} {self.starts_at:%Y-%m-%d}"
