"""An item: pictures, sound, film, what is like it, what people say of it, and why it was shown."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import Avg, Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from recommender.errors import RecommenderError
from recommender.models import Category, Interaction, Item, Media, Review
from recommender.models.telling import translated_error
from recommender.services import events, recommend, reviews
from recommender.services.events import Actor
from recommender.web import cards, explain
from recommender.web.access import MANAGE_CATALOGUE, signed_in
from recommender.web.actor import actor_of, acts
from recommender.web.forms import ReviewForm
from recommender.web.mixture import mixture_of

REVIEWS_PAGE = 8
SIMILAR = 14
#: ways to compare, in the order of their chips
_TABS: dict[str, tuple[str, Any]] = {
    "all": ("sparkles", gettext_lazy("Everything")),
    "image": ("palette", gettext_lazy("Look")),
    "text": ("quote", gettext_lazy("Words")),
    "audio": ("wave-sine", gettext_lazy("Sound")),
}


def find_item(request: HttpRequest, pk: int) -> Item:
    """The item, if this person may see it: retired ones are for catalogue admins only."""
    return _allowed(request, get_object_or_404(Item.objects.for_cards(), pk=pk))


def find_item_to_act_on(request: HttpRequest, pk: int) -> Item:
    """The same in one quick query; shared with other requests, so not to be changed."""
    found = recommend.items_now([pk]).get(pk)
    if found is None:
        raise Http404
    return _allowed(request, found)


def _allowed(request: HttpRequest, found: Item) -> Item:
    if found.availability == Item.Availability.RETIRED and not request.user.has_perm(MANAGE_CATALOGUE):
        raise Http404
    return found


@require_safe
@acts
def item(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The page; a fragment's request with ``by`` gets the similar items, with ``reviews`` more reviews."""
    found = find_item(request, pk)
    if request.headers.get("HX-Request"):
        response = _fragment(request, found)
    else:
        impression = impression_id(request.GET.get("i", ""))
        response = render(request, "recommender/item.html", _page(request, found, impression))
        kind = Interaction.Kind.CLICK if impression else Interaction.Kind.VIEW
        events.record(actor_of(request), found, kind, impression=impression)
    patch_vary_headers(response, ["HX-Request", "Cookie"])
    return response


def _fragment(request: HttpRequest, found: Item) -> HttpResponse:
    if "reviews" in request.GET:
        return render(request, "recommender/review_list.html", review_context(found, request.GET["reviews"]))
    return render(request, "recommender/similar.html", {"similar": _similar(request, found)[1]})


def _page(request: HttpRequest, found: Item, impression: uuid.UUID | None) -> dict[str, Any]:
    by, similar = _similar(request, found)
    tabs = [
        {"by": name, "icon": icon, "label": label, "on": name == by} for name, (icon, label) in _TABS.items()
    ]
    return {
        "item": found,
        "trail": _trail(found.category),
        "impression": impression,
        "states": events.states(actor_of(request), [found.pk]).get(found.pk, {}),
        "stars_given": stars_given(actor_of(request), found.pk),
        "attributes": _attributes(found.attributes),
        "tabs": tabs,
        "similar": similar,
        "form": ReviewForm(),
        **_media(found),
        **review_context(found),
    }


def stars_given(actor: Actor, pk: int) -> str:
    """Somebody's latest rating of an item as the form has it; empty where there is none."""
    rated = Interaction.objects.of(actor.user, actor.visitor).filter(item_id=pk, kind=Interaction.Kind.RATING)
    value = rated.order_by("-created_at", "-pk").values_list("value", flat=True).first()
    return f"{value:.0f}" if value else ""


def _similar(request: HttpRequest, found: Item) -> tuple[str, list[Any]]:
    by = request.GET.get("by", "all")
    by = by if by in _TABS else "all"
    return by, cards.render(recommend.similar(found, by=by, limit=SIMILAR, actor=actor_of(request)))


def _trail(category: Category | None) -> list[Category]:
    if category is None:
        return []
    names = category.path.split(Category.SEPARATOR)
    paths = [Category.SEPARATOR.join(names[: depth + 1]) for depth in range(len(names))]
    return list(Category.objects.filter(path__in=paths).order_by("depth"))


#: names of attributes that catalogues have in common, so that they are read in the reader's language
_ATTRIBUTE_NAMES: dict[str, Any] = {
    "brand": gettext_lazy("Brand"),
    "colour": gettext_lazy("Colour"),
    "color": gettext_lazy("Colour"),
    "gender": gettext_lazy("Gender"),
    "genres": gettext_lazy("Genres"),
    "material": gettext_lazy("Material"),
    "pattern": gettext_lazy("Pattern"),
    "season": gettext_lazy("Season"),
    "shape": gettext_lazy("Shape"),
    "size": gettext_lazy("Size"),
    "style": gettext_lazy("Style"),
    "usage": gettext_lazy("Usage"),
    "year": gettext_lazy("Year"),
}
_IN_CHINESE = "_zh"


