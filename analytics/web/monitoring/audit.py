"""Who did what on the pages of monitoring, and when."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from analytics.models import AuditEntry
from analytics.services.audit import OF_ANALYSTS
from analytics.services.monitoring import buttons  # noqa: F401 (declares the actions)
from analytics.services.monitoring.actions import AREA, action_named
from analytics.web.monitoring.audit_subjects import Subject, subjects_of
from analytics.web.monitoring.audit_words import details_of
from analytics.web.monitoring.frame import answer, operators_only

PAGE = 50
#: Deeds that have no button of their own on a light.
_TITLES: dict[str, Any] = {
    "task.again": _("Sent a task again"),
    "task.again_all": _("Sent failed tasks again"),
    "task.revoke": _("Called a task off"),
    "queue.pause": _("Paused a queue"),
    "queue.resume": _("Resumed a queue"),
    "add alert rule": _("Added an alert rule"),
    "change alert rule": _("Changed an alert rule"),
    "switch on alert rule": _("Switched an alert rule on"),
    "switch off alert rule": _("Switched an alert rule off"),
    "delete alert rule": _("Deleted an alert rule"),
    "silence alerts": _("Silenced alerts"),
    "lift silence": _("Ended a silence"),
    "draw map": _("Had the map drawn"),
    "look for drift": _("Had drift looked for"),
    "inspect person": _("Looked at what a person sees"),
}


@require_safe
@operators_only
def audit(request: HttpRequest) -> HttpResponse:
    """The newest deeds first; what analysts do is told on their own page."""
    found = AuditEntry.objects.exclude(action__in=OF_ANALYSTS).select_related("actor")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    entries = list(page)
    rows = [_row(entry, subject) for entry, subject in zip(entries, subjects_of(entries), strict=True)]
    context = {"page": page, "entries": rows}
    return answer(request, "monitoring_audit", "monitoring/audit.html", context)


def _row(entry: AuditEntry, subject: Subject) -> dict[str, Any]:
    return {
        "entry": entry,
        "title": _title(entry.action),
        "subject": subject,
        "details": details_of(entry),
    }


def _title(name: str) -> str:
    area, _dot, rest = name.partition(".")
    known = action_named(rest) if area == AREA else None
    return str(known.title if known else _TITLES.get(name, name))
