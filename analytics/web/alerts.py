"""Alerts: sudden changes, each with how sure it is and the reviews behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from analytics.models import Alert, SentimentScore
from analytics.services import alerts as watch
from analytics.services import alerts_delivery as delivery
from analytics.services import opinions
from analytics.services.numbers import likelihood
from analytics.web.alert_links import address_of_alert, address_of_counted, alert_title
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
    context = {"alerts": _described(list(wanted[:PAGE]), request.user), "closed": closed}
    return answer(request, "sentiment_alerts", "analytics/alerts.html", context)


def _described(found: list[Alert], reader: Any) -> list[dict[str, Any]]:
    """Each alert with its words, addresses and first reviews, in a fixed number of queries for all."""
    wanted = [pk for alert in found for pk in alert.evidence[:SHOWN]]
    listed = list(SentimentScore.objects.ready().filter(review__in=wanted).for_list())
    scores = {score.review_id: score for score in opinions.mark(reader, listed)}
    return [
        {
            "alert": alert,
            "title": alert_title(alert),
            "p_value": likelihood(alert.p_value),
            "evidence_url": address_of_alert(alert),
            "counted_url": address_of_counted(alert),
            "negative_url": address_of_counted(alert, "negative"),
            "report_url": address("sentiment", watch.filters_of(alert)),
            "compare_url": address("sentiment_compare", watch.filters_of(alert)),
            "told": [_told(one) for one in delivery.deliveries(alert)],
            "can_try_again": delivery.can_try_again(alert),
            "rows": [describe(scores[pk]) for pk in alert.evidence[:SHOWN] if pk in scores],
        }
        for alert in found
    ]


def _told(one: delivery.Delivery) -> dict[str, Any]:
    """How telling by one way went, in a sentence or two."""
    by_mail = one.way == delivery.MAIL
    if one.state == "sent" and one.at:
        text = _("Mailed on {time}.") if by_mail else _("The webhook was told on {time}.")
        return {"text": text.format(time=_moment(one.at)), "failed": False}
    if one.state == "sending":
        return {"text": _("Being mailed.") if by_mail else _("The webhook is being told."), "failed": False}
    text = _("Not mailed: {why}") if by_mail else _("The webhook was not told: {why}")
    return {"text": text.format(why=one.error), "next": _next(one), "failed": True}


def _next(one: delivery.Delivery) -> str:
    """What becomes of a message that did not go out."""
    if one.next_at is None:
        return _("It is not tried again by itself.")
    if one.next_at <= timezone.now():
        return _("It is tried again now.")
    return _("Next try on {time}.").format(time=_moment(one.next_at))


def _moment(when: datetime) -> str:
    return date_format(timezone.localtime(when), "DATETIME_FORMAT")


@require_POST
@analysts_only
def change(request: HttpRequest, pk: int, act: str) -> HttpResponseBase:
    """Mark an alert as seen, close it, or have it told again."""
    alert = get_object_or_404(Alert, pk=pk)
    if act == "close":
        watch.close(request.user, alert)
        messages.success(request, _("Closed: {what}.").format(what=alert_title(alert)))
    elif act == "tell":
        if delivery.try_again(alert):
            messages.success(request, _("It is tried again now."))
        else:
            messages.info(request, _("There is nothing to try again."))
    else:
        watch.mark_seen(request.user, alert)
    return redirect("sentiment_alerts")
