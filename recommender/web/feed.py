"""The start page: rows, the grid mixed for whoever reads it, and more of it as they scroll."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Concat
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from recommender.models import Category, EncoderSpace, Item
from recommender.services import recommend, spaces
from recommender.web import cards, explain
from recommender.web.actor import actor_of
from recommender.web.context import NAME_KEY
from recommender.web.mixture import Mixture, mixture_of

_CATEGORY_SECONDS = 60
_FILLING_SECONDS = 4


class TopCategory(NamedTuple):
    """A chip above the grid."""

    pk: int
    name: str
    name_zh: str

    @property
    def local_name(self) -> str:
        return self.name_zh if self.name_zh and (get_language() or "").startswith("zh") else self.name


@require_safe
def feed(request: HttpRequest) -> HttpResponseBase:
    """The page, or with ``offset`` in a fragment's request the next cards of its grid."""
    mixture = mixture_of(request)
    category = _category(request)
    offset = _whole(request.GET.get("offset", ""))
    if request.headers.get("HX-Request") and offset:
        response = render(request, "recommender/feed_cards.html", _grid(request, mixture, category, offset))
    else:
        categories, filled = _surroundings()
        context = _body(request, mixture, category, offset) | {
            "section": "feed",
            "greeting": _greeting(request),
            "categories": categories,
            "mixer": explain.mixer(mixture),
            "mixer_key": tuple(mixture.values()),
            "filling": filled,
        }
        response = render(request, "recommender/feed.html", context)
    patch_vary_headers(response, ["HX-Request", "Cookie"])
    return response


def feed_fragment(request: HttpRequest, mixture: Mixture) -> HttpResponse:
    """Rows and grid under another mixture, in place of those on the page."""
    context = _body(request, mixture, _category(request), 0)
    return render(request, "recommender/feed_body.html", context)


@require_safe
def filling(request: HttpRequest) -> HttpResponse:
    """How far the encoder has got with the catalogue; nothing once it knows all of it."""
    known = filling_now()
    return render(request, "recommender/filling.html", {"filling": known}) if known else HttpResponse("")


def _body(request: HttpRequest, mixture: Mixture, category: Category | None, offset: int) -> dict[str, Any]:
    if category is not None or offset:
        return _grid(request, mixture, category, offset)
    page, rows = recommend.front_page(actor_of(request), mixture=mixture, limit=settings.FEED_PAGE)
    shown = [_row(number, row) for number, row in enumerate(rows, 1) if row.cards]
    return _shown(page, None) | {"rows": shown}


def _grid(request: HttpRequest, mixture: Mixture, category: Category | None, offset: int) -> dict[str, Any]:
    page = recommend.feed(
        actor_of(request),
        mixture=mixture,
        offset=offset,
        limit=settings.FEED_PAGE,
        category=category,
        answer=_token(request.GET.get("answer", "")),
    )
    return _shown(page, category)


def _shown(page: recommend.FeedPage, category: Category | None) -> dict[str, Any]:
    query = {
        "offset": page.next_offset,
        "answer": page.answer,
        **({"category": category.pk} if category else {}),
    }
    return {
        "cards": cards.render(page.cards),
        "cold": page.cold,
        "category": category,
        "more_url": f"{reverse('feed')}?{urlencode(query)}" if page.next_offset else "",
    }


def _token(raw: str) -> str:
    return raw if len(raw) == 32 and raw.isalnum() and raw.isascii() else ""


def _category(request: HttpRequest) -> Category | None:
    raw = request.GET.get("category") or request.POST.get("category", "")
    if not raw:
        return None
    found = Category.objects.filter(pk=_whole(raw)).first()
    if found is None:
        raise Http404
    return found


def _whole(raw: str) -> int:
    return int(raw) if raw.isdecimal() and len(raw) < 10 else 0


def _greeting(request: HttpRequest) -> str:
    if request.user.is_authenticated:
        name = request.session.get(NAME_KEY) or request.user.get_username()
        return _("Good to see you, {name}.").format(name=name)
    return _("Find what looks, reads and sounds right.")


def _surroundings() -> tuple[tuple[TopCategory, ...], dict[str, int] | None]:
    """Top-level categories that hold something, and how far the filling is, looked up now and then."""
    known = cache.get_many(["top-categories", "filling"])
    if "top-categories" not in known:
        known["top-categories"] = _top_categories()
        cache.set("top-categories", known["top-categories"], _CATEGORY_SECONDS)
    categories = tuple(TopCategory(*one) for one in known["top-categories"])
    return categories, filling_now(known.get("filling"))


def _top_categories() -> list[tuple[int, str, str]]:
    inside = Q(category=OuterRef("pk")) | Q(
        category__path__startswith=Concat(OuterRef("path"), Value(Category.SEPARATOR))
    )
    shown = Item.objects.available().filter(inside)
    found = Category.objects.filter(Exists(shown), depth=0).order_by("name")
    return list(found.values_list("pk", "name", "name_zh"))


def filling_now(known: dict[str, int] | None = None) -> dict[str, int] | None:
    """``done`` and ``total`` items of the active space while it is being filled, else None."""
    known = known or cache.get("filling")
    if known is None:
        space = EncoderSpace.objects.active()
        coverage = spaces.space_coverage(space) if space else {}
        known = {"done": coverage.get("items_done", 0), "total": coverage.get("items_total", 0)}
        cache.set("filling", known, _FILLING_SECONDS)
    return known if 0 <= known["done"] < known["total"] else None


def _row(number: int, row: recommend.FeedRow) -> dict[str, Any]:
    seed = row.seed
    return {
        "id": f"row-{number}",
        "title": explain.row_title(row.title_kind, cards.title_of(seed) if seed else ""),
        "url": reverse("item", args=[seed.pk]) if seed else "",
        "seed_picture": cards.thumbnail_of(seed) if seed else "",
        "cards": cards.render(row.cards),
    }
