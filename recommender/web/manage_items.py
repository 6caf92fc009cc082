"""The catalogue's items and media, for catalogue admins: find, look into, retire, try again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q, prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from recommender.models import Embedding, Item, Media
from recommender.services import catalogue, preprocess
from recommender.web import cards
from recommender.web.access import MANAGE_CATALOGUE, needs
from recommender.web.item import describe_medium

PAGE = 50
#: Items named whose words could not be encoded; all are counted.
_WORDS_SHOWN = 20


@require_safe
@needs(MANAGE_CATALOGUE)
def items(request: HttpRequest) -> HttpResponseBase:
    """All items, newest first, by words and state; a fragment's request gets the table alone."""
    words, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    found = Item.objects.for_cards().order_by("-created_at", "-pk")
    if words:
        found = found.filter(
            Q(title__icontains=words) | Q(title_zh__icontains=words) | Q(external_id__icontains=words)
        )
    if state in Item.Availability.values:
        found = found.filter(availability=state)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "section": "manage",
        "tab": "items",
        "items": [_row(item) for item in page],
        "page": page,
        "q": words,
        "state": state,
        "states": Item.Availability.choices,
    }
    fragment = bool(request.headers.get("HX-Request"))
    return render(request, "manage/items_table.html" if fragment else "manage/items.html", context)


def _row(item: Item) -> dict[str, Any]:
    media = list(item.media.all())
    return {
        "item": item,
        "picture": cards.thumbnail_of(item),
        "media_total": len(media),
        "media_ready": sum(one.state == Media.State.READY for one in media),
        "media_failed": sum(one.state == Media.State.FAILED for one in media),
    }


@require_safe
@needs(MANAGE_CATALOGUE)
def item(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One item's media and vectors, with what went wrong."""
    found = get_object_or_404(Item.objects.for_cards(), pk=pk)
    media = list(found.media.all())
    _describe(media)
    vectors = Embedding.objects.filter(Q(item=found) | Q(media__item=found)).select_related("space")
    context = {
        "section": "manage",
        "tab": "items",
        "item": found,
        "media": media,
        "vectors": list(vectors.order_by("space", "modality", "pk")[:100]),
    }
    return render(request, "manage/item.html", context)


@require_POST
@needs(MANAGE_CATALOGUE)
def availability(request: HttpRequest, pk: int, state: str) -> HttpResponseBase:
    """Retire an item or bring it back; it leaves or joins feed and search at once."""
    found = get_object_or_404(Item, pk=pk)
    if state not in Item.Availability.values:
        return HttpResponse(status=400)
    catalogue.set_availability(found, state)
    messages.success(request, _("%(title)s is now %(state)s.") % {
        "title": found.local_title, "state": found.get_availability_display()
    })  # fmt: skip
    return redirect("manage_item", pk)


# -- media --------------------------------------------------------------------------------------------------


@require_safe
@needs(MANAGE_CATALOGUE)
def failed_media(request: HttpRequest) -> HttpResponseBase:
    """Everything that could not be prepared or encoded, with the reason."""
    failed = Media.objects.failed_anywhere().select_related("item", "review__item")
    page = Paginator(failed.order_by("-updated_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    words = Embedding.objects.filter(state=Embedding.State.FAILED, media=None).select_related("item")
    context = {
        "section": "manage",
        "tab": "media",
        "media": _describe(list(page)),
        "page": page,
        "show_item": True,
        "words_failed": words.count(),
        "words": list(words.order_by("-pk")[:_WORDS_SHOWN]),
    }
    return render(request, "manage/failed_media.html", context)


def _describe(media: list[Media]) -> list[Media]:
    """With what their templates use, failed vectors among it."""
    failed = Embedding.objects.filter(state=Embedding.State.FAILED)
    prefetch_related_objects(media, Prefetch("embeddings", failed, to_attr="failed_vectors"))
    for one in media:
        describe_medium(one)
    return media


@require_POST
@needs(MANAGE_CATALOGUE)
def retry(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Try one medium again."""
    medium = get_object_or_404(Media, pk=pk)
    preprocess.retry_media([pk])
    medium.refresh_from_db()
    _describe([medium])
    if request.headers.get("HX-Request"):
        named = "named" in request.GET  # in the list of all, where each is named by what it belongs to
        return render(request, "manage/medium.html", {"medium": medium, "show_item": named})
    return redirect("failed_media")


@require_POST
@needs(MANAGE_CATALOGUE)
def retry_all(request: HttpRequest) -> HttpResponseBase:
    """Try everything that failed again."""
    count = preprocess.retry_failed()
    told = ngettext("%(n)d medium is tried again.", "%(n)d media are tried again.", count)
    text = told % {"n": count} if count else _("What could not be encoded is tried again.")
    messages.success(request, text)
    return redirect("failed_media")
