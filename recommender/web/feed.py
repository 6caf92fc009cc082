"""The start page: rows, the grid mixed for whoever reads it, and more of it as they scroll."""

from __future__ import annotations

import time
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from recommender.models import Category, EncoderSpace, Item
from recommender.services import recommend, spaces
from recommender.services.later import later
from recommender.templatetags.pieces import slots
from recommender.web import cards, explain, frames
from recommender.web.actor import actor_of
from recommender.web.context import NAME_KEY
from recommender.web.mixture import Mixture, mixture_of

_CATEGORY_SECONDS = 60
#: How long it is believed how far the filling is, and that there is nothing to fill.
_FILLING_SECONDS, _FILLED_SECONDS = 4, 20
_BODIES_KEPT = 256
#: by answer the last page shown of it, the language, and rows and grid as HTML
_bodies: dict[str, tuple[recommend.FeedPage, str | None, bytes]] = {}


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
    offset, seen = _whole(request.GET.get("offset", "")), _wants_seen(request)
    if request.headers.get("HX-Request") and offset:
        page = _grid(request, mixture, category, offset)
        more_url = _more_url(page, category, seen)
        context = {"cards": cards.render(page.cards), "more_url": more_url, "at_end": True}
        response: HttpResponseBase = render(request, "recommender/feed_cards.html", context)
    else:
        response = _whole_page(request, mixture, category, offset)
    patch_vary_headers(response, ["HX-Request", "Cookie"])
    return response


def feed_fragment(request: HttpRequest, mixture: Mixture) -> HttpResponse:
    """Rows and grid under another mixture, in place of those on the page."""
    return HttpResponse(_body(request, mixture, _category(request), 0)[0])


def _whole_page(
    request: HttpRequest, mixture: Mixture, category: Category | None, offset: int
) -> HttpResponseBase:
    body, cold = _body(request, mixture, category, offset)
    categories, filled = _surroundings()
    values = {"greeting": escape(_greeting(request)), "body": body}
    context = {
        "section": "feed",
        "cold": cold,
        "category": category,
        "categories": categories,
        "mixer": explain.mixer(mixture),
        "mixer_key": tuple(mixture.values()),
        "seen": _wants_seen(request),
        "filling": filled,
    }
    if filled:
        return render(
            request,
            "recommender/feed.html",
            context | {"greeting": _greeting(request), "body": frames.text(body)},
        )
    named = _named(category)
    return frames.page(
        request, "recommender/feed.html", values, context, cold, named, categories, context["mixer_key"],
        context["seen"],
    )  # fmt: skip


@require_safe
def filling(request: HttpRequest) -> HttpResponse:
    """How far the encoder has got with the catalogue; nothing once it knows all of it."""
    known = filling_now()
    return render(request, "recommender/filling.html", {"filling": known}) if known else HttpResponse("")


def _body(
    request: HttpRequest, mixture: Mixture, category: Category | None, offset: int
) -> tuple[SafeString | bytes, bool]:
    """Rows and grid as HTML (as UTF-8 if shown before), and whether nothing personal went into them."""
    rows: list[recommend.FeedRow] = []
    seen = _wants_seen(request)
    if category is not None or offset or seen:
        page = _grid(request, mixture, category, offset)
    else:
        page, rows = recommend.front_page(actor_of(request), mixture=mixture, limit=settings.FEED_PAGE)
    known = _bodies.get(page.answer)
    if known is not None and known[0] is page and known[1] == get_language():
        return known[2], page.cold
    if not page.cards:
        context = {"category": category, "cold": page.cold, "seen_url": _seen_url(page, category, not seen)}
        return render_to_string("recommender/feed_body.html", context, request), page.cold
    more = escape(_more_url(page, category, seen))
    values = {
        "rows": "".join(_row(number, row) for number, row in enumerate(rows, 1) if row.cards),
        "tiles": "".join(cards.render(page.cards)),
        "more": more,
    }
    is_silent = not page.cold and not any(mixture.values())
    shown = {"category": category, "cold": page.cold, "silent": is_silent, "seen": seen}
    shown["seen_url"] = _seen_url(page, category, not seen)
    shown["cards"] = (slots(["tiles"])["tiles"],)
    shown["more_url"] = slots(["more"])["more"] if more else ""
    key = (page.cold, is_silent, seen, _named(category), bool(more))
    body = frames.part("recommender/feed_body.html", values, shown, *key)
    if rows:  # other pages are seldom asked for again
        if len(_bodies) >= _BODIES_KEPT:
            _bodies.clear()
        _bodies[page.answer] = (page, get_language(), body.encode())
    return body, page.cold


