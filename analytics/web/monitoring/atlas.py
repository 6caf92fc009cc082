"""The catalogue as a map: points to colour, to zoom into and to list."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from analytics.services import embedding_map
from analytics.services.audit import note
from analytics.services.embedding_map import Places
from analytics.web.monitoring.frame import answer, operators_only
from analytics.web.monitoring.tiles import tiles_of
from recommender.contracts import MODALITIES
from recommender.models import Category
from recommender.services.calls import call_task
from recommender.web.explain import CHANNELS

#: ways to colour
COLOURS: dict[str, Any] = {
    "category": gettext_lazy("Category"),
    "sentiment": gettext_lazy("Sentiment"),
    "age": gettext_lazy("Age"),
    "drift": gettext_lazy("Drift"),
}
LISTED = 60
#: Sums over all items are good for so many seconds.
_KEPT = 60


@require_safe
@operators_only
def embedding(request: HttpRequest) -> HttpResponseBase:
    """The page of one modality; what is drawn comes from ``points``."""
    have = embedding_map.drawn()
    chosen = request.GET.get("modality", "")
    modality = chosen if chosen in have else next(iter(have), "")
    by = request.GET.get("by", "")
    context: dict[str, Any] = {
        "modality": modality,
        "modalities": [(name, *CHANNELS[name]) for name in have],
        "by": by if by in COLOURS else "category",
        "colours": list(COLOURS.items()),
        "listed": LISTED,
    }
    places = embedding_map.map_of(modality) if modality else None
    if places is not None:
        context |= {"map": places.row, "groups": embedding_map.summary(places)}
    return answer(
        request, "monitoring_map", "monitoring/map.html", context,
        scripts=("js/monitoring-map.js",), styles=("css/monitoring-data.css",),
    )  # fmt: skip


@require_safe
@operators_only
def points(request: HttpRequest) -> HttpResponseBase:
    """Where the items lie, in thousandths, and what colours them."""
    places = _places(request)
    by = request.GET.get("by", "")
    if by not in COLOURS:
        raise Http404
    key = f"map:{places.row.pk}:{places.row.created_at.timestamp()}:{by}:{get_language()}"
    body = cache.get(key)
    if body is None:
        told = _by_category(places) if by == "category" else _by_number(places, by)
        thousandths = np.rint(1000 * places.points).astype(int)
        whole = {
            "by": by,
            "ids": places.ids.tolist(),
            "x": thousandths[:, 0].tolist(),
            "y": thousandths[:, 1].tolist(),
            **told,
        }
        body = JsonResponse(whole, json_dumps_params={"separators": (",", ":")}).content
        cache.set(key, body, _KEPT)
    return HttpResponse(body, content_type="application/json")


def _places(request: HttpRequest) -> Places:
    modality = request.GET.get("modality", "")
    places = embedding_map.map_of(modality) if modality in MODALITIES else None
    if places is None:
        raise Http404
    return places


def _by_category(places: Places) -> dict[str, Any]:
    named, codes = embedding_map.groups(places)
    known = Category.objects.in_bulk([pk for pk in named if pk is not None])
    counts = np.bincount(codes, minlength=len(named)).tolist()
    told = [
        {"name": known[pk].local_name if pk in known else _("all others"), "count": count}
        for pk, count in zip(named, counts, strict=True)
    ]
    return {"codes": codes.tolist(), "groups": told}


def _by_number(places: Places, by: str) -> dict[str, Any]:
    """Values between the ends of the colours; null where an item has none."""
    values = embedding_map.numbers(places, by)
    there = np.isfinite(values)
    if by == "age":
        low, high = 0.0, max(float(np.quantile(values[there], 0.98)), 1 / 24) if there.any() else 1.0
        ends = [_("new"), _age(high)]
    else:
        low, high = (-1.0, 1.0) if by == "sentiment" else (0.5, 1.0)
        ends = [_("negative"), _("positive")] if by == "sentiment" else [_("unlike"), _("very unlike")]
    scaled = np.clip((np.where(there, values, low) - low) / (high - low), 0, 1)
    whole = np.where(there, np.rint(255 * scaled), -1).astype(int)
    return {"values": whole.tolist(), "ends": ends, "none": _("not known"), "known": int(there.sum())}


def _age(days: float) -> str:
    from django.utils.translation import ngettext

    if days < 1:
        hours = max(1, round(24 * days))
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return ngettext("%(n)d day", "%(n)d days", round(days)) % {"n": round(days)}


@require_safe
@operators_only
def chosen_items(request: HttpRequest) -> HttpResponse:
    """A fragment: up to 60 items with pictures, and how many more there are; by number or by group."""
    group = request.GET.get("group", "")
    if group:
        places = _places(request)
        named, codes = embedding_map.groups(places)
        wanted = int(group) if group.isdecimal() and len(group) < 19 else None
        ids = places.ids[codes == named.index(wanted)].tolist() if wanted in named else []
        total = len(ids)
    else:
        ids = [int(part) for part in request.GET.get("ids", "").split(",")[:LISTED] if _is_key(part)]
        given = request.GET.get("total", "")
        total = max(len(ids), int(given) if _is_key(given) else 0)
    tiles = tiles_of(ids[:LISTED])
    context = {"tiles": tiles, "total": total, "rest": max(0, total - LISTED)}
    return render(request, "monitoring/map_items.html", context)


def _is_key(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


@require_POST
@operators_only
def draw_now(request: HttpRequest) -> HttpResponse:
    """Ask the workers to draw all maps anew."""
    note(request.user, "draw map")
    call_task(embedding_map.TASK, True)
    messages.success(request, _("A worker is drawing; reload the page in some seconds."))
    return redirect("monitoring_map")
