"""What operators do with rules and silences: each deed with its audit row, in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.models import AlertRule, Incident, Silence
from analytics.services.audit import note
from recommender.errors import RecommenderError

_SAID = (
    "measure", "labels", "condition", "threshold", "window", "fewest", "hold", "severity",
    "by_mail", "by_webhook",
)  # fmt: skip


class NotAllowed(RecommenderError):
    """Something that cannot be done with this rule."""


def save_rule(user: Any, rule: AlertRule) -> AlertRule:
    """Keep a rule that is new or was changed; alerts of what it was before end, nobody is told."""
    new = rule.pk is None
    with transaction.atomic():
        if not new:
            before = AlertRule.objects.get(pk=rule.pk)
            if any(getattr(before, one) != getattr(rule, one) for one in ("measure", "labels", "condition")):
                _end_standing(rule)
        rule.save()
        details = {one: getattr(rule, one) for one in _SAID}
        note(user, "add alert rule" if new else "change alert rule", rule.name, rule=rule.pk, **details)
    return rule


def switch(user: Any, rule: AlertRule, on: bool) -> None:
    """A rule that is off is not looked at; its alerts end, nobody is told."""
    with transaction.atomic():
        if AlertRule.objects.filter(pk=rule.pk, enabled=not on).update(enabled=on):
            if not on:
                _end_standing(rule)
            note(user, "switch on alert rule" if on else "switch off alert rule", rule.name, rule=rule.pk)
    rule.enabled = on


def why_not_delete(rule: AlertRule) -> str:
    """In words; "" where it can be."""
    return _("A rule that came with the site is switched off, not deleted.") if rule.key else ""


def delete(user: Any, rule: AlertRule) -> None:
    """Remove a rule with its alerts.

    Raises:
        NotAllowed: it was shipped; the next release would bring it back.
    """
    if reason := why_not_delete(rule):
        raise NotAllowed(reason)
    with transaction.atomic():
        note(user, "delete alert rule", rule.name, rule=rule.pk)
        rule.delete()


def _end_standing(rule: AlertRule) -> None:
    Incident.objects.standing().filter(rule=rule).update(
        ended_at=timezone.now(), deliveries={}, withdrawn=True
    )


def silence(user: Any, rule: AlertRule | None, subject: str, until: datetime, reason: str) -> Silence:
    """Tell nobody of a rule (None: of any) until then."""
    with transaction.atomic():
        made = Silence.objects.create(rule=rule, subject=subject[:200], until=until, reason=reason, by=user)
        note(
            user,
            "silence alerts",
            rule.name if rule else "*",
            silence=made.pk,
            about=subject,
            until=until.isoformat(timespec="seconds"),
            reason=reason,
        )
    return made


def lift(user: Any, found: Silence) -> None:
    """End a silence now; one that is over stays as it was."""
    now = timezone.now()
    with transaction.atomic():
        if Silence.objects.filter(pk=found.pk, until__gt=now).update(until=now):
            note(user, "lift silence", found.rule.name if found.rule else "*", silence=found.pk)


def is_silent(incident: Incident, silences: list[Silence]) -> bool:
    """Whether one of the silences is about it."""
    return any(
        one.rule_id in (None, incident.rule_id) and one.subject in ("", incident.subject) for one in silences
    )
