"""Addresses of this part of the site."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.cache import patch_cache_control, patch_vary_headers

from recommender.api.errors import problem
from recommender.api.v1 import api

View = Callable[..., HttpResponseBase]


def _mannered(view: View) -> View:
    """What all answers share: nobody else's cache keeps them, and a wrong method is told in JSON as well."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            # PostgreSQL refuses the character wherever it is looked for.
            return problem(400, "The address holds a NUL character.", "Leave it out.")
        response = view(request, *args, **kwargs)
        if response.status_code == 405:
            allowed = response.headers["Allow"]
            response = problem(405, f"{request.method} is not possible here.", f"Use {allowed}.")
            response["Allow"] = allowed
        patch_vary_headers(response, ["Authorization", "Cookie"])
        patch_cache_control(response, private=True, no_cache=True)
        return response

    return answer


def _patterns() -> tuple[list[URLPattern], str, str]:
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        pattern.callback = _mannered(pattern.callback)
    return patterns, app_name, namespace


urlpatterns = [path("v1/", _patterns())]
