"""Counts and times every answer of the web processes, and gives each request an id that its tasks carry."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from analytics.services.monitoring.request_events import record_request
from recommender.services.tracing import begin_trace, end_trace
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


#: Seconds from which a request is kept as a trace, whatever came of it.
SLOW_SECONDS = 1.0
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


class MeasureMiddleware:
    """Outermost, so that waiting for other requests counts as well."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        trace, token = begin_trace(_given_id(request) or os.urandom(16).hex())
        try:
            response = self.get_response(request)
        finally:
            end_trace(token)
        match = request.resolver_match
        view = match.view_name if match else _NO_ROUTE
        method = request.method or ""
        seconds = time.perf_counter() - began
        ANSWERS.add(1, str(response.status_code), view, method)
        LATENCY.observe(seconds, view, method)
        response.headers["X-Request-ID"] = trace.request_id
        if trace.sent or seconds > SLOW_SECONDS or response.status_code >= 500:
            record_request(request, trace.request_id, view, response.status_code, seconds)
        return response


def _given_id(request: HttpRequest) -> str:
    """The id under which the proxy knows the request; "" for none, one that is none, or one from anybody.

    Whoever may choose ids can pass their requests off as somebody else's, so only a proxy's word counts.
    """
    if not settings.TRUST_REQUEST_ID:
        return ""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if given and _ID.fullmatch(given) else ""
