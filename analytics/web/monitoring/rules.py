"""The rules that alerts come from: listed, made, changed, switched, deleted, and tried on the last days."""

from __future__ import annotations

import time
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.models import AlertRule
from analytics.services.monitoring import rules_desk as desk
from analytics.services.monitoring import rules_history as history
from analytics.services.monitoring import rules_words as words
from analytics.services.monitoring.measures import measure_named
from analytics.services.monitoring.rules_decide import counted, is_measured
from analytics.web.monitoring.frame import answer, operators_only
from analytics.web.monitoring.rule_forms import RuleForm


@require_safe
@operators_only
def rules(request: HttpRequest) -> HttpResponse:
    """Every rule, and whether it stands."""
    standing = Count("incidents", filter=Q(incidents__ended_at=None))
    found = AlertRule.objects.annotate(standing=standing)
    described = [_described(one) for one in found]
    context = {"rules": sorted(described, key=lambda one: str(one["title"]).casefold())}
    return answer(request, "monitoring_alerts", "monitoring/rules.html", context)


def _described(rule: AlertRule) -> dict[str, Any]:
    measure = measure_named(rule.measure)
    return {
        "row": rule,
        "title": words.title(rule),
        "measure": measure.title if measure else rule.measure,
        "measured": is_measured(rule, measure),
        "labels": ", ".join(f"{name}={value}" for name, value in rule.labels.items()),
        "limit": words.limit(rule),
        "window": words.duration(rule.window),
        "fewest": _fewest(rule),
        "hold": words.duration(rule.hold) if rule.hold else "",
    }


def _fewest(rule: AlertRule) -> int:
    """Of how many events the figure has to be; 0 where their number does not matter."""
    measure = measure_named(rule.measure)
    matters = measure is not None and rule.condition != AlertRule.Condition.ABSENT and counted(measure)
    return rule.fewest if matters else 0


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def new(request: HttpRequest) -> HttpResponseBase:
    """A rule of the site's own."""
    return _edited(request, AlertRule(window=300, hold=60))


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def edit(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Change a rule."""
    return _edited(request, get_object_or_404(AlertRule, pk=pk))


def _edited(request: HttpRequest, rule: AlertRule) -> HttpResponseBase:
    heading = words.title(rule) if rule.pk else _("New rule")
    form = RuleForm(request.POST if request.method == "POST" else None, instance=rule)
    if request.method == "POST" and form.is_valid():
        desk.save_rule(request.user, form.save(commit=False))
        messages.success(request, _("The rule is saved."))
        return redirect("monitoring_rules")
    context = {"form": form, "rule": rule, "heading": heading}
    return answer(request, "monitoring_alerts", "monitoring/rule.html", context)


@require_safe
@operators_only
def preview(request: HttpRequest) -> HttpResponse:
    """What the rule that is being written would have done; a fragment."""
    data = request.GET.copy()
    data["name"] = data.get("name") or "-"
    form = RuleForm(data)
    if not form.is_valid():
        unit = _unit(data.get("measure", ""))
        return render(request, "monitoring/rule_preview.html", {"unit": unit})
    rule = form.save(commit=False)
    tried = history.preview(rule, time.time())
    context = {
        "limit": words.limit(rule),
        "tried": tried,
        "unmeasured": tried is None,
        "value": words.quantity(tried.value, words.unit_of(rule))
        if tried and tried.value is not None
        else "",
    }
    return render(request, "monitoring/rule_preview.html", context)


def _unit(key: str) -> str:
    measure = measure_named(key)
    return words.unit_name(measure.unit) if measure else ""


@require_POST
@operators_only
def switch(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Switch a rule on or off."""
    rule = get_object_or_404(AlertRule, pk=pk)
    desk.switch(request.user, rule, request.POST.get("on") == "1")
    said = _("Switched on: {what}.") if rule.enabled else _("Switched off: {what}.")
    messages.success(request, said.format(what=words.title(rule)))
    return redirect("monitoring_rules")


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
def delete(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Remove a rule that was made here; GET asks first."""
    rule = get_object_or_404(AlertRule, pk=pk)
    return _deleted(request, rule) if request.method == "POST" else _asked(request, rule)


def _asked(request: HttpRequest, rule: AlertRule) -> HttpResponse:
    """What goes with the rule."""
    count, standing = rule.incidents.count(), rule.incidents.filter(ended_at=None).count()
    with_it = ngettext("{n} alert of it goes with it.", "{n} alerts of it go with it.", count)
    stand = ngettext("{n} of them stands now.", "{n} of them stand now.", standing)
    context = {
        "title": _("Delete {what}?").format(what=words.title(rule)),
        "told": [with_it.format(n=count), *([stand.format(n=standing)] if standing else [])],
        "refused": desk.why_not_delete(rule),
        "button": _("Delete this rule"),
        "danger": True,
        "action": request.path,
        "back": reverse("monitoring_rule", args=[rule.pk]),
    }
    styles = ("css/monitoring-tasks.css",)
    return answer(request, "monitoring_alerts", "monitoring/ask.html", context, styles=styles)


def _deleted(request: HttpRequest, rule: AlertRule) -> HttpResponseBase:
    try:
        desk.delete(request.user, rule)
    except desk.NotAllowed as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Deleted: {what}.").format(what=words.title(rule)))
    return redirect("monitoring_rules")