def _attributes(attributes: dict[str, Any]) -> list[tuple[str, str]]:
    """Attributes as text; lists joined, nested values left out.

    ``colour_zh`` is what ``colour`` is called in Chinese, and takes its place for Chinese readers.
    """
    chinese = (get_language() or "").startswith("zh")
    shown = []
    for name, value in attributes.items():
        if name.endswith(_IN_CHINESE) and name.removesuffix(_IN_CHINESE) in attributes:
            continue
        if chinese:
            value = attributes.get(name + _IN_CHINESE) or value
        if isinstance(value, list):
            value = ", ".join(str(one) for one in value)
        if value not in ("", None) and not isinstance(value, dict):
            shown.append((str(_ATTRIBUTE_NAMES.get(name.lower()) or _spoken(str(name))), str(value)))
    return shown


def _spoken(name: str) -> str:
    """``baseColour`` and ``base_colour`` as ``Base colour``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_+", " ", name).capitalize()


def _media(found: Item) -> dict[str, Any]:
    """Pictures and films for the gallery, sounds below it, and how many are still on their way."""
    media = list(found.media.all())
    ready = [one for one in media if one.state == Media.State.READY]
    for one in ready:
        describe_medium(one)
    return {
        "gallery": [one for one in ready if one.kind != Media.Kind.AUDIO],
        "sounds": [one for one in ready if one.kind == Media.Kind.AUDIO],
        "waiting_media": sum(one.state in {Media.State.PENDING, Media.State.WORKING} for one in media),
    }


def describe_medium(medium: Media) -> None:
    """Hang on a medium the addresses its templates use."""
    medium.small, medium.medium, medium.large = (medium.thumbnail(size) for size in Media.SIZES)  # type: ignore[attr-defined]
    medium.default_caption = _("Listen")  # type: ignore[attr-defined]


# -- reviews ------------------------------------------------------------------------------------------------


def review_context(found: Item, offset: str = "0") -> dict[str, Any]:
    """One page of reviews from ``offset`` on, with count and mean of all."""
    start = int(offset) if offset.isdecimal() and len(offset) < 7 else 0
    figures = found.reviews.aggregate(n=Count("pk"), mean=Avg("rating"))
    shown = list(found.reviews.for_page()[start : start + REVIEWS_PAGE])
    for one in shown:
        _describe_review(one)
    end = start + len(shown)
    return {
        "reviews": shown,
        "reviews_count": figures["n"],
        "rating_mean": figures["mean"],
        "reviews_more": f"{reverse('item', args=[found.pk])}?reviews={end}" if end < figures["n"] else "",
    }


def _describe_review(review: Review) -> None:
    profile = getattr(review.user, "profile", None)
    review.author = (profile and profile.display_name) or review.user.get_username()  # type: ignore[attr-defined]
    review.initial = review.author[:1].upper()  # type: ignore[attr-defined]
    media = list(review.media.all())
    ready = [one for one in media if one.state == Media.State.READY]
    for one in ready:
        describe_medium(one)
    review.photos = [one for one in ready if one.has_picture]  # type: ignore[attr-defined]
    review.voices = [one for one in ready if one.kind == Media.Kind.AUDIO]  # type: ignore[attr-defined]
    review.waiting = any(one.state in {Media.State.PENDING, Media.State.WORKING} for one in media)  # type: ignore[attr-defined]


@require_POST
@signed_in
def review(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A member's words, stars, photos and voice on an item."""
    found = find_item(request, pk)
    form = ReviewForm(request.POST, request.FILES)
    fragment = bool(request.headers.get("HX-Request"))
    if not form.is_valid() or not _written(request, found, form):
        context = {"item": found, "form": form, **review_context(found)}
        if fragment:
            return render(request, "recommender/reviews.html", context, status=422)
        page = _page(request, found, None) | context
        return render(request, "recommender/item.html", page, status=422)
    if fragment:
        context = {"item": found, "form": ReviewForm(), **review_context(found)}
        return render(request, "recommender/reviews.html", context)
    return redirect(f"{reverse('item', args=[pk])}#reviews")


def _written(request: HttpRequest, found: Item, form: ReviewForm) -> bool:
    """Whether the review is kept; else the form says why not, and still has the words."""
    try:
        reviews.write_review(
            request.user,
            found,
            text=form.cleaned_data["text"],
            rating=form.cleaned_data["rating"],
            photos=form.cleaned_data["photos"],
            voices=form.cleaned_data["voice"],
        )
    except RecommenderError as error:  # a file that is not what its name says, or the storage is away
        form.add_error(None, translated_error(error))
        return False
    return True


# -- why ----------------------------------------------------------------------------------------------------


@require_safe
def why(request: HttpRequest, pk: int) -> HttpResponse:
    """The parts of the sum that would rank this item for this person."""
    found = find_item(request, pk)
    actor = actor_of(request)
    kinds = recommend.profile_of(actor).kinds
    parts = recommend.why(actor, found, mixture_of(request))
    reasons = [_reason(source, seed, share, kinds) for source, seed, share in parts]
    return render(request, "recommender/why.html", {"reasons": reasons})


def _reason(source: str, seed: Any, share: float, kinds: Mapping[int, str]) -> dict[str, Any]:
    return {
        "source": source,
        "name": explain.PART_NAMES.get(source, source),
        "percent": round(100 * share),
        "sentence": explain.sentence(source, cards.title_of(seed), kinds.get(seed.pk, ""))
        if seed
        else explain.sentence(source),
        "seed_url": reverse("item", args=[seed.pk]) if seed else "",
    }


def impression_id(raw: str) -> uuid.UUID | None:
    """An impression's id from an address, or None."""
    try:
        return uuid.UUID(raw)
    except ValueError:
        return None
