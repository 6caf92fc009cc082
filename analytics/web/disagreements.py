"""Reviews on which two analysts disagree, and the form that settles what counts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from analytics.contracts import LABELS
from analytics.models import SentimentScore
from analytics.models.scores import LAST_KEY
from analytics.services import corrections, opinions
from analytics.services.names import LABEL_NAMES
from analytics.web.cards import describe
from analytics.web.frame import analysts_only, answer
from analytics.web.review import form_context
from recommender.errors import RecommenderError
from recommender.models.telling import translated_error

#: Shown at once; what is settled makes room for others.
LENGTH = 30


@require_safe
@analysts_only
def disagreements(request: HttpRequest) -> HttpResponseBase:
    """The newest disagreements, with what each analyst says."""
    found = opinions.disagreements(request.user)
    shown = found[:LENGTH]
    said = opinions.labels_of(shown)
    rows = [_described(score, said.get(score.review_id, [])) for score in opinions.scores_of(shown)]
    context: dict[str, Any] = {
        "rows": rows,
        "total": len(found),
        "shown": len(rows),
        **form_context(reverse("sentiment_disagreements")),
    }
    return answer(request, "sentiment_queue", "analytics/disagreements.html", context)


def _described(score: SentimentScore, said: list[Any]) -> dict[str, Any]:
    return describe(score) | {"said": said}


@require_POST
@analysts_only
def settle(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Say which label counts, and why; then back to the list."""
    label, reason = request.POST.get("label", ""), request.POST.get("reason", "")
    if label not in LABELS or pk > LAST_KEY:
        messages.error(request, _("Choose what it means."))
        return redirect("sentiment_disagreements")
    try:
        corrections.settle(request.user, pk, label, reason)
    except RecommenderError as error:
        messages.error(request, translated_error(error))
    else:
        told = _("Settled: the review is {label}.").format(label=str(LABEL_NAMES[label]).lower())
        messages.success(request, told)
    return redirect("sentiment_disagreements")
