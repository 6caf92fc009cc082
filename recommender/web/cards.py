"""Cards as HTML. The template is rendered once for each kind of card. An item's own words are filled in once
per version and language; an answer fills in why the card is there and what the reader thinks of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.template.loader import get_template
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import get_language

from recommender.models import Media
from recommender.services.recommend import Card
from recommender.templatetags.pieces import Pieces, slots
from recommender.templatetags.site import icon, price
from recommender.web import explain

#: what an answer says of a card
_SLOTS = ("impression", "query", "why", "liked", "saved", "hidden")
#: what an item says of itself, but for whether it has a picture, a price, ...
_FACTS = ("pk", "title", "blank", "small", "medium", "large", "price", "category")
_KEPT = 20_000

#: by item, version and language: the item's own words filled in
_kept: dict[tuple[int, Any, str], Pieces] = {}
#: by language and what there is to show: nothing filled in
_blanks: dict[tuple[Any, ...], Pieces] = {}


def render(cards: Iterable[Card], *, reasons: bool = True, bars: bool = False) -> list[SafeString]:
    """The HTML of each card, in order; ``reasons`` adds why it is there, ``bars`` its score."""
    language = get_language() or ""
    said: dict[tuple[str, int], str] = {}  # many cards of a page have the same reason
    rendered = []
    for card in cards:
        why = _why(card, language, said) if reasons else ""
        rendered.append(_filled(card, language, why + _bars(card) if bars else why))
    return rendered


def _filled(card: Card, language: str, why: str) -> SafeString:
    item = card.item
    key = (item.pk, item.updated_at, language)
    pieces = _kept.get(key)
    if pieces is None:
        if len(_kept) >= _KEPT:
            _kept.clear()
        pieces = _kept[key] = Pieces(_own_words(item, language))
    impression = str(card.impression) if card.impression else ""
    return pieces.filled(
        {
            "impression": impression,
            "query": f"?i={impression}" if impression else "",
            "why": why,
            "liked": "true" if card.liked else "false",
            "saved": "true" if card.saved else "false",
            "hidden": "true" if card.hidden else "false",
        }
    )


def _why(card: Card, language: str, said: dict[tuple[str, int], str]) -> str:
    told = card.explanation
    if told is None:
        return ""
    key = (told.source, card.seed.pk if card.seed else 0)
    if key not in said:
        seed_title = title_of(card.seed) if card.seed else ""
        said[key] = str(explain.why_line(language, told.source, seed_title, card.seed_kind))
    return said[key]


def _bars(card: Card) -> SafeString:
    """One bar per part of the score."""
    lines = (
        (explain.PART_NAMES.get(name, name), name, max(0, min(100, round(100 * part))), f"{part:.2f}")
        for name, part in card.parts.items()
    )
    bar = '<div><span>{}</span><progress class="bar-{}" max="100" value="{}"></progress><span>{}</span></div>'
    return format_html('<div class="bars">{}</div>', format_html_join("", bar, lines))


def title_of(item: Any) -> str:
    """The title in the reader's language; without the character that marks slots."""
    return str(item.local_title).replace("\x00", "")


def _own_words(item: Any, language: str) -> str:
    """The card of an item, with slots for what an answer says of it."""
    media = list(item.media.all())
    lead = lead_picture(item)
    title = escape(title_of(item))
    values = {
        "pk": str(item.pk),
        "title": title,
        "blank": escape(Truncator(title_of(item)).chars(60)) if lead is None else "",
        "price": escape(price(item.price, item.currency)),
        "category": escape(item.category.local_name.replace("\x00", "")) if item.category else "",
        **(_addresses(lead) if lead else {}),
        **slots(_SLOTS),
    }
    has_video = any(one.kind == Media.Kind.VIDEO for one in media)
    has_sound = any(one.kind == Media.Kind.AUDIO for one in media)
    shows = (lead is not None, bool(values["price"]), bool(values["category"]), has_video, has_sound)
    blank = _blanks.get((language, *shows))
    if blank is None:
        blank = _blanks[(language, *shows)] = Pieces(_blank(*shows))
    return blank.filled(values)


def _blank(has_picture: bool, has_price: bool, has_category: bool, has_video: bool, has_sound: bool) -> str:
    """The template of a card with nothing but slots."""
    marks = slots((*_FACTS, *_SLOTS))
    return get_template("components/card.html").render(
        {
            "slots": marks,
            **{name: marks[name] for name in ("pk", "title", "blank")},
            "url": _address(marks["pk"], "item"),
            "picture": marks if has_picture else None,
            "price": marks["price"] if has_price else "",
            "category": marks["category"] if has_category else "",
            "has_video": has_video,
            "has_sound": has_sound,
            **{f"{kind}_url": _address(marks["pk"], "act", kind) for kind in ("like", "save", "hide")},
            "icons": {
                "heart": icon("heart", "off"),
                "heart_on": icon("heart-filled", "on"),
                "bookmark": icon("bookmark", "off"),
                "bookmark_on": icon("bookmark-filled", "on"),
                "hide": icon("x"),
            },
        }
    )


def _address(mark: str, name: str, *arguments: str) -> SafeString:
    """The address of a view about an item, with ``mark`` in the place of the item's number."""
    return SafeString(reverse(name, args=[0, *arguments]).replace("/0/", f"/{mark}/", 1))


def _addresses(medium: Media) -> dict[str, str]:
    """Addresses of a picture's renditions, as HTML, by their slots."""
    names = zip(("small", "medium", "large"), Media.SIZES, strict=True)
    return {name: escape(medium.thumbnail(size)) for name, size in names}


def lead_picture(item: Any) -> Media | None:
    """The first medium that has a picture."""
    return next((one for one in item.media.all() if one.has_picture), None)


def thumbnail_of(item: Any) -> str:
    """Address of the smallest picture of an item; empty where it has none."""
    lead = lead_picture(item)
    return lead.thumbnail(Media.SIZES[0]) if lead else ""
