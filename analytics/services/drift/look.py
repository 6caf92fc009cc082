"""Looks whether anything has drifted, and keeps what it found for 90 days."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from analytics.models import DriftReport, SentimentScore
from analytics.services.drift.gauges import AUC, DISTANCE
from analytics.services.drift.subjects import Judged, Subject, Verdict, subjects
from analytics.services.drift.window import Window, newest
from recommender.contracts import MODALITIES
from recommender.models import Embedding, ImportBatch, Item, Review
from recommender.services.redis_link import shared_redis

log = logging.getLogger(__name__)

TASK = "analytics.tasks.look_for_drift"
KEPT = timedelta(days=90)
#: While nothing new comes, the same finding is noted once in this time.
REPEATED = timedelta(hours=1)
#: Of reports that agree, one is kept in so much time, and the newest.
THINNED = timedelta(minutes=10)
#: However much is still coming in, it is looked at after this long.
LONGEST = timedelta(minutes=10)
_STATE, _STATE_SECONDS = "mmsite:drift", 7 * 86_400


def look_if_due(now: datetime | None = None) -> list[DriftReport]:
    """Look where something came and nothing has come since the last beat: an upload is judged whole.

    Asked every few seconds; four small queries where nothing is to be done.
    """
    moment = now or timezone.now()
    state, known = _state(), json.loads(shared_redis().get(_STATE) or b"{}")
    looked = datetime.fromisoformat(known["looked"]) if "looked" in known else None
    waited = looked is None or moment - looked >= LONGEST
    settled = state == known.get("seen") and state != known.get("judged")
    if not (settled or waited):
        _remember({**known, "seen": state})
        return []
    found = look_for_drift(moment)
    _remember({"seen": state, "judged": state, "looked": moment.isoformat()})
    return found


def _remember(state: dict[str, Any]) -> None:
    shared_redis().set(_STATE, json.dumps(state), ex=_STATE_SECONDS)


def _state() -> list[Any]:
    """Numbers that change with whatever comes in or is withdrawn."""
    tops = [model.objects.aggregate(top=Max("pk"))["top"] for model in (Embedding, ImportBatch, Review)]
    changed = Item.objects.aggregate(last=Max("updated_at"))["last"]
    scored = SentimentScore.objects.aggregate(last=Max("scored_at"))["last"]
    return [*tops, *(str(moment) for moment in (changed, scored))]


def look_for_drift(now: datetime | None = None) -> list[DriftReport]:
    """A report for each subject of which there is anything; the newest one where nothing has changed."""
    moment = now or timezone.now()
    DriftReport.objects.filter(created_at__lt=moment - KEPT).delete()
    found = list(_reports(moment))
    for report in found:
        _record(report)
    return found


def _reports(now: datetime) -> Iterator[DriftReport]:
    for subject in subjects():
        stream = subject.stream()
        window = newest(stream, now) if stream is not None else None
        if stream is None or window is None:
            continue
        # What cannot change but by other rows need not be judged again.
        key = _key(subject, window)
        last = DriftReport.objects.filter(subject=subject.name).first()
        if last is not None and last.figures.get("key") == key and subject.name in MODALITIES:
            yield last if now - last.created_at < REPEATED else _repeated(last)
            continue
        judged = subject.judge(stream, window) if window.is_enough else Judged(Verdict.UNKNOWN)
        yield _written(subject, window, judged, key, last, now)


def _key(subject: Subject, window: Window) -> str:
    digest = hashlib.sha256(subject.name.encode())
    for ids in (window.new, window.old):
        digest.update(ids.tobytes() + b"/")
    return digest.hexdigest()[:16]


def _repeated(last: DriftReport) -> DriftReport:
    last.pk = None
    last._state.adding = True
    last.save()
    return last


def _written(
    subject: Subject, window: Window, judged: Judged, key: str, last: DriftReport | None, now: datetime
) -> DriftReport:
    figures = {**judged.figures, "key": key}
    if last is not None and last.figures == figures and now - last.created_at < REPEATED:
        return last
    if last is not None and last.verdict == judged.verdict:
        _thin(last)
    return DriftReport.objects.create(
        subject=subject.name,
        verdict=judged.verdict,
        window_start=window.new_span[0],
        window_end=window.new_span[1],
        reference_start=window.old_span[0],
        reference_end=window.old_span[1],
        window_size=len(window.new),
        reference_size=len(window.old),
        figures=figures,
        items=[[item, round(score, 4)] for item, score in judged.items],
    )


def _thin(last: DriftReport) -> None:
    """Remove ``last``, which a newer one follows, if it says what one of a few minutes before said."""
    before = DriftReport.objects.filter(subject=last.subject, pk__lt=last.pk).order_by("-pk").first()
    if before and before.verdict == last.verdict and last.created_at - before.created_at < THINNED:
        last.delete()


def _record(report: DriftReport) -> None:
    if "auc" in report.figures:
        AUC.set(report.figures["auc"], report.subject)
    elif "distance" in report.figures:
        DISTANCE.set(report.figures["distance"], report.subject)
