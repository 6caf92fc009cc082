"""Is the site healthy: a light for each part with reason and remedy, and lines of what was measured."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from analytics.services.monitoring import lights, watch
from analytics.services.monitoring.lights import Level, Light
from analytics.web.monitoring.actions import all_buttons, buttons_of
from analytics.web.monitoring.frame import answer, operators_only
from analytics.web.monitoring.lines import controls

STYLES = ("vendor/uplot/uplot.min.css", "css/monitoring-lines.css")
SCRIPTS = ("vendor/uplot/uplot.min.js", "js/monitoring-lights.js", "js/monitoring-lines.js")


@require_safe
@operators_only
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    context = looked() | controls(request) | {"buttons": all_buttons()}
    return answer(request, "monitoring", "monitoring/overview.html", context, scripts=SCRIPTS, styles=STYLES)


@require_safe
@operators_only
@never_cache
def live_lights(request: HttpRequest) -> HttpResponse:
    """The lights alone, for a page that is open."""
    return render(request, "monitoring/lights.html", looked())


def looked() -> dict[str, Any]:
    """What the lights say now: the worst first, else in their own order."""
    now = time.time()
    found = lights.look(now)
    rows = [
        {"part": one, "light": found[one.name], "actions": buttons_of(found[one.name])}
        for one in sorted(lights.parts(), key=lambda one: -found[one.name].level)
    ]
    worst = max((light.level for light in found.values()), default=None)
    return {
        "rows": rows,
        "verdict": verdict(list(found.values())),
        "worst": "" if worst is None else worst.name.lower(),
        "at": datetime.fromtimestamp(now, timezone.get_current_timezone()),
        "silence": silence(now),
    }


def verdict(found: list[Light]) -> str:
    """The whole in one sentence."""
    red = sum(light.level is Level.RED for light in found)
    yellow = sum(light.level is Level.YELLOW for light in found)
    if not found:
        return _("Nothing is looked at yet.")
    if not red and not yellow:
        return _("All is well.")
    if not red:
        return ngettext("%(n)d thing is worth a look.", "%(n)d things are worth a look.", yellow) % {
            "n": yellow
        }
    need = ngettext("%(n)d thing needs you.", "%(n)d things need you.", red) % {"n": red}
    more = ngettext("%(n)d more is worth a look.", "%(n)d more are worth a look.", yellow) % {"n": yellow}
    return f"{need} {more}" if yellow else need


def silence(now: float) -> str:
    """Why history and alerts stand still; empty while the watch process is heard from."""
    try:
        heard = watch.heard_at()
    except RedisError:
        return _("Redis does not answer: nothing is measured, and no task runs.")
    if heard is None:
        return _("The watch process has not been heard from: no history is kept, and no alert is sent.")
    if now - heard <= watch.SILENT_SECONDS:
        return ""
    minutes = int((now - heard) // 60)
    since = (
        ngettext("for %(n)d minute", "for %(n)d minutes", minutes) % {"n": minutes}
        if minutes
        else _("for less than a minute")
    )
    return _("The watch process is silent %(since)s: no history is kept, and no alert is sent.") % {
        "since": since
    }
