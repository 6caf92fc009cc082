"""What the frame of every page shows: theme, name, and the sections open to this person. No queries of its
own but for a role looked up at most every half minute."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from recommender.models import Profile
from recommender.web.access import MANAGE_CATALOGUE, OPERATE, VIEW_ANALYTICS, VIEW_JOBS

THEME_COOKIE = "theme"
NAME_KEY = "name_shown"
_THEMES = frozenset(Profile.Theme.values)
_SECONDS = 30.0
#: account to (time, may manage, may see jobs, may read reports, may operate); only what is offered
#: depends on it, never what is allowed
_offers: dict[tuple[int, datetime], tuple[float, *tuple[bool, ...]]] = {}


@dataclass(frozen=True, slots=True)
class Chrome:
    theme: str
    signed_in: bool = False
    staff: bool = False
    name: str = ""
    initial: str = ""
    manages: bool = False
    jobs: bool = False
    reports: bool = False
    operates: bool = False


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``chrome`` for templates/base.html."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    if theme not in _THEMES:
        theme = Profile.Theme.AUTO.value
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"chrome": Chrome(theme)}
    name = request.session.get(NAME_KEY) or user.get_username()
    return {"chrome": Chrome(theme, True, user.is_staff, name, name[:1].upper(), *_sections(user))}


def _sections(user: Any) -> tuple[bool, ...]:
    now = time.monotonic()
    account = (user.pk, user.date_joined)
    known = _offers.get(account)
    if known and now - known[0] < _SECONDS:
        return known[1:]
    if len(_offers) > 10_000:
        _offers.clear()
    offer = tuple(user.has_perm(one) for one in (MANAGE_CATALOGUE, VIEW_JOBS, VIEW_ANALYTICS, OPERATE))
    _offers[account] = (now, *offer)
    return offer
