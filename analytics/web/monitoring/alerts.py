"""Alerts of the site itself: those that stand, those that are over, and what is silenced."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from analytics.models import Incident, Silence
from analytics.services.monitoring import rules_desk as desk
from analytics.services.monitoring import rules_words as words
from analytics.services.monitoring.rules_delivery import MAIL, WEBHOOK, last_message
from analytics.web.monitoring.frame import answer, operators_only
from analytics.web.monitoring.rule_forms import SilenceForm
from recommender.models.telling import translated_json
from recommender.web.jobs import pace

#: days that alerts stay on the page once they are over
KEPT_DAYS = 14
MOST = 100


@require_safe
@operators_only
def alerts(request: HttpRequest) -> HttpResponse:
    """All alerts; ``?silence=<number>`` has the form of silences filled in for one."""
    return _page(request, SilenceForm(initial=_wanted(request.GET.get("silence", ""))))


@require_safe
@operators_only
def live(request: HttpRequest) -> HttpResponse:
    """The alerts that stand, alone."""
    return render(request, "monitoring/alerts_live.html", _standing(request))


@require_POST
@operators_only
def silence(request: HttpRequest) -> HttpResponseBase:
    """Tell nobody for a while."""
    form = SilenceForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    given = form.cleaned_data
    desk.silence(request.user, given["rule"], given["subject"], given["until"], given["reason"])
    messages.success(request, _("Silenced. The page still shows what happens."))
    return redirect("monitoring_alerts")


@require_POST
@operators_only
def lift(request: HttpRequest, pk: int) -> HttpResponseBase:
    """End a silence."""
    desk.lift(request.user, get_object_or_404(Silence.objects.select_related("rule"), pk=pk))
    messages.success(request, _("The silence is lifted."))
    return redirect("monitoring_alerts")


def _page(request: HttpRequest, form: SilenceForm) -> HttpResponse:
    now = timezone.now()
    over = Incident.objects.filter(ended_at__gte=now - timedelta(days=KEPT_DAYS)).select_related("rule")
    silences = Silence.objects.standing(now).select_related("rule", "by")
    context = _standing(request) | {
        "ended": [_described(one, []) for one in over.order_by("-ended_at")[:MOST]],
        "silences": [_silence(one) for one in silences],
        "form": form,
        "form_open": form.is_bound or bool(form.initial),
        "kept_days": KEPT_DAYS,
    }
    return answer(request, "monitoring_alerts", "monitoring/alerts.html", context)


def _standing(request: HttpRequest) -> dict[str, Any]:
    silences = list(Silence.objects.standing(timezone.now()))
    rows = Incident.objects.standing().select_related("rule")
    # "warning" comes after "critical" in the alphabet as well.
    found = [_described(one, silences) for one in rows.order_by("severity", "-since")[:MOST]]
    beyond = max(0, rows.count() - MOST) if len(found) == MOST else 0
    return {
        "standing": found,
        "beyond": beyond,
        "live_url": reverse("monitoring_alerts_live"),
        **pace(request),
    }


def _silence(one: Silence) -> dict[str, Any]:
    rule_title = words.title(one.rule) if one.rule else ""
    return {"row": one, "title": rule_title, "subject": words.subject(one.rule, one.subject)}


def _described(incident: Incident, silences: list[Silence]) -> dict[str, Any]:
    return {
        "row": incident,
        "title": words.title(incident.rule),
        "subject": words.subject(incident.rule, incident.subject),
        "reason": translated_json(incident.reason),
        "remedy": translated_json(incident.remedy),
        "silent": desk.is_silent(incident, silences),
        "told": _told(incident),
    }


def _told(incident: Incident) -> list[dict[str, Any]]:
    """How it stands with each way that was tried, its last message counting."""
    ways = {MAIL: _("Mail"), WEBHOOK: _("Webhook")}
    said = {
        "sent": _("sent"),
        "trying": _("being sent"),
        "failed": _("failed, will be tried again"),
        "given up": _("failed, given up"),
    }
    found = []
    for way, name in ways.items():
        if state := last_message(incident, way):
            found.append({"way": name, "state": said.get(state["state"], ""), "error": _error(state)})
    return found


def _error(state: dict[str, Any]) -> str:
    """In the reader's language; rows of an older release hold the English words themselves."""
    error = state.get("error") or {}
    return translated_json(error) if isinstance(error, dict) else str(error)


def _wanted(raw: str) -> dict[str, Any]:
    """What a silence of the alert with this number would say."""
    incident = Incident.objects.filter(pk=int(raw)).first() if raw.isdecimal() and len(raw) < 16 else None
    if incident is None:
        return {}
    return {"rule": incident.rule_id, "subject": words.subject(incident.rule, incident.subject)}
