"""The model in service: how well it measures, learning from corrections, going live, going back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from analytics.models import AuditEntry, Correction
from analytics.services import corrections, model_card, report, retraining, scoring
from analytics.services.audit import OF_ANALYSTS
from analytics.services.names import CHANNEL_NAMES, name_of
from analytics.services.scoring.plugs import speech_state, text_state
from analytics.web.frame import analysts_only, answer
from analytics.web.told import figure_name, told
from recommender.errors import RecommenderError
from recommender.models import Job, ModelVersion
from recommender.models.telling import translated_error
from recommender.web.jobs import pace

KIND = "sentiment"
SHOWN = 12
#: Held-out reviews below which figures before and after are called chancy: one of them is two points then.
FEW = 50
PART_NAMES: dict[str, Any] = CHANNEL_NAMES | {
    "aspects": gettext_lazy("Aspects"),
    "fusion": gettext_lazy("Together"),
}


@require_safe
@analysts_only
def model(request: HttpRequest) -> HttpResponseBase:
    """Version, figures, candidate, history; asks anew by itself while a job runs."""
    candidate = retraining.candidate()
    job = _job()
    live = job is not None and not job.is_over
    context: dict[str, Any] = {
        "serving": ModelVersion.objects.serving(KIND),
        "candidate": candidate,
        "comparison": before_after(candidate) if candidate else [],
        "few": FEW,
        "versions": ModelVersion.objects.filter(kind=KIND).order_by("-created_at")[:SHOWN],
        "job": job,
        "live": live,
        "agreement": corrections.agreement(),
        "corrections": Correction.objects.standing().count(),
        "text_state": text_state(),
        **_speech(),
        "in_service": (key := scoring.known_scorer_key() or report.model_in_service()),
        "waiting": scoring.waiting_for(key),
        **_measured(),
        "entries": [(_DEEDS[entry.action], entry) for entry in _entries()],
        **(pace(request) if live else {}),
    }
    return answer(request, "sentiment_model", "analytics/model.html", context)


#: What analysts' deeds are called.
_DEEDS: dict[str, Any] = {
    "retrain": gettext_lazy("had the model learn from corrections"),
    "candidate": gettext_lazy("has a new model to compare"),
    "put live": gettext_lazy("put a model into service"),
    "roll back": gettext_lazy("went back to the model before"),
    "correct": gettext_lazy("corrected scores"),
    "second opinion": gettext_lazy("gave a second opinion"),
    "settle": gettext_lazy("settled a disagreement"),
    "undo correction": gettext_lazy("took a correction back"),
    "view mailed": gettext_lazy("had a view mailed"),
}


def _entries() -> list[AuditEntry]:
    """The newest deeds of analysts; what operators did is told on their own page."""
    found = AuditEntry.objects.filter(action__in=OF_ANALYSTS).select_related("actor")
    return list(found[:SHOWN])


def _speech() -> dict[str, Any]:
    """The recogniser that the settings name, and what the languages are called that it understands."""
    state = speech_state()
    names = [name_of("language", code) for code in state.languages] if state else []
    return {"speech_state": state, "speech_languages": ", ".join(names)}


def _measured() -> dict[str, Any]:
    """What the parts of the scorer measured and how they are joined; or why they cannot be read."""
    figures = [
        (PART_NAMES.get(one.part, one.part), figure_name(one.name), one.value) for one in model_card.figures()
    ]
    try:
        note = told(model_card.fusion_note())
    except RecommenderError as error:
        return {"figures": figures, "broken": translated_error(error)}
    return {"figures": figures, "fusion_note": note}


def _job() -> Job | None:
    """The newest retraining."""
    return Job.objects.filter(kind=retraining.KIND).order_by("-created_at").first()


def before_after(version: ModelVersion) -> list[dict[str, Any]]:
    """Each figure before and after, as far as the version has both."""
    names = {"accuracy": _("Accuracy"), "macro_f1": _("Macro-F1"), "ece": _("Calibration error")}
    rows = []
    parts = (("", _("corrected reviews, held out")), ("general", _("general test set")))
    for part, where in parts:
        figures = version.metrics.get(part, {}) if part else version.metrics
        before, after = figures.get("before") or {}, figures.get("after") or {}
        for name, label in names.items():
            if name in before and name in after:
                worse = after[name] > before[name] if name == "ece" else after[name] < before[name]
                rows.append(
                    {
                        "label": label,
                        "where": where,
                        "before": before[name],
                        "after": after[name],
                        "worse": worse,
                    }
                )
    return rows


@require_POST
@analysts_only
def retrain(request: HttpRequest) -> HttpResponseBase:
    """Start a job that learns from the corrections; nothing goes live by itself."""
    return _done(
        request,
        lambda: retraining.start_retraining(request.user),
        _("Learning from the corrections has begun."),
    )


@require_POST
@analysts_only
def go_live(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Put a candidate into service."""
    version = get_object_or_404(ModelVersion, pk=pk, kind=KIND)
    message = _("The new model is in service. Reviews are being scored anew.")
    return _done(request, lambda: retraining.put_live(request.user, version), message)


@require_POST
@analysts_only
def roll_back(request: HttpRequest) -> HttpResponseBase:
    """Put the model before this one back into service."""
    message = _("The model before is back in service. Reviews are being scored anew.")
    return _done(request, lambda: retraining.roll_back(request.user), message)


def _done(request: HttpRequest, act: Any, message: str) -> HttpResponseBase:
    try:
        act()
    except RecommenderError as error:
        messages.error(request, translated_error(error))
    else:
        messages.success(request, message)
    return redirect("sentiment_model")
