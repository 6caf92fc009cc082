"""Search: words, a picture, a sound, items, and what should be more or less of; all of it in the address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from recommender.contracts import MODALITIES
from recommender.errors import RecommenderError
from recommender.models import Item
from recommender.models.telling import translated_error
from recommender.services import queries
from recommender.services import search as searching
from recommender.services.search import HIGHEST_PRICE, MINUS_ALONE, Filters, SearchPage, SearchQuery
from recommender.templatetags.pieces import slots
from recommender.web import cards, explain, frames, prices
from recommender.web.actor import actor_of
from recommender.web.mixture import share_of

TERMS_MAX = 8
TEXT_MAX = 400
_LANGUAGES = {"en": "English", "zh": "中文"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, as the form shows it again."""

    text: str
    image: str
    audio: str
    plus: tuple[str, ...]
    minus: tuple[str, ...]
    item_ids: tuple[int, ...]
    weights: dict[str, float]
    filters: Filters
    offset: int
    #: the address names a picture or a sound that is not kept any more
    lost: bool = False

    @property
    def image_url(self) -> str:
        return default_storage.url(self.image) if self.image else ""

    @property
    def is_plain(self) -> bool:
        """Words at most: nothing else of the form differs from an empty one."""
        terms = self.image or self.audio or self.plus or self.minus or self.item_ids
        return not terms and self.filters == Filters() and all(value == 1 for value in self.weights.values())

    @property
    def is_empty(self) -> bool:
        """Nothing to search for; what there should be less of is not."""
        nothing = not (self.text or self.image or self.audio or self.plus or self.item_ids)
        return nothing and self.filters == Filters()


def read(query: QueryDict) -> Asked:
    """The question in an address; what makes no sense counts as not given."""
    media = {kind: queries.known_media(kind, query.get(kind, "")) for kind in ("image", "audio")}
    return Asked(
        text=query.get("q", "").strip()[:TEXT_MAX],
        **media,
        lost=any(query.get(kind) and not name for kind, name in media.items()),
        plus=_words(query.getlist("plus")),
        minus=_words(query.getlist("minus")),
        item_ids=tuple(_whole(raw) for raw in query.getlist("item")[:TERMS_MAX] if _whole(raw)),
        weights={name: share_of(query.get(f"w_{name}", "")) for name in MODALITIES},
        filters=Filters(
            category=_whole(query.get("category", "")) or None,
            price_min=_amount(query.get("min", "")),
            price_max=_amount(query.get("max", "")),
            currency=prices.read_currency(query.get("currency", "")),
            language=query.get("language", "")[:10],
            has_video=query.get("video") == "1",
            has_audio=query.get("sound") == "1",
        ),
        offset=_whole(query.get("offset", "")),
    )


@require_safe
def search(request: HttpRequest) -> HttpResponseBase:
    """The page; a fragment's request gets the results, with ``offset`` only their next cards."""
    asked = read(request.GET)
    context = _results(request, asked)
    if request.headers.get("HX-Request"):
        template = "recommender/feed_cards.html" if asked.offset else "recommender/results.html"
        # Beside an error there are no facets: those on the page stay, and what is chosen in them.
        drawn = not asked.offset and context.get("notice") != "error"
        response = render(request, template, context | {"htmx_facets": drawn})
    else:
        response = _whole_page(request, asked, context)
    patch_vary_headers(response, ["HX-Request", "Cookie"])
    return response


def _whole_page(request: HttpRequest, asked: Asked, context: dict[str, Any]) -> HttpResponse:
    """The form with facets and results in it. As long as only words are asked for it is the same for all."""
    parts = {
        "facetspart": render_to_string("recommender/facets.html", context, request),
        "resultspart": render_to_string("recommender/results.html", context, request),
    }
    form = _form(request, asked)
    if not asked.is_plain or form["open_with"]:
        return render(request, "recommender/search.html", context | form | parts)
    values = {"qtext": escape(asked.text.replace("\x00", "")), **parts}
    form["query"] = replace(asked, text=slots(["qtext"])["qtext"] if asked.text else "")
    shown = form | {"filters": asked.filters}
    return frames.page(request, "recommender/search.html", values, shown, bool(asked.text))


