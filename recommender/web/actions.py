"""What people do with items in place: like, dislike, save, hide, rate, buy, and take it back."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from recommender.models import Interaction
from recommender.services import events
from recommender.web.actor import actor_of, acts
from recommender.web.item import find_item_to_act_on, impression_id, stars_given

Kind = Interaction.Kind
_DONE: dict[str, Any] = {
    Kind.LIKE: gettext_lazy("Liked. Your feed follows."),
    Kind.DISLIKE: gettext_lazy("Noted: less of this."),
    Kind.SAVE: gettext_lazy("Saved."),
    Kind.HIDE: gettext_lazy("You will not see this again."),
    Kind.PURCHASE: gettext_lazy("Noted as bought."),
    Kind.RATING: gettext_lazy("Rated."),
}
_UNDONE: dict[str, Any] = {
    Kind.LIKE: gettext_lazy("No longer liked."),
    Kind.DISLIKE: gettext_lazy("No longer disliked."),
    Kind.SAVE: gettext_lazy("No longer saved."),
    Kind.HIDE: gettext_lazy("Shown again."),
}


@require_POST
@acts
def act(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """Switch like, dislike, save or hide, or note a purchase or a rating; HX-Trigger says what came of it."""
    if kind not in _DONE:
        return HttpResponseBadRequest("unknown kind")
    found = find_item_to_act_on(request, pk)
    actor = actor_of(request)
    impression = impression_id(request.POST.get("impression", ""))
    undo = ""
    if kind in Interaction.TOGGLES:
        on = events.toggle(actor, found, kind, impression=impression)
        if on:
            latest = Interaction.objects.of(actor.user, actor.visitor).filter(item=found, kind=kind).first()
            undo = reverse("undo", args=[latest.pk]) if latest else ""
        message = _DONE[kind] if on else _UNDONE[kind]
    else:
        value = _stars(request.POST.get("value", "")) if kind == Kind.RATING else None
        if kind == Kind.RATING and value is None:
            return HttpResponseBadRequest("a rating is a number from 1 to 5")
        done = events.record(actor, found, kind, value=value, impression=impression)
        on, message = True, _DONE[kind]
        undo = reverse("undo", args=[done.pk])
    return _told(request, {"message": str(message), "undo": undo, "item": pk, "kind": kind, "on": on})


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take back one thing this person did; somebody else's is not found."""
    actor = actor_of(request)
    done = Interaction.objects.of(actor.user, actor.visitor).filter(pk=pk).first()
    if done is None:
        return HttpResponse(status=404)
    item_id, kind = done.item_id, done.kind
    events.undo(actor, pk)
    if not request.headers.get("HX-Request"):
        return redirect("history")
    detail = {"message": _("Taken back."), "undo": "", "item": item_id, "kind": kind, "on": False}
    if kind == Kind.RATING:
        detail["stars"] = stars_given(actor, item_id)  # the one before counts again
    return _told(request, detail, status=200)


def _stars(raw: str) -> float | None:
    return float(raw) if raw in {"1", "2", "3", "4", "5"} else None


def _told(request: HttpRequest, detail: dict[str, Any], status: int = 204) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return redirect("item", detail["item"])
    return HttpResponse(status=status, headers={"HX-Trigger": json.dumps({"acted": detail})})
