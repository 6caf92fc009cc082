"""Who may ask what: a token or the site's own session says who is asking; guests may read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from recommender.api.errors import Refused
from recommender.services import tokens
from recommender.services.events import Actor

MANAGE_CATALOGUE = "recommender.manage_catalogue"
VIEW_JOBS = "recommender.view_jobs"
#: The cookie by which the site's pages know a guest.
VISITOR_COOKIE = "visitor"


class Token(HttpBearer):
    """``Authorization: Bearer`` with a token of ``manage.py api_token``."""

    def __init__(self, permission: str = "") -> None:
        super().__init__()
        self.permission = permission

    def authenticate(self, request: HttpRequest, token: str) -> User:
        user = tokens.user_of(token.strip())
        if user is None:
            # Not passed on to the session or to guests: who shows a token means to be known by it.
            raise Refused(
                401, "This token opens nothing.", "It may have expired or been revoked; ask for a new one."
            )
        request.user = user
        return _permitted(user, self.permission)


class Session(APIKeyCookie):
    """Somebody who has logged in to the site; what changes something needs the CSRF token as well."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, permission: str = "") -> None:
        super().__init__()
        self.permission = permission

    def _get_key(self, request: HttpRequest) -> str | None:
        # Checked in ``authenticate`` instead: who has no session is told to show a token.
        return request.COOKIES.get(self.param_name)

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        if not request.user.is_authenticated:
            return None
        # First, because looking for the CSRF token may read a whole upload.
        user = _permitted(request.user, self.permission)
        if check_csrf(request):
            raise Refused(
                403,
                "The CSRF token is missing or wrong.",
                "Send the csrftoken cookie's value as X-CSRFToken, or use a token.",
            )
        return user


def _permitted(user: Any, permission: str) -> Any:
    if permission and not user.has_perm(permission):
        raise PermissionDenied
    return user


def _guest(request: HttpRequest) -> Any:
    return request.user


Guards = list[Callable[[HttpRequest], Any]]
#: Anyone, known or not.
EVERYONE: Guards = [Token(), Session(), _guest]
#: How the interface's description says so: no credentials are one of the ways.
OPEN: dict[str, Any] = {"security": [{}]}
#: Anyone with an account.
MEMBERS: Guards = [Token(), Session()]


def holders(permission: str) -> Guards:
    """Only people who hold ``permission``."""
    return [Token(permission), Session(permission)]


def actor_of(request: HttpRequest) -> Actor:
    """Whoever is asking; a guest is the visitor whom the site's pages know by the cookie."""
    if request.user.is_authenticated:
        return Actor(user=request.user, visitor="")
    return Actor(user=None, visitor=request.get_signed_cookie(VISITOR_COOKIE, default="") or "")
