"""Is what comes in now like what came before: a verdict for each subject, and the items behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from analytics.models import DriftReport
from analytics.services.audit import note
from analytics.services.drift.gauges import CONFIDENCE, SUBJECTS
from analytics.services.drift.look import TASK
from analytics.services.drift.subjects import (
    DRIFTED_AUC,
    DRIFTED_CONFIDENCE,
    DRIFTED_DISTANCE,
    REST,
    SHIFTING_AUC,
    SHIFTING_CONFIDENCE,
    SHIFTING_DISTANCE,
    UNSURE,
)
from analytics.services.names import LABEL_NAMES, name_of
from analytics.web.monitoring.frame import answer, operators_only
from analytics.web.monitoring.tiles import scored_tiles
from recommender.contracts import MODALITIES
from recommender.models import Category
from recommender.services.calls import call_task

Verdict = DriftReport.Verdict
#: icon and name
NAMES: dict[str, tuple[str, Any]] = {
    "image": ("palette", gettext_lazy("Look of pictures")),
    "text": ("quote", gettext_lazy("Words of items")),
    "audio": ("wave-sine", gettext_lazy("Sound of items")),
    "language": ("language", gettext_lazy("Languages")),
    "category": ("category", gettext_lazy("Categories")),
    "sentiment": ("mood-smile", gettext_lazy("Sentiment of reviews")),
    "rating": ("star", gettext_lazy("Ratings")),
    CONFIDENCE: ("gauge", gettext_lazy("How sure the sentiment model is")),
}
SENTENCES: dict[str, Any] = {
    Verdict.STEADY: gettext_lazy("What came lately is like what came before."),
    Verdict.SHIFTING: gettext_lazy("What came lately begins to differ from what came before."),
    Verdict.DRIFTED: gettext_lazy("What came lately is clearly unlike what came before."),
    Verdict.UNKNOWN: gettext_lazy("There is too little yet: each side needs at least 50."),
}
_TONES = {Verdict.STEADY: "good", Verdict.SHIFTING: "warn", Verdict.DRIFTED: "bad", Verdict.UNKNOWN: ""}
_WORST = (Verdict.DRIFTED, Verdict.SHIFTING, Verdict.STEADY, Verdict.UNKNOWN)
_HISTORY, _ROWS, _SHOWN = 100, 12, 12


@dataclass(frozen=True, slots=True)
class Line:
    """A small history: points of a polyline in a box of 300 by 48, and where the two thresholds lie."""

    points: str
    last: tuple[float, float]
    shifting: float
    drifted: float
    low: str
    high: str


@require_safe
@operators_only
def drift(request: HttpRequest) -> HttpResponseBase:
    """Every subject as it was looked at last, the worst first."""
    newest = {report.subject: report for report in DriftReport.objects.newest()}
    shown = [_shown(newest[name]) for name in SUBJECTS if name in newest]
    shown.sort(key=lambda one: _WORST.index(one["report"].verdict))
    looked = max((report.created_at for report in newest.values()), default=None)
    context = {"subjects": shown, "looked": looked}
    return answer(
        request, "monitoring_drift", "monitoring/drift.html", context, styles=("css/monitoring-data.css",)
    )


@require_POST
@operators_only
def look_now(request: HttpRequest) -> HttpResponse:
    """Ask the workers to look at once."""
    note(request.user, "look for drift")
    call_task(TASK, True)
    messages.success(request, _("A worker is looking; the page has the result in some seconds."))
    return redirect("monitoring_drift")


def _shown(report: DriftReport) -> dict[str, Any]:
    name = report.subject
    icon, title = NAMES[name]
    tiles = scored_tiles(report.items)
    return {
        "report": report,
        "icon": icon,
        "title": title,
        "tone": _TONES[Verdict(report.verdict)],
        "sentence": SENTENCES[Verdict(report.verdict)],
        "is_vectors": name in MODALITIES,
        "is_shares": "shares" in report.figures,
        # The items of a changed mix are mostly those of the vectors above: folded.
        "is_open": name in MODALITIES and report.verdict in {Verdict.DRIFTED, Verdict.SHIFTING},
        "figures": report.figures,
        "shares": _shares(name, report.figures.get("shares", [])),
        "more_shares": max(0, len(report.figures.get("shares", [])) - _ROWS),
        "days": list(reversed(report.figures.get("days", [])))[:_ROWS],
        "line": _line(report),
        "tiles": tiles[:_SHOWN],
        "more_tiles": tiles[_SHOWN:],
    }


# -- shares --------------------------------------------------------------------------------------------


def _shares(subject: str, shares: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """The values whose shares differ most, in words."""
    rows = sorted(shares, key=lambda row: -abs(row[1] - row[2]))[:_ROWS]
    names = _value_names(subject, [str(row[0]) for row in rows])
    return [
        {"name": names[str(value)], "now": now, "before": before, "change": 100 * (now - before)}
        for value, now, before in rows
    ]


def _value_names(subject: str, values: Iterable[str]) -> dict[str, str]:
    known = {"": _("none"), REST: _("all others"), UNSURE: _("not sure")}
    wanted = [value for value in values if value not in known]
    if subject == "category":
        known |= {one.path: one.local_name for one in Category.objects.filter(path__in=wanted)}
    elif subject == "language":
        known |= {value: name_of("language", value) for value in wanted}
    elif subject == "sentiment":
        known |= {value: str(LABEL_NAMES.get(value, value)) for value in wanted}
    elif subject == "rating":
        known |= {value: "★" * int(value) for value in wanted if value.isdecimal()}
    return {value: known.get(value, value) for value in values}


# -- the small history ---------------------------------------------------------------------------------


def _line(report: DriftReport) -> Line | None:
    """The last findings of the subject; None where there are fewer than two."""
    name = "auc" if report.subject in MODALITIES else "distance"
    rows = DriftReport.objects.filter(subject=report.subject).values_list("created_at", "figures")[:_HISTORY]
    found = [(moment, figures[name]) for moment, figures in reversed(rows) if name in figures]
    if len(found) < 2:
        return None
    bottom, shifting, drifted, top = _scale(report.subject)
    top = max(top, *(value for _moment, value in found))
    start, end = found[0][0], found[-1][0]
    whole = max((end - start).total_seconds(), 1.0)

    def height(value: float) -> float:
        return round(46 - 44 * (min(max(value, bottom), top) - bottom) / (top - bottom), 1)

    places = [
        (round(4 + 292 * (moment - start).total_seconds() / whole, 1), height(value))
        for moment, value in found
    ]
    values = [value for _moment, value in found]
    return Line(
        " ".join(f"{x},{y}" for x, y in places),
        places[-1],
        height(shifting),
        height(drifted),
        f"{min(values):.2f}",
        f"{max(values):.2f}",
    )


def _scale(subject: str) -> tuple[float, float, float, float]:
    """Bottom, the two thresholds, and top of the drawing."""
    if subject in MODALITIES:
        return 0.4, SHIFTING_AUC, DRIFTED_AUC, 1.0
    if subject == CONFIDENCE:
        return 0.0, SHIFTING_CONFIDENCE, DRIFTED_CONFIDENCE, 0.2
    return 0.0, SHIFTING_DISTANCE, DRIFTED_DISTANCE, 0.6
