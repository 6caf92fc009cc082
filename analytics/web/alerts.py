"""Alerts: sudden changes, each with how sure it is and the reviews behind it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from analytics.models import Alert, SentimentScore
from analytics.services import alerts as watch
from analytics.services.numbers import likelihood
from analytics.web.alert_links import address_of_alert, alert_title
from analytics.web.cards import describe
from analytics.web.frame import address, analysts_only, answer

PAGE = 30
#: reviews shown on an alert's card; all of them are one click away
SHOWN = 3


@require_safe
@analysts_only
def alerts(request: HttpRequest) -> HttpResponseBase:
    """The newest alerts with the first reviews behind each; ``?state=closed`` shows the closed ones."""
    closed = request.GET.get("state") == Alert.State.CLOSED
    found = Alert.objects.select_related("item", "category", "seen_by").prefetch_related("item__media")
    wanted = found.filter(state=Alert.State.CLOSED) if closed else found.exclude(state=Alert.State.CLOSED)
    context = {"alerts": _described(list(wanted[:PAGE])), "closed": closed}
    return answer(request, "sentiment_alerts", "analytics/alerts.html", context)


def _described(found: list[Alert]) -> list[dict[str, Any]]:
    """Each alert with its words, addresses and first reviews, in two queries for all."""
    wanted = [pk for alert in found for pk in alert.evidence[:SHOWN]]
    scores = {
        score.review_id: score
        for score in SentimentScore.objects.ready().filter(review__in=wanted).for_list()
    }
    return [
        {
            "alert": alert,
            "title": alert_title(alert),
            "p_value": likelihood(alert.p_value),
            "reviews_url": address_of_alert(alert),
            "report_url": address("sentiment", watch.filters_of(alert)),
            "compare_url": address("sentiment_compare", watch.filters_of(alert)),
            "rows": [describe(scores[pk]) for pk in alert.evidence[:SHOWN] if pk in scores],
        }
        for alert in found
    ]


@require_POST
@analysts_only
def change(request: HttpRequest, pk: int, act: str) -> HttpResponseBase:
    """Mark an alert as seen, or close it."""
    alert = get_object_or_404(Alert, pk=pk)
    if act == "close":
        watch.close(request.user, alert)
        messages.success(request, _("Closed: {what}.").format(what=alert_title(alert)))
    else:
        watch.mark_seen(request.user, alert)
    return redirect("sentiment_alerts")