def _grid(
    request: HttpRequest, mixture: Mixture, category: Category | None, offset: int
) -> recommend.FeedPage:
    return recommend.feed(
        actor_of(request),
        mixture=mixture,
        offset=offset,
        limit=settings.FEED_PAGE,
        category=category,
        answer=_token(request.GET.get("answer", "")),
        seen=_wants_seen(request),
    )


def _more_url(page: recommend.FeedPage, category: Category | None, seen: bool) -> str:
    if page.next_offset is None:
        return ""
    query = {"offset": page.next_offset, "answer": page.answer, **_asked(category, seen)}
    return f"{reverse('feed')}?{urlencode(query)}"


def _seen_url(page: recommend.FeedPage, category: Category | None, seen: bool) -> str:
    """The same feed with what was met already, or without; "" where nothing was."""
    if page.cold:
        return ""
    asked = urlencode(_asked(category, seen))
    return f"{reverse('feed')}?{asked}" if asked else reverse("feed")


def _asked(category: Category | None, seen: bool) -> dict[str, int]:
    asked = {"category": category.pk} if category is not None else {}
    return asked | {"seen": 1} if seen else asked


def _wants_seen(request: HttpRequest) -> bool:
    """Whether what was met already is to be shown as well."""
    return (request.GET.get("seen") or request.POST.get("seen", "")) == "1"


def _named(category: Category | None) -> tuple[int, str, str] | None:
    """What a page shows of a category."""
    return (category.pk, category.name, category.name_zh) if category is not None else None


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


#: when the top-level categories were looked up, and what they were
_categories: tuple[float, tuple[TopCategory, ...]] = (float("-inf"), ())
_filling: tuple[float, dict[str, int] | None] = (float("-inf"), None)


def _surroundings() -> tuple[tuple[TopCategory, ...], dict[str, int] | None]:
    """Top-level categories that hold something, and how far the filling is, looked up now and then."""
    global _categories, _filling
    now = time.monotonic()
    if now - _categories[0] > _CATEGORY_SECONDS:
        known = cache.get("top-categories")
        if known is None:
            known = _top_categories()
            cache.set("top-categories", known, _CATEGORY_SECONDS)
        _categories = (now, tuple(TopCategory(*one) for one in known))
    if now - _filling[0] > _FILLING_SECONDS:
        # Counting a large catalogue takes as long as several pages, so it is done aside.
        _filling = (now, _filling[1])
        later(_look_at_filling)
    return _categories[1], _filling[1]


def _look_at_filling() -> None:
    global _filling
    _filling = (time.monotonic(), filling_now())


def forget_surroundings() -> None:
    """Look categories and filling up anew at the next page."""
    global _categories, _filling
    _categories, _filling = (float("-inf"), ()), (float("-inf"), None)


def _top_categories() -> list[tuple[int, str, str]]:
    """Id, name and Chinese name; the tree is walked here, because a database would for every category."""
    filled = set(Item.objects.available().order_by().values_list("category_id", flat=True).distinct())
    paths = Category.objects.filter(pk__in=filled - {None}).values_list("path", flat=True)
    tops = {path.split(Category.SEPARATOR)[0] for path in paths}
    found = Category.objects.filter(depth=0).order_by("name")
    return [row[:3] for row in found.values_list("pk", "name", "name_zh", "path") if row[3] in tops]


def filling_now() -> dict[str, int] | None:
    """``done`` and ``total`` items of the active space while it is being filled, else None."""
    known = cache.get("filling")
    if known is None:
        space = EncoderSpace.objects.active()
        done, total = spaces.items_covered(space) if space else (0, 0)
        known = {"done": done, "total": total}
        cache.set("filling", known, _FILLING_SECONDS if done < total else _FILLED_SECONDS)
    return known if 0 <= known["done"] < known["total"] else None


def _row(number: int, row: recommend.FeedRow) -> SafeString:
    """A row above the grid as HTML."""
    seed = row.seed
    values = {
        "title": escape(explain.row_title(row.title_kind, cards.title_of(seed) if seed else "")),
        "url": escape(reverse("item", args=[seed.pk])) if seed else "",
        "picture": escape(cards.thumbnail_of(seed)) if seed else "",
        "tiles": "".join(cards.render(row.cards)),
    }
    marks = slots(values)
    shown = {
        "id": f"row-{number}",
        "title": marks["title"],
        "url": marks["url"] if seed else "",
        "seed_picture": marks["picture"] if values["picture"] else "",
        "cards": (marks["tiles"],),
    }
    return frames.part(
        "recommender/row.html", values, {"row": shown}, number, bool(seed), bool(values["picture"])
    )