@require_POST
def search_media(request: HttpRequest) -> HttpResponse:
    """Take a picture or a sound to search by; answers with the name the search address carries."""
    for kind in ("image", "audio"):
        if kind in request.FILES:
            try:
                name = queries.receive_media(kind, request.FILES[kind])
            except RecommenderError as error:
                return JsonResponse({"error": translated_error(error)}, status=422)
            return JsonResponse({"name": name, "url": default_storage.url(name)})
    return JsonResponse({"error": _("No file was sent.")}, status=422)


# -- results ------------------------------------------------------------------------------------------------


def _results(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    return {"lost": asked.lost, **_found(request, asked)}


def _found(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    if asked.is_empty:
        notice = MINUS_ALONE if asked.minus else ""
        return {"asked": False, "facets": {}, "filters": asked.filters, "notice": notice}
    question = SearchQuery(
        text=asked.text,
        image=asked.image or None,
        audio=asked.audio or None,
        item_ids=asked.item_ids,
        plus=asked.plus,
        minus=asked.minus,
        weights=asked.weights,
        filters=asked.filters,
        offset=asked.offset,
        limit=settings.FEED_PAGE,
    )
    try:
        page = searching.search(question, actor_of(request))
    except RecommenderError as error:
        return {
            "asked": True, "total": 0, "notice": "error", "notice_text": translated_error(error),
            "facets": {}, "filters": asked.filters,
        }  # fmt: skip
    return _shown(request, asked, page)


def _shown(request: HttpRequest, asked: Asked, page: SearchPage) -> dict[str, Any]:
    show_scores = request.GET.get("scores") == "1"
    query = request.GET.copy()
    query["offset"] = str(asked.offset + settings.FEED_PAGE)
    more = asked.offset + len(page.cards) < page.total and page.cards
    return {
        "asked": True,
        "cards": cards.render(page.cards, bars=show_scores, reasons=False),
        "facets": _facets(page, asked) | prices.facets(page.facets, asked.filters, request.GET),
        "filters": asked.filters,
        "folded": page.folded,
        "milliseconds": round(1000 * page.seconds),
        "more_url": f"{reverse('search')}?{query.urlencode()}" if more else "",
        "notice": page.notice,
        "show_scores": show_scores,
        "total": page.total,
    }


def _facets(page: SearchPage, asked: Asked) -> dict[str, Any]:
    chosen = asked.filters
    return {
        "categories": [
            {
                "value": one.category.pk,
                "label": one.category.local_name,
                "depth": one.category.depth,
                "count": one.count,
                "on": one.category.pk == chosen.category,
            }
            for one in page.facets.categories
        ],
        "languages": [
            {"value": code, "label": _LANGUAGES.get(code, code), "count": n, "on": code == chosen.language}
            for code, n in page.facets.languages.items()
            if code
        ],
        "with_video": page.facets.with_video,
        "with_audio": page.facets.with_audio,
    }


def _form(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    named = Item.objects.for_cards().by_ids(asked.item_ids) if asked.item_ids else {}
    return {
        "section": "search",
        "hide_search": True,
        "query": asked,
        "query_items": [
            {"pk": pk, "title": named[pk].local_title, "picture": cards.thumbnail_of(named[pk])}
            for pk in asked.item_ids
            if pk in named
        ],
        "weights": [one for one in explain.mixer(asked.weights) if one["source"] in MODALITIES],
        "open_with": request.GET.get("with", ""),
        "filters_open": asked.filters != Filters() or any(value != 1 for value in asked.weights.values()),
    }


# -- reading the address ------------------------------------------------------------------------------------


def _words(raw: list[str]) -> tuple[str, ...]:
    return tuple(word.strip()[:80] for word in raw[:TERMS_MAX] if word.strip())


def _whole(raw: str) -> int:
    return int(raw) if raw.isdecimal() and len(raw) < 12 else 0


def _amount(raw: str) -> Decimal | None:
    try:
        value = Decimal(raw)
    except InvalidOperation:
        return None
    # What no price can be would be too much for some databases.
    return min(value, HIGHEST_PRICE) if value.is_finite() and value >= 0 else None
