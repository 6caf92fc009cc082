"""Rules on what is measured, what they found, and for how long nobody wants to hear of it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class AlertRule(models.Model):
    """When a measure is worth waking somebody: a threshold for a time, a change, or nothing at all."""

    class Condition(models.TextChoices):
        ABOVE = "above", _("above")
        BELOW = "below", _("below")
        CHANGED = "changed", _("changed against a week before")
        ABSENT = "absent", _("absent")

    class Severity(models.TextChoices):
        WARNING = "warning", _("warning")
        CRITICAL = "critical", _("critical")

    #: of a shipped rule, so that a release may add others; "" for one made here
    key = models.CharField(max_length=60, blank=True)
    name = models.CharField(_("name"), max_length=120)
    #: what ``analytics.services.monitoring.series`` is asked for
    measure = models.CharField(_("measure"), max_length=100)
    #: label values by label name; a label that is not named is summed over, "*" looks at each value by itself
    labels = models.JSONField(_("labels"), default=dict, blank=True)
    condition = models.CharField(_("condition"), max_length=8, choices=Condition, default=Condition.ABOVE)
    #: in the unit of the measure; a ratio of change for ``changed``, unused for ``absent``
    threshold = models.FloatField(_("threshold"), default=0)
    #: seconds over which the measure is taken
    window = models.PositiveIntegerField(_("over seconds"), default=60)
    #: events that a share, mean or percentile has to be of; of fewer it says nothing
    fewest = models.PositiveIntegerField(_("of at least"), default=20)
    #: seconds it has to hold before anybody is told
    hold = models.PositiveIntegerField(_("for seconds"), default=0)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity, default=Severity.WARNING)
    remedy = models.TextField(_("what to do"), blank=True)
    by_mail = models.BooleanField(_("by mail"), default=True)
    by_webhook = models.BooleanField(_("to the webhook"), default=True)
    enabled = models.BooleanField(_("switched on"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="alert_rule_key_once")
        ]

    def __str__(self) -> str:
        return self.name


class IncidentQuerySet(models.QuerySet["Incident"]):
    def standing(self) -> Self:
        return self.filter(ended_at__isnull=True)


class Incident(models.Model):
    """A rule that holds, from when until when."""

    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="incidents")
    #: what is affected: the label values that the rule looks at one by one
    subject = models.CharField(_("about"), max_length=200, blank=True)
    severity = models.CharField(max_length=8, choices=AlertRule.Severity, default=AlertRule.Severity.WARNING)
    value = models.FloatField(null=True, blank=True)
    #: msgid and its values as JSON, so that each reader gets their own language
    reason = models.JSONField(default=dict, blank=True)
    remedy = models.JSONField(default=dict, blank=True)
    #: path and query of the page that shows the evidence
    evidence = models.CharField(max_length=500, blank=True)
    #: since when the condition holds; told from ``told_at``
    since = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    #: how often it has opened: soon after its end it is the same alert again
    opened = models.PositiveIntegerField(default=1)
    #: ended because its rule was changed or switched off, so that what opens next is another alert
    withdrawn = models.BooleanField(default=False)
    #: by channel how its last message went, with the times of its tries and an error as ``reason`` is kept
    deliveries = models.JSONField(default=dict, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-since"]
        indexes = [models.Index(fields=["ended_at", "-since"], name="incident_standing")]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject"], condition=Q(ended_at__isnull=True), name="incident_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.subject} {self.since:%Y-%m-%d %H:%M}"


class SilenceQuerySet(models.QuerySet["Silence"]):
    def standing(self, now: datetime) -> Self:
        return self.filter(until__gt=now)


class Silence(models.Model):
    """Nobody is told of a rule (None: of any) until then; the page still shows it."""

    rule = models.ForeignKey(
        AlertRule, on_delete=models.CASCADE, null=True, blank=True, related_name="silences"
    )
    subject = models.CharField(max_length=200, blank=True)
    until = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SilenceQuerySet.as_manager()

    class Meta:
        ordering = ["until"]

    def __str__(self) -> str:
        return f"{self.rule or self.subject or '*'} until {self.until:%Y-%m-%d %H:%M}"
