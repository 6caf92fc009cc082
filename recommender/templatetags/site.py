"""``{% load site %}``: icons, prices, times and sizes as people read them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django import template
from django.http import QueryDict
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from recommender.models.telling import translated
from recommender.templatetags.pieces import Pieces, slots

register = template.Library()

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥", "INR": "₹", "KRW": "₩"}


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, extra: str = "") -> SafeString:
    """A drawing from the sprite, hidden from screen readers: the text beside it says what it means."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f" {extra}" if extra else "",
        static("vendor/icons.svg"),
        name,
    )


@register.simple_tag
def star_icons(stars: float | None) -> SafeString:
    """Five stars, filled to the nearest half."""
    halves = round(2 * (stars or 0))
    drawn = []
    for place in range(1, 6):
        if halves >= 2 * place:
            drawn.append(icon("star-filled"))
        elif halves == 2 * place - 1:
            drawn.append(icon("star-half-filled"))
        else:
            drawn.append(icon("star-filled", "none"))
    return mark_safe("".join(drawn))  # noqa: S308 (icons are safe)


@register.filter
def told(sentence: str) -> str:
    """What ``recommender.said`` made, in the reader's language; as it stands it is English."""
    return translated(sentence)


@register.filter
def price(value: Decimal | float | str | None, currency: str = "") -> str:
    """``39.90`` and ``CNY`` as ``¥39.90``; whole amounts without decimals; empty for no price."""
    if value is None or value == "":
        return ""
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return ""
    digits = number_format(
        amount, decimal_pos=0 if amount == amount.to_integral() else 2, force_grouping=True
    )
    symbol = SYMBOLS.get(currency or "", "")
    return f"{symbol}{digits}" if symbol else f"{digits} {currency}".strip()


@register.filter
def ago(moment: datetime | None) -> str:
    """``just now``, ``5 minutes ago``, ``yesterday``'s kind of nearness; a date after two weeks."""
    if moment is None:
        return ""
    seconds = (timezone.now() - moment).total_seconds()
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if seconds < 60:
        return _("just now")
    if hours < 1:
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
    if days < 1:
        return ngettext("%(n)d hour ago", "%(n)d hours ago", hours) % {"n": hours}
    if days < 14:
        return ngettext("%(n)d day ago", "%(n)d days ago", days) % {"n": days}
    return date_format(timezone.localtime(moment), "DATE_FORMAT")


@register.filter
def clock(seconds: float | None) -> str:
    """A length of time as on a player, ``1:05``; hours when there are any."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    if hours:
        return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{rest // 60}:{rest % 60:02d}"


@register.filter
def per_second(rate: float | None) -> str:
    """A rate with as many digits as it deserves."""
    if not rate:
        return ""
    digits = 1 if rate < 10 else 0
    return number_format(round(rate, digits), decimal_pos=digits, force_grouping=True)


@register.filter
def lookup(mapping: Any, key: Any) -> Any:
    """``mapping[key]``, or None."""
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.filter
def percent(share: float | None) -> int:
    """A share in [0, 1] as a whole percentage in [0, 100]."""
    return max(0, min(100, round(100 * (share or 0))))


#: Parts of the frame by everything they depend on.
_frames: dict[tuple[Any, ...], Pieces] = {}
_FRAMES_MAX = 2_000


@register.simple_tag(takes_context=True)
def kept(context: Context, template_name: str, *depends_on: Any) -> SafeString:
    """A part of the page that is rendered once per language, reader's offers, section and ``depends_on``.

    Its template may use ``slots.path`` and ``slots.quoted`` (the address of the page, escaped and quoted for
    use in another address) and ``csrf_token``, which are filled in on each request.
    """
    key = (template_name, get_language(), context.get("chrome"), context.get("section"), *depends_on)
    pieces = _frames.get(key)
    if pieces is None:
        if len(_frames) >= _FRAMES_MAX:
            _frames.clear()
        names = slots(("csrf", "path", "quoted"))
        with context.push(slots=names, csrf_token=names["csrf"]):
            pieces = _frames[key] = Pieces(
                context.template.engine.get_template(template_name).render(context)
            )
    outer = context.get("slots")
    if outer is not None and "csrf" in outer:  # inside of something that is itself kept and filled later
        return pieces.filled(outer)
    if not pieces.has_slots:
        return pieces.filled({})
    address = context["request"].get_full_path()
    return pieces.filled(
        {"csrf": str(context["csrf_token"]), "path": escape(address), "quoted": quote(address, safe="/")}
    )


@register.simple_tag
def with_query(query: QueryDict, **changes: Any) -> str:
    """The query string with some values replaced; None or an empty value removes the name."""
    changed = query.copy()
    for name, value in changes.items():
        if value in (None, ""):
            changed.pop(name, None)
        else:
            changed[name] = str(value)
    return changed.urlencode()
