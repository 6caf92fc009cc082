"""Templates rendered once for everybody they are the same for, with slots for what differs.

A page of the feed is mostly the same for all its readers. It is rendered with marks in the places of what is
not; after that a request is one join.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import get_template, render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from recommender.templatetags.pieces import Pieces, slots
from recommender.web.context import chrome

_MOST = 2_000
_kept: dict[tuple[Any, ...], Pieces] = {}


def part(template: str, values: Mapping[str, str], context: dict[str, Any], *depends_on: Any) -> SafeString:
    """A piece of a page without anything of the request.

    Args:
        values: HTML by the name of its slot; the template sees it under that name.
        context: what else the template uses, all of it decided by ``depends_on``.
        depends_on: everything but the language that the kept HTML depends on.
    """
    key = (template, get_language(), *depends_on)
    pieces = _kept.get(key)
    if pieces is None:
        marks = slots(values)
        pieces = _keep(key, render_to_string(template, context | marks | {"slots": marks}))
    return pieces.filled(values)


def page(
    request: HttpRequest,
    template: str,
    values: Mapping[str, str | bytes],
    context: dict[str, Any],
    *depends_on: Any,
) -> HttpResponse:
    """A whole page that extends the frame of the site; arguments as for ``part``.

    Kept by role, theme and language besides; the reader's name, the address and the token of forms are slots.
    A value that is used again and again may be given as UTF-8, which saves encoding it every time.
    A page that has a message to tell is rendered as any other.
    """
    if len(get_messages(request)):
        return render(request, template, context | {name: text(value) for name, value in values.items()})
    own = chrome(request)["chrome"]
    frame = replace(own, name="", initial="")
    address = request.get_full_path()
    filled = {
        **values,
        "csrf": get_token(request),
        "path": escape(address),
        "quoted": quote(address, safe="/"),
        "name": escape(own.name),
        "initial": escape(own.initial),
    }
    key = (template, get_language(), frame, *depends_on)
    pieces = _kept.get(key)
    if pieces is None:
        marks = slots(filled)
        whole = context | {name: marks[name] for name in values}
        whole |= {"slots": marks, "csrf_token": marks["csrf"]}
        whole["chrome"] = replace(own, name=marks["name"], initial=marks["initial"])
        pieces = _keep(key, get_template(template).render(whole, request))
    return HttpResponse(pieces.encoded(filled))


def text(value: str | bytes) -> str:
    return mark_safe(value.decode()) if isinstance(value, bytes) else value  # noqa: S308 (HTML, see ``page``)


def _keep(key: tuple[Any, ...], html: str) -> Pieces:
    if len(_kept) >= _MOST:
        _kept.clear()
    pieces = _kept[key] = Pieces(html)
    return pieces
