"""What somebody did, to look at and take back, and what they saved."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from recommender.models import Interaction
from recommender.services import history as histories
from recommender.web import cards
from recommender.web.actor import actor_of

Kind = Interaction.Kind
PAGE = 40
SAVED_PAGE = 24
ICONS = {
    Kind.VIEW: "eye",
    Kind.CLICK: "eye",
    Kind.LIKE: "heart",
    Kind.DISLIKE: "thumb-down",
    Kind.HIDE: "eye-off",
    Kind.SAVE: "bookmark",
    Kind.PURCHASE: "shopping-bag",
    Kind.RATING: "star",
}
#: what the chips above the list choose, and the kinds behind each
FILTERS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "": (gettext_lazy("Everything"), ()),
    "like": (gettext_lazy("Liked"), (Kind.LIKE,)),
    "save": (gettext_lazy("Saved"), (Kind.SAVE,)),
    "opened": (gettext_lazy("Opened"), (Kind.VIEW, Kind.CLICK)),
    "rating": (gettext_lazy("Rated"), (Kind.RATING,)),
    "purchase": (gettext_lazy("Bought"), (Kind.PURCHASE,)),
    "hide": (gettext_lazy("Hidden"), (Kind.HIDE, Kind.DISLIKE)),
}


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Newest first; a fragment's request with ``past`` gets what follows, whatever was taken back since."""
    chosen = request.GET.get("kind", "")
    kinds = FILTERS.get(chosen, FILTERS[""])[1]
    actor = actor_of(request)
    done = Interaction.objects.of(actor.user, actor.visitor).select_related("item")
    done = done.prefetch_related("item__media").newest_first(request.GET.get("past", ""))
    if kinds:
        done = done.of_kind(*kinds)
    found = list(done[: PAGE + 1])
    page = found[:PAGE]
    more = urlencode({"kind": chosen, "past": page[-1].place}) if len(found) > PAGE else ""
    fragment = bool(request.headers.get("HX-Request"))
    context = {
        "section": "history",
        "entries": [_entry(one) for one in page],
        "kinds": [
            {"value": value, "label": label, "on": value == chosen} for value, (label, _k) in FILTERS.items()
        ],
        "more_url": f"{reverse('history')}?{more}" if more else "",
        "is_fragment": fragment,
    }
    template = "recommender/history_list.html" if fragment else "recommender/history.html"
    return render(request, template, context)


def _entry(done: Interaction) -> dict[str, Any]:
    label = done.get_kind_display()
    return {
        "pk": done.pk,
        "title": done.item.local_title,
        "url": reverse("item", args=[done.item_id]),
        "picture": cards.thumbnail_of(done.item),
        "icon": ICONS[Kind(done.kind)],
        "label": f"{label} {done.value:g}/5" if done.kind == Kind.RATING and done.value else label,
        "created_at": done.created_at,
    }


@require_safe
def saved(request: HttpRequest) -> HttpResponse:
    """What this person saved, latest first; a fragment's request gets the next cards."""
    kept = histories.saved(actor_of(request), request.GET.get("past", ""))
    past = kept.place(SAVED_PAGE)
    more = f"{reverse('saved')}?{urlencode({'past': past})}" if past else ""
    fragment = bool(request.headers.get("HX-Request"))
    context = {"section": "saved", "cards": cards.render(kept[:SAVED_PAGE]), "more_url": more}
    template = "recommender/feed_cards.html" if fragment else "recommender/saved.html"
    return render(request, template, context)
