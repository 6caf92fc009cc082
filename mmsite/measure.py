"""Counts and times every answer of the web processes."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from recommender.telemetry import counter, histogram

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
#: Addresses have names in the code, so there are as many as the code has; what has none is one.
_NO_ROUTE = "(none)"
# Named as django-prometheus names them, so that dashboards made for it fit.
ANSWERS = counter(
    "django_http_responses_total_by_status_view_method_total",
    "Answers by status, view and method.",
    status=[str(status) for status in range(100, 600)],
    view=300,
    method=_METHODS,
)
LATENCY = histogram(
    "django_http_requests_latency_seconds_by_view_method",
    "Seconds from the request's arrival to its answer, by view and method.",
    view=300,
    method=_METHODS,
)


class MeasureMiddleware:
    """Outermost, so that waiting for other requests counts as well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        view = match.view_name if match else _NO_ROUTE
        method = request.method or ""
        ANSWERS.add(1, str(response.status_code), view, method)
        LATENCY.observe(time.perf_counter() - began, view, method)
        return response
