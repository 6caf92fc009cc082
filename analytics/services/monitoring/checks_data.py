"""Whether what comes in is like what came before, and whether reviews are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

from analytics.models import DriftReport, SentimentScore
from analytics.services.monitoring.lights import Level, Light, green, part
from analytics.services.monitoring.unmoved import unmoved_since
from analytics.services.monitoring.words import page, share, span
from recommender.said import ngettext_noop, say

#: A report older than this says nothing about now.
DRIFT_DAYS = 7
#: The subject that is about the sentiment model, not about what comes in.
CONFIDENCE = "confidence"
Verdict = DriftReport.Verdict


@part("drift", gettext_lazy("Drift"))
def drift(now: float) -> Light:
    """Subjects whose last report says that they moved."""
    reports = [one for one in _newest(now) if one.subject != CONFIDENCE]
    if not reports:
        return green(_("No report on drift was made in the last 7 days."))
    moved = [one for one in reports if one.verdict in (Verdict.DRIFTED, Verdict.SHIFTING)]
    if not moved:
        return green(
            ngettext_noop(
                "What comes in is like what came before, in {n} respect.",
                "What comes in is like what came before, in {n} respects.",
            ),
            n=len(reports),
        )
    drifted = [one.subject for one in moved if one.verdict == Verdict.DRIFTED]
    subjects = ", ".join(drifted or [one.subject for one in moved])
    text = _("What came in of late differs from before in: {subjects}.")
    if not drifted:
        text = _("What comes in begins to differ from before in: {subjects}.")
    return Light(
        Level.RED if drifted else Level.YELLOW,
        say(text, subjects=subjects),
        say(
            _("Look at the items behind it. If they belong here, nothing is to be done: they become usual. "
              "Else withdraw them; the next report turns the light green.")
        ),
        page("monitoring_drift"),
    )  # fmt: skip


def _newest(now: float) -> list[DriftReport]:
    after = datetime.fromtimestamp(now, UTC) - timedelta(days=DRIFT_DAYS)
    return list(DriftReport.objects.newest().filter(created_at__gte=after).defer("items"))


STUCK_YELLOW, STUCK_RED = 300, 1800
FAILED_YELLOW, FAILED_LEAST = 0.01, 5


@part("sentiment", gettext_lazy("Sentiment"))
def sentiment(now: float) -> Light:
    """Reviews that wait to be read while none is, such as break the model, and how sure it is of itself."""
    waiting = SentimentScore.objects.filter(model="")
    first = waiting.order_by("pk").values_list("pk", flat=True).first()
    count = waiting.count() if first is not None else 0
    still = now - unmoved_since("sentiment", str(first), count, now) if count else 0.0
    if still >= STUCK_YELLOW:
        return Light(
            Level.RED if still >= STUCK_RED else Level.YELLOW,
            say(
                ngettext_noop(
                    "{n} review waits to be scored, and none was for {span}.",
                    "{n} reviews wait to be scored, and none was for {span}.",
                ),
                n=count,
                span=span(still),
            ),
            say(_("See whether the worker of the queue encode lives and could load its encoder.")),
            page("monitoring_tasks"),
        )
    total = SentimentScore.objects.count()
    failed = SentimentScore.objects.filter(state=SentimentScore.State.FAILED).count()
    if failed >= FAILED_LEAST and failed / total >= FAILED_YELLOW:
        return Light(
            Level.YELLOW,
            say(
                ngettext_noop(
                    "{n} review ({share}) could not be scored.", "{n} reviews ({share}) could not be scored."
                ),
                n=failed,
                share=share(failed / total),
            ),
            say(_("The page of such a review says why; they are tried again when the model changes.")),
        )
    sure = next((one for one in _newest(now) if one.subject == CONFIDENCE), None)
    if sure is not None and sure.verdict in (Verdict.DRIFTED, Verdict.SHIFTING):
        return Light(
            Level.RED if sure.verdict == Verdict.DRIFTED else Level.YELLOW,
            say(_("The model is less sure of the reviews of late than it was before.")),
            say(_("Correct some of the reviews it is least sure of, and let it learn from the corrections.")),
            page("monitoring_drift"),
        )
    return green(
        ngettext_noop(
            "{n} review is scored; waiting: {waiting}.", "{n} reviews are scored; waiting: {waiting}."
        ),
        n=total - count,
        waiting=count,
    )
