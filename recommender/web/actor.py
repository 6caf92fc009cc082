"""Who is acting: a signed-in user, or a visitor known by a signed cookie set when they first act."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from recommender.services.events import Actor

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

COOKIE = "visitor"
_A_YEAR = 365 * 86_400


def visitor_of(request: HttpRequest) -> str:
    """The visitor id the browser sent, or "" where it sent none that this site signed."""
    return request.get_signed_cookie(COOKIE, default="") or ""


def actor_of(request: HttpRequest) -> Actor:
    """Whoever reads this page; an unknown visitor is nobody in particular."""
    if request.user.is_authenticated:
        return Actor(user=request.user, visitor="")
    return Actor(user=None, visitor=getattr(request, "new_visitor", "") or visitor_of(request))


def acts(view: View[P]) -> View[P]:
    """For views that write what somebody did: a guest without an id is given one, and keeps it."""

    @wraps(view)
    def remembered(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_authenticated or visitor_of(request):
            return view(request, *args, **kwargs)
        request.new_visitor = uuid.uuid4().hex  # type: ignore[attr-defined]
        response = view(request, *args, **kwargs)
        response.set_signed_cookie(
            COOKIE,
            request.new_visitor,  # type: ignore[attr-defined]
            max_age=_A_YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        return response

    return remembered
