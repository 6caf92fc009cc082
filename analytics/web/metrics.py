"""``/metrics``: for a program that holds the token, and for operators."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from analytics.services.monitoring.prometheus import exposition
from recommender.web.access import OPERATE


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The site's metrics in Prometheus text format; 403 for whoever may not see them."""
    if not (_has_token(request) or request.user.has_perm(OPERATE)):
        return HttpResponseForbidden(
            "Send the METRICS_TOKEN of the settings as a bearer token, or log in as an operator.\n",
            content_type="text/plain",
        )
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    """Whether the request carries the token; without one in the settings no token fits."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    expected = settings.METRICS_TOKEN
    return bool(expected) and scheme.lower() == "bearer" and constant_time_compare(given.strip(), expected)
