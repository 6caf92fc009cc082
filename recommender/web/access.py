"""Who may open a page: the guest is asked to log in, the wrong role is refused."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

MANAGE_CATALOGUE = "recommender.manage_catalogue"
VIEW_JOBS = "recommender.view_jobs"
VIEW_ANALYTICS = "recommender.view_analytics"
OPERATE = "recommender.operate"


def signed_in(view: View[P]) -> View[P]:
    """Only for people with an account; others are sent to the log-in page and back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return view(request, *args, **kwargs) if request.user.is_authenticated else ask_to_log_in(request)

    return guarded


def needs(permission: str) -> Callable[[View[P]], View[P]]:
    """Only for holders of ``permission``: guests are sent to the log-in page, others get 403."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return ask_to_log_in(request)
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def ask_to_log_in(request: HttpRequest) -> HttpResponse:
    """A redirect to the log-in page; a fragment's request makes the whole page go there."""
    came_from = request.get_full_path() if request.method == "GET" else request.headers.get("Referer", "/")
    answer = redirect_to_login(came_from)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": answer.url})
    return answer
