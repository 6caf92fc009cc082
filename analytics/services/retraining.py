"""Learning from corrections: a job makes a candidate, a person puts it live, one call takes it back."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.contracts import Example
from analytics.engine.sentiment.recogniser import Remembered
from analytics.models import Correction, SentimentScore
from analytics.services.audit import note
from analytics.services.corrections import counting
from analytics.services.scoring import plugs
from analytics.services.scoring.content import read_contents
from analytics.services.scoring.heard import known_transcripts
from analytics.services.scoring.model import KIND, current_scorer, folder_of, forget_scorer
from analytics.services.scoring.waiting import TASK as SCORE_TASK
from recommender.errors import JobCancelled, RecommenderError
from recommender.models import Job, ModelVersion, Review
from recommender.services import stored
from recommender.services.calls import call_once, call_task
from recommender.services.jobs import JobProgress, start_job
from recommender.services.versions import flip, written_aside

if TYPE_CHECKING:
    from analytics.engine.sentiment import Scorer

log = logging.getLogger(__name__)

TASK = "analytics.tasks.retrain"
#: Fewer corrected reviews would say nothing on a held-out part of them.
LEAST = 20
_PORTION = 64
State = ModelVersion.State
__all__ = [
    "KIND",
    "LEAST",
    "candidate",
    "put_live",
    "retrain",
    "roll_back",
    "start_retraining",
]


# -- learning -----------------------------------------------------------------------------------------------


def start_retraining(user: Any) -> Job:
    """A job that learns from the standing corrections; the one under way, where there is one.

    Raises:
        RecommenderError: there are too few corrections to learn from, or the text model in service is not
            the site's own, which is the one that learns.
    """
    if plug := plugs.text_plug():
        raise RecommenderError(
            _("The text model {name} does not learn from corrections.").format(name=plug.name),
            _("Only the site's own does: leave SENTIMENT_TEXT_MODEL empty to use it."),
        )
    with transaction.atomic():
        if under_way := Job.objects.unfinished().filter(kind=KIND).first():
            call_task(TASK, under_way.pk)  # in case its message was lost; one that runs is not begun twice
            return under_way
        have = len(_corrected())
        if have < LEAST:
            raise RecommenderError(
                _("{have} corrected reviews are too few to learn from.").format(have=have),
                _("Correct at least {least}; the queue shows those that help most.").format(least=LEAST),
            )
        job = start_job(KIND, owner=user, total=have)
        note(user, "retrain", f"job {job.pk}", corrections=have)
        call_task(TASK, job.pk)
    return job


def retrain(job_id: int) -> ModelVersion | None:
    """Run a waiting job to its end; None where it does not wait (a repeated message does no harm).

    What went wrong is kept on the job, with the remedy; only unexpected errors are raised again.
    """
    claimed = Job.objects.filter(pk=job_id, kind=KIND, state=Job.State.QUEUED)
    if not claimed.update(state=Job.State.RUNNING):
        return None
    job = Job.objects.select_related("owner").get(pk=job_id)
    try:
        with JobProgress(job) as progress:
            version = _learn(progress)
    except JobCancelled:
        return None
    except RecommenderError as error:
        log.warning("Learning from corrections: %s", error)
        return None
    Job.objects.filter(pk=job.pk).update(result={"version": version.pk, **version.metrics})
    note(job.owner, "candidate", version.path, version=version.pk, metrics=version.metrics)
    return version


def _learn(progress: JobProgress) -> ModelVersion:
    from analytics.engine.sentiment import load_scorer
    from analytics.engine.sentiment.scorer_retraining import retrain as fit

    scorer = current_scorer()  # a version that cannot be loaded serves no more from here on
    base = ModelVersion.objects.serving(KIND)
    examples = list(_examples(progress, scorer))
    if len(examples) < LEAST:
        raise RecommenderError(
            _("{have} corrected reviews are too few to learn from.").format(have=len(examples)),
            _("Correct at least {least}; the queue shows those that help most.").format(least=LEAST),
        )
    progress.stage("learn")
    row = ModelVersion.objects.create(kind=KIND, path=f"sentiment-{uuid.uuid4().hex[:12]}")
    with written_aside(row, Path(settings.SENTIMENT_ROOT)) as folder:
        row.metrics = dict(fit(folder_of(base), examples, folder, recogniser=_remembered(scorer)))
        key = load_scorer(folder).key
    row.parameters = {"key": key, "base": base.pk if base else None, "examples": len(examples)}
    row.state = State.READY
    with transaction.atomic():
        # One candidate at a time: an older one was made from fewer corrections.
        ModelVersion.objects.filter(kind=KIND, state=State.READY).update(state=State.RETIRED)
        row.save()
    return row


def _corrected() -> list[int]:
    """Reviews with a correction that counts: where any stands, one does."""
    return sorted(set(Correction.objects.standing().values_list("review_id", flat=True)))


def _remembered(scorer: Scorer) -> Remembered | None:
    """What the recogniser in service has heard; it listens to nothing anew, which could take hours."""
    recogniser = getattr(scorer, "recogniser", None)
    return Remembered(recogniser.key, recogniser.languages) if recogniser else None


def _examples(progress: JobProgress, scorer: Scorer) -> Iterator[Example]:
    """Every corrected review with the label that counts, as the scorer would read it."""
    ids = _corrected()
    progress.stage("read", len(ids))
    for start in range(0, len(ids), _PORTION):
        portion = ids[start : start + _PORTION]
        said = counting(portion)
        chosen = Review.objects.filter(pk__in=said).select_related("user__profile")
        reviews = list(chosen.order_by("pk").prefetch_related("media"))
        heard = known_transcripts(SentimentScore.objects.filter(review__in=said))
        for review, content in zip(reviews, read_contents(reviews, scorer, heard), strict=True):
            if content.waits:
                raise stored.unavailable()
            yield Example(content.spoken, said[review.pk].label)  # type: ignore[arg-type]
        progress.advance(len(portion))


# -- going live and back ------------------------------------------------------------------------------------


def candidate() -> ModelVersion | None:
    """The version that waits for a person, with ``metrics`` before and after."""
    return ModelVersion.objects.filter(kind=KIND, state=State.READY).order_by("-pk").first()


def put_live(user: Any, version: ModelVersion) -> ModelVersion:
    """Let ``version`` serve; every review is scored anew by it.

    Raises:
        RecommenderError: it is not a version that can serve, or its files are gone or cannot be loaded.
    """
    with transaction.atomic():
        version = ModelVersion.objects.select_for_update().get(pk=version.pk)
        if version.kind != KIND or version.state not in {State.READY, State.RETIRED}:
            raise RecommenderError(
                _("{version} cannot be put into service.").format(version=version.path),
                _("It serves already, or was not finished; learn from the corrections anew."),
            )
        folder = folder_of(version)
        if folder is None or not folder.is_dir():
            raise RecommenderError(
                _("The files of {version} are gone.").format(version=version.path),
                _("Learn from the corrections anew."),
            )
        _load(folder)  # before it is put in the place of one that can be loaded
        before = ModelVersion.objects.serving(KIND)
        version.parameters["before"] = before.pk if before else None
        flip(version, kind=KIND)
        note(user, "put live", version.path, version=version.pk, before=before.pk if before else None)
        _score_anew()
    return version


def roll_back(user: Any) -> ModelVersion | None:
    """Let the model before serve again, and say which; None is the one that ships.

    Raises:
        RecommenderError: the shipped model serves, before which there is none.
    """
    with transaction.atomic():
        serving = ModelVersion.objects.select_for_update().filter(kind=KIND, state=State.ACTIVE).first()
        if serving is None:
            raise RecommenderError(
                _("The model that ships with the site serves; there is none before it."),
                _("Learn from the corrections first."),
            )
        ModelVersion.objects.filter(pk=serving.pk).update(state=State.RETIRED)
        before = _usable(serving.parameters.get("before"))
        if before is not None:
            before.state, before.activated_at = State.ACTIVE, timezone.now()
            before.save(update_fields=["state", "activated_at"])
        note(user, "roll back", serving.path, version=serving.pk, to=before.pk if before else None)
        _score_anew()
    return before


def _usable(pk: int | None) -> ModelVersion | None:
    """The version of that number; None where its files are gone, so that the shipped one serves."""
    found = ModelVersion.objects.filter(pk=pk, kind=KIND, state=State.RETIRED).first() if pk else None
    folder = folder_of(found)
    if folder is None or not folder.is_dir():
        return None
    try:
        _load(folder)
    except RecommenderError as error:
        log.warning("%s cannot serve again: %s", folder.name, error)
        return None
    return found


def _load(folder: Path) -> None:
    """Raises ``RecommenderError`` where what lies in ``folder`` cannot be loaded."""
    from analytics.engine.sentiment import load_scorer

    load_scorer(folder)


def _score_anew() -> None:
    transaction.on_commit(forget_scorer)
    call_once(SCORE_TASK)
