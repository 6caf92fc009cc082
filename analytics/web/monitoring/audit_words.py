"""What was noted of a deed, in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.models import AlertRule, AuditEntry
from analytics.services.monitoring.measures import measure_named
from analytics.services.monitoring.rules_words import duration, limit
from analytics.web.monitoring.audit_subjects import about_of
from recommender.models.telling import translated, translated_json

#: What is noted under these names; others are shown as they are.
_NAMES: dict[str, Any] = {
    "measure": _("measure"),
    "labels": _("labels"),
    "condition": _("condition"),
    "threshold": _("threshold"),
    "window": _("taken over"),
    "fewest": _("of at least"),
    "hold": _("has to hold for"),
    "severity": _("severity"),
    "by_mail": _("by mail"),
    "by_webhook": _("to the webhook"),
    "rule": _("number"),
    "silence": _("number"),
    "about": _("about"),
    "until": _("until"),
    "reason": _("reason"),
    "task": _("new task"),
    "tasks": _("tasks"),
    "count": _("in all"),
    "removed": _("taken out of the queue"),
    "user": _("person"),
}


def details_of(entry: AuditEntry) -> str:
    """What was said when it was done, else the values that were noted; what is empty is left out."""
    said = entry.details.get("said")
    if isinstance(said, dict):
        return translated_json(said)
    told = []
    for name, value in entry.details.items():
        if words := _worded(name, value, entry):
            told.append(f"{_NAMES.get(name, name)}: {words}")
    return " · ".join(told)


def _worded(name: str, value: Any, entry: AuditEntry) -> str:
    if name == "user" and entry.subject:
        return ""  # the person is named before
    if name == "about":
        return about_of(entry, str(value))
    try:
        return _KINDS[name](value, entry.details) if name in _KINDS else _plain(value)
    except (ValueError, TypeError, KeyError):  # of another release
        return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, dict):
        if "text" in value:
            return translated_json(value)
        return ", ".join(f"{name}={one}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _threshold(value: Any, details: dict[str, Any]) -> str:
    rule = AlertRule(measure=details["measure"], condition=details["condition"], threshold=value)
    return translated(limit(rule))


def _measure(value: Any, details: dict[str, Any]) -> str:
    known = measure_named(value)
    return str(known.title if known else value)


def _hold(value: Any, details: dict[str, Any]) -> str:
    return translated(duration(value)) if value else gettext("at once")


def _until(value: Any, details: dict[str, Any]) -> str:
    return date_format(localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")


#: How values are worded that are neither plain words nor numbers, given all that was noted.
_KINDS: dict[str, Callable[[Any, dict[str, Any]], str]] = {
    "measure": _measure,
    "condition": lambda value, details: str(AlertRule.Condition(value).label),
    "severity": lambda value, details: str(AlertRule.Severity(value).label),
    "threshold": _threshold,
    "window": lambda value, details: translated(duration(value)),
    "hold": _hold,
    "until": _until,
}
