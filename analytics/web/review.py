"""One review: what each channel says, where it says so, and what analysts say of it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from analytics.contracts import CHANNELS, LABELS
from analytics.models import Correction, SentimentScore
from analytics.services import corrections, opinions, regions
from analytics.services.names import CHANNEL_NAMES, LABEL_NAMES
from analytics.services.report import Filters
from analytics.web import evidence
from analytics.web.cards import author_of, bars, channel_name, reasons_of
from analytics.web.frame import address, analysts_only, answer
from analytics.web.told import missing, told
from recommender.errors import RecommenderError
from recommender.models.telling import translated_error
from recommender.web.back import asked_back
from recommender.web.jobs import pace

#: reasons at hand; any other can be written
REASONS: tuple[Any, ...] = (
    gettext_lazy("irony"),
    gettext_lazy("mixed feelings"),
    gettext_lazy("about something else"),
    gettext_lazy("the tone of voice says otherwise"),
    gettext_lazy("the picture says otherwise"),
)
MOST_AT_ONCE = 200
#: So often, within two minutes, a page asks by itself for the parts of photos that weigh.
MOST_LOOKS = 30


@require_safe
@analysts_only
def review(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A review with its evidence, the form that corrects it, and its trail.

    To whom was asked for a second opinion, nothing is shown of what others said until it is given.
    """
    found = SentimentScore.objects.select_related("item__category").for_list()
    score = get_object_or_404(found.of_review(pk))
    details = score.details
    awaits = bool(opinions.awaiting(request.user, [pk]))
    context = {
        "score": score,
        "review": score.review,
        "author": author_of(score.review),
        "label": str(LABEL_NAMES.get(score.label, "")),
        "model_label": str(LABEL_NAMES.get(score.model_label, "")),
        "pieces": evidence.pieces(score.review.text, details.get("words", [])),
        "words": details.get("words", []),
        **_shown(request, score),
        "voices": evidence.voices(score.review, details),
        "bars": bars(score),
        "channels": _channels(score),
        "missing": [(CHANNEL_NAMES.get(name, name), why) for name, why in missing(details).items()],
        "abstained_because": told(score.reason),
        "opinions": evidence.opinions(score),
        "contradictions": reasons_of(score),
        "awaits": awaits,
        "trail": [] if awaits else corrections.trail(score.review),
        "item_url": address("sentiment", Filters.latest(item=score.item_id)),
        **form_context(reverse("sentiment_review", args=[pk])),
    }
    return answer(request, "sentiment_reviews", "analytics/review.html", context)


@require_safe
@analysts_only
def review_regions(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The photos of a review once it is known what weighs in them; until then the line that asks again."""
    found = SentimentScore.objects.select_related("review").prefetch_related("review__media")
    score = get_object_or_404(found.of_review(pk))
    context = _shown(request, score)
    if context["looking"]:
        return render(request, "analytics/looking.html", context)
    response = render(request, "analytics/photos.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#photos", "innerHTML"
    return response


def _shown(request: HttpRequest, score: SentimentScore) -> dict[str, Any]:
    """The photos; and while the parts that weigh are awaited, when and where to ask for them again."""
    looking: dict[str, Any] = {}
    if regions.ask_for_regions(score):
        again = pace(request)
        url = reverse("sentiment_regions", args=[score.review_id])
        looking = {
            "url": f"{url}?beat={again['beat']}" if again["beat"] <= MOST_LOOKS else "",
            "wait": again["wait"],
            "again_url": reverse("sentiment_review", args=[score.review_id]),
            "problem": regions.problem_of(score),
        }
    return {
        "photos": evidence.photos(score.review, score.details),
        "looked_at": "regions" in score.details,
        "looking": looking,
    }


def form_context(back: str) -> dict[str, Any]:
    """What the form that corrects needs."""
    return {"labels": [(label, LABEL_NAMES[label]) for label in LABELS], "reasons": REASONS, "next": back}


def _channels(score: SentimentScore) -> list[dict[str, Any]]:
    """What each channel thinks likely, in the order of LABELS."""
    known = score.details.get("channels", {})
    names = [name for name in CHANNELS if name in known]
    return [{"name": channel_name(score, name), "probabilities": known[name]} for name in names]


# -- what analysts say --------------------------------------------------------------------------------------


@require_POST
@analysts_only
def correct(request: HttpRequest) -> HttpResponseBase:
    """Label one review or many (``review``, given once for each), with a reason; then back to ``next``."""
    keys = [int(raw) for raw in request.POST.getlist("review") if raw.isdecimal() and len(raw) < 16]
    label = request.POST.get("label", "")
    if not keys or label not in LABELS:
        return _said(request, _("Choose at least one review and what it means."), error=True)
    reason = request.POST.get("reason", "").strip()[:300]
    act = _seconded if request.POST.get("second_opinion") else _corrected
    try:
        message = act(request, keys[:MOST_AT_ONCE], label, reason)
    except RecommenderError as error:
        return _said(request, translated_error(error), error=True)
    return _said(request, message, undo=_last(request, keys) if len(keys) == 1 else None)


def _corrected(request: HttpRequest, keys: list[int], label: str, reason: str) -> str:
    return _counts(corrections.correct(request.user, keys, label, reason), label)


def _seconded(request: HttpRequest, keys: list[int], label: str, reason: str) -> str:
    """Second opinions; where the first label was taken back in the meantime, this one counts."""
    given = corrections.give_opinion(request.user, keys, label, reason)
    told = [_compared(one) for one in given]
    if len(given) < len(keys):
        told.append(_counts(len(keys) - len(given), label))
    return " ".join(told)


def _counts(done: int, label: str) -> str:
    name = str(LABEL_NAMES[label]).lower()
    return ngettext("{n} review is {label} now.", "{n} reviews are {label} now.", done).format(
        n=done, label=name
    )


def _compared(opinion: corrections.Opinion) -> str:
    other = opinion.other or _("a colleague")
    if opinion.agrees:
        return _("Your second opinion is kept; {other} and you agree.").format(other=other)
    return _("Your second opinion is kept; {other} and you disagree.").format(other=other)


@require_POST
@analysts_only
def undo(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take back a correction."""
    correction = get_object_or_404(Correction, pk=pk)
    try:
        corrections.undo(request.user, correction.pk)
    except RecommenderError as error:
        return _said(request, translated_error(error), error=True)
    return _said(request, _("Taken back."))


def _last(request: HttpRequest, keys: list[int]) -> int | None:
    mine = Correction.objects.standing().filter(analyst=request.user.pk, review__in=keys)
    return mine.values_list("pk", flat=True).first()


def _said(
    request: HttpRequest, message: str, *, error: bool = False, undo: int | None = None
) -> HttpResponse:
    """A fragment's request hears it as an event and asks for its list anew; a form goes back to its page."""
    if request.headers.get("HX-Request"):
        detail = {
            "message": message,
            "error": error,
            "undo": reverse("sentiment_undo", args=[undo]) if undo else "",
        }
        response = HttpResponse(status=204)
        response["HX-Trigger"] = json.dumps({"corrected": detail})
        return response
    (messages.error if error else messages.success)(request, message)
    return redirect(asked_back(request, reverse("sentiment_queue")))
