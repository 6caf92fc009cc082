"""What the pages of monitoring share: who may open them, their tabs, answers with or without the frame."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from analytics.models import Incident
from recommender.web.access import OPERATE, needs

operators_only = needs(OPERATE)

#: address name, icon, words
TABS: tuple[tuple[str, str, Any], ...] = (
    ("monitoring", "heartbeat", _("Health")),
    ("monitoring_tasks", "list-details", _("Tasks")),
    ("monitoring_drift", "trending-up", _("Drift")),
    ("monitoring_map", "map-2", _("Map")),
    ("monitoring_inspect", "list-search", _("Inspect")),
    ("monitoring_alerts", "bell", _("Alerts")),
    ("monitoring_audit", "clipboard", _("What was done")),
)


def tabs(current: str) -> list[dict[str, Any]]:
    standing = Incident.objects.standing().count()
    return [
        {
            "url": reverse(name),
            "icon": icon,
            "label": label,
            "on": name == current,
            "count": standing if name == "monitoring_alerts" else 0,
        }
        for name, icon, label in TABS
    ]


def answer(
    request: HttpRequest, name: str, template: str, context: dict[str, Any], *,
    scripts: tuple[str, ...] = (), styles: tuple[str, ...] = (),
) -> HttpResponse:  # fmt: skip
    """The page, or what is in its frame alone for a fragment's request.

    Args:
        name: of the tab.
        template: of what is in the frame.
        scripts: modules that the page needs, below static/.
        styles: style sheets that it needs beside those of every page of monitoring.
    """
    whole = context | {"section": "monitoring", "tabs": tabs(name), "body_template": template}
    if request.headers.get("HX-Request"):
        return render(request, template, whole)
    return render(request, "monitoring/page.html", whole | {"page_scripts": scripts, "page_styles": styles})
