"""What to label next: where the model is least sure and the channels contradict each other most."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from analytics.models import Correction
from analytics.services import corrections, opinions
from analytics.web.cards import describe
from analytics.web.frame import analysts_only, answer
from analytics.web.review import form_context

LENGTH = 20


@require_safe
@analysts_only
def queue(request: HttpRequest) -> HttpResponseBase:
    """The next reviews to label, some of them second opinions on another analyst's label."""
    scores = list(corrections.queue(LENGTH, analyst=request.user))
    mine = Correction.objects.standing().filter(analyst=request.user.pk)
    context: dict[str, Any] = {
        "keyboard": True,
        "rows": [describe(score) for score in scores],
        "agreement": corrections.agreement(),
        "disagreements": len(opinions.disagreements(request.user)),
        "done": mine.count(),
        "recent": list(mine.select_related("review__sentiment")[:5]),
        **form_context(reverse("sentiment_queue")),
    }
    return answer(request, "sentiment_queue", "analytics/queue.html", context)
