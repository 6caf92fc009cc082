"""Is the site healthy: a light for each part, with the reason and the remedy."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from analytics.services.monitoring import lights
from analytics.web.monitoring.frame import answer, operators_only


@require_safe
@operators_only
def overview(request: HttpRequest) -> HttpResponse:
    """The lights; a fragment's request gets them alone."""
    looked = lights.look()
    rows = [{"part": one, "light": looked[one.name]} for one in lights.parts()]
    return answer(request, "monitoring", "monitoring/overview.html", {"rows": rows})
