"""The buttons: what would happen, and doing it."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from analytics.services.monitoring import buttons  # noqa: F401 (declares them)
from analytics.services.monitoring.actions import Action, action_named, actions, perform
from analytics.services.monitoring.lights import Light
from analytics.services.monitoring.paused import RESUME
from analytics.web.monitoring.frame import answer, operators_only
from recommender.errors import RecommenderError
from recommender.models.telling import translated, translated_error


def buttons_of(light: Light) -> list[dict[str, Any]]:
    """Name, address and words of the buttons that help with a light."""
    found = []
    for name in light.actions:
        if name.startswith(RESUME):
            queue = name.removeprefix(RESUME)
            url = reverse("monitoring_queue_resume", args=[queue])
            found.append({"name": name, "url": url, "label": _("Resume {queue}").format(queue=queue)})
        elif one := action_named(name):
            url = reverse("monitoring_do", args=[name])
            found.append({"name": name, "url": url, "label": one.title})
    return found


def all_buttons() -> list[dict[str, Any]]:
    """Every button there is, whatever the lights are, with what it is for."""
    return [{"action": one, "url": reverse("monitoring_do", args=[one.name])} for one in actions()]


@require_http_methods(["GET", "HEAD", "POST"])
@operators_only
@never_cache
def do(request: HttpRequest, name: str) -> HttpResponse:
    """GET says with numbers what will happen, as a page or inside a dialog; POST does it and goes back."""
    chosen = action_named(name)
    if chosen is None:
        raise Http404
    return _done(request, chosen) if request.method == "POST" else _asked(request, chosen)


def _asked(request: HttpRequest, chosen: Action) -> HttpResponse:
    context = {
        "action": chosen,
        "plan": chosen.what_will_happen(time.time()),
        "back": _back(request, request.GET.get("next") or _came_from(request)),
    }
    if request.headers.get("HX-Request"):
        return render(request, "monitoring/do_form.html", context | {"in_dialog": True})
    return answer(request, "monitoring", "monitoring/do.html", context)


def _done(request: HttpRequest, chosen: Action) -> HttpResponse:
    try:
        messages.success(request, translated(perform(chosen, request.user, request.POST.get("choice", ""))))
    except RecommenderError as error:
        messages.error(request, translated_error(error))
    return HttpResponseRedirect(_back(request, request.POST.get("next", "")))


def _came_from(request: HttpRequest) -> str:
    """Path and query of the page with the button; "" where the browser does not say."""
    parts = urlsplit(request.headers.get("Referer", ""))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _back(request: HttpRequest, address: str) -> str:
    """``address`` if it is a page of this site other than the confirmation itself, else the overview."""
    safe = address.startswith("/") and url_has_allowed_host_and_scheme(address, {request.get_host()})
    return address if safe and address != request.path else reverse("monitoring")
