"""What a load balancer or a watchdog asks: is this process alive, and can the site serve."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from analytics.services.monitoring.readiness import OK, readiness


@require_GET
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """This process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@require_GET
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every part is ``ok``, else 503 with the reason of each part that is not."""
    parts = readiness()
    ready = all(told == OK for told in parts.values())
    body = {"status": "ok" if ready else "not ready", "parts": parts}
    return JsonResponse(body, status=200 if ready else 503)
