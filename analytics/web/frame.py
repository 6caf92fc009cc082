"""What every page of the report shares: who may open it, its tabs, and answers with or without the frame."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from analytics.models import Alert
from analytics.services import report
from analytics.services.report import Filters
from recommender.web.access import VIEW_ANALYTICS, needs

analysts_only = needs(VIEW_ANALYTICS)

#: address name, icon, words, whether the tab keeps the filters
TABS: tuple[tuple[str, str, Any, bool], ...] = (
    ("sentiment", "chart-line", gettext_lazy("Overview"), True),
    ("sentiment_compare", "contrast", gettext_lazy("Compare"), True),
    ("sentiment_terms", "chart-dots", gettext_lazy("Emerging words"), True),
    ("sentiment_reviews", "message-circle", gettext_lazy("Reviews"), True),
    ("sentiment_mismatch", "mood-puzzled", gettext_lazy("Sarcasm or mismatch"), True),
    ("sentiment_alerts", "bell", gettext_lazy("Alerts"), False),
    ("sentiment_queue", "checks", gettext_lazy("To check"), False),
    ("sentiment_model", "cpu", gettext_lazy("Model"), False),
)


def address(name: str, filters: Filters, **more: Any) -> str:
    """The page called ``name`` limited to ``filters``; ``more`` is added to its query where it is given."""
    extra = urlencode({key: value for key, value in more.items() if value not in ("", None)})
    query = "&".join(part for part in (filters.as_query(), extra) if part)
    return f"{reverse(name)}?{query}" if query else reverse(name)


def tabs(current: str, filters: Filters | None) -> list[dict[str, Any]]:
    """The pages of the report; the filters go along where they mean something."""
    standing = Alert.objects.standing().count()
    return [
        {
            "url": address(name, filters) if keeps and filters else reverse(name),
            "icon": icon,
            "label": label,
            "on": name == current,
            "count": standing if name == "sentiment_alerts" else 0,
        }
        for name, icon, label, keeps in TABS
    ]


def is_fragment(request: HttpRequest) -> bool:
    """Whether the page is there already and only the report in it is asked for anew."""
    return bool(request.headers.get("HX-Request"))


def answer(
    request: HttpRequest, name: str, template: str, context: dict[str, Any], *, filters: Filters | None = None
) -> HttpResponse:
    """The page, or its report alone for a fragment's request, whose address then says what it shows.

    Args:
        name: of the address, for the tabs.
        template: of the report; ``templates/analytics/page.html`` puts the frame around it.
    """
    whole = context | {
        "section": "analytics",
        "tabs": tabs(name, filters),
        "filters": filters,
        "body_template": template,
        "scored_by": report.scored_by(),
    }
    if not is_fragment(request):
        return render(request, "analytics/page.html", whole)
    response = render(request, "analytics/body.html", whole)
    if request.method == "GET" and context.get("address"):
        response["HX-Push-Url"] = context["address"]
    return response
