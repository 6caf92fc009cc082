"""Cards as HTML. What an item says of itself is rendered once per item, version and language and kept; an
answer only fills in why the card is there and what the reader thinks of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.template.loader import get_template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from recommender.models import Media
from recommender.services.recommend import Card
from recommender.templatetags.pieces import Pieces, slots
from recommender.templatetags.site import icon, price
from recommender.web import explain

_SLOTS = ("impression", "query", "why", "liked", "saved", "hidden")
_KEPT = 20_000
_SIZE_NAMES = ("small", "medium", "large")


_kept: dict[tuple[int, Any, str], Pieces] = {}


def render(cards: Iterable[Card], *, reasons: bool = True, bars: bool = False) -> list[SafeString]:
    """The HTML of each card, in order; ``reasons`` adds why it is there, ``bars`` its score."""
    language = get_language() or ""
    return [_render(card, language, reasons, bars) for card in cards]


def _render(card: Card, language: str, reasons: bool, bars: bool) -> SafeString:
    item = card.item
    key = (item.pk, item.updated_at, language)
    pieces = _kept.get(key)
    if pieces is None:
        if len(_kept) >= _KEPT:
            _kept.clear()
        pieces = _kept[key] = Pieces(get_template("components/card.html").render(_facts(item)))
    impression = str(card.impression) if card.impression else ""
    return pieces.filled(
        {
            "impression": impression,
            "query": f"?i={impression}" if impression else "",
            "why": (_why(card, language) if reasons else "") + (_bars(card) if bars else ""),
            "liked": "true" if card.liked else "false",
            "saved": "true" if card.saved else "false",
            "hidden": "true" if card.hidden else "false",
        }
    )


def _why(card: Card, language: str) -> str:
    told = card.explanation
    if told is None:
        return ""
    seed_title = title_of(card.seed) if card.seed else ""
    return str(explain.why_line(language, told.source, seed_title, getattr(card, "seed_kind", "") or ""))


def _bars(card: Card) -> SafeString:
    """One bar per part of the score."""
    lines = (
        (explain.PART_NAMES.get(name, name), name, max(0, min(100, round(100 * part))), f"{part:.2f}")
        for name, part in card.parts.items()
    )
    bar = '<div><span>{}</span><progress class="bar-{}" max="100" value="{}"></progress><span>{}</span></div>'
    return format_html('<div class="bars">{}</div>', format_html_join("", bar, lines))


def title_of(item: Any) -> str:
    """The title in the reader's language."""
    return str(item.local_title)


def _facts(item: Any) -> dict[str, Any]:
    """What ``components/card.html`` shows of an item."""
    lead = lead_picture(item)
    sizes = (
        {name: lead.thumbnail(size) for name, size in zip(_SIZE_NAMES, Media.SIZES, strict=True)}
        if lead
        else None
    )
    media = list(item.media.all())
    return {
        "item": item,
        "title": title_of(item),
        "url": reverse("item", args=[item.pk]),
        "picture": sizes,
        "price": price(item.price, item.currency),
        "category": item.category.local_name if item.category else "",
        "has_video": any(one.kind == Media.Kind.VIDEO for one in media),
        "has_sound": any(one.kind == Media.Kind.AUDIO for one in media),
        **{f"{kind}_url": reverse("act", args=[item.pk, kind]) for kind in ("like", "save", "hide")},
        "slots": slots(_SLOTS),
        "icons": {
            "heart": icon("heart", "off"),
            "heart_on": icon("heart-filled", "on"),
            "bookmark": icon("bookmark", "off"),
            "bookmark_on": icon("bookmark-filled", "on"),
            "hide": icon("x"),
        },
    }


def lead_picture(item: Any) -> Media | None:
    """The first medium that has a picture."""
    return next((one for one in item.media.all() if one.has_picture), None)


def thumbnail_of(item: Any) -> str:
    """Address of the smallest picture of an item; empty where it has none."""
    lead = lead_picture(item)
    return lead.thumbnail(Media.SIZES[0]) if lead else ""
