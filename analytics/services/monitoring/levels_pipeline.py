"""Levels of the way from an import to what can be found: rows by state, and how fast they settle."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet

from analytics.services.monitoring.levels import put
from analytics.services.monitoring.watch import duty
from recommender.models import Embedding, EncoderSpace, Item, Job, Media
from recommender.services.encoding_job import is_paused
from recommender.services.spaces import missing
from recommender.telemetry import gauge

_SPACES = (EncoderSpace.State.ACTIVE.value, EncoderSpace.State.SHADOW.value)
_MODALITIES = Embedding.Modality.values
MEDIA, VECTORS = "media", "vectors"
_STEPS = (MEDIA, VECTORS)

ITEMS = gauge("mmsite_catalogue_items", "Items by availability.", state=Item.Availability.values)
FILES = gauge(
    "mmsite_catalogue_media",
    "Pictures, sounds and films by state.",
    kind=Media.Kind.values,
    state=Media.State.values,
)
EMBEDDINGS = gauge(
    "mmsite_embeddings",
    "Vectors of the serving space and of the one that is being filled, by state.",
    space=_SPACES,
    modality=_MODALITIES,
    state=Embedding.State.values,
)
JOBS = gauge(
    "mmsite_jobs_unfinished",
    "Long work that waits or runs.",
    kind=30,
    state=(Job.State.QUEUED.value, Job.State.RUNNING.value),
)
WAITING = gauge("mmsite_pipeline_waiting", "What is still to be prepared or encoded.", step=_STEPS)
SPEED = gauge(
    "mmsite_pipeline_settled_per_second", "What was prepared or encoded a second, of late.", step=_STEPS
)
LEFT = gauge(
    "mmsite_pipeline_eta_seconds",
    "Seconds until nothing waits, at the speed of late; absent while nothing moves.",
    unit="seconds",
    step=_STEPS,
)


@dataclass
class Pace:
    """How fast a number that only grows has grown in the last ten minutes."""

    seconds: float = 600.0
    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def note(self, now: float, count: int) -> None:
        if self._seen and count < self._seen[-1][1]:
            self._seen.clear()  # rows were removed, or another space serves: what was before says nothing
        self._seen.append((now, count))
        while self._seen[0][0] < now - self.seconds:
            self._seen.popleft()

    @property
    def per_second(self) -> float | None:
        """None before two looks."""
        (began, least), (ended, most) = self._seen[0], self._seen[-1]
        return (most - least) / (ended - began) if ended > began else None


_paces = {step: Pace() for step in _STEPS}


def seconds_left(waiting: int, per_second: float | None) -> float | None:
    """At this speed; None where nothing moves or the speed is not known yet."""
    if not waiting:
        return 0.0
    return waiting / per_second if per_second else None


@duty("levels of the pipeline", 30.0)
def take_pipeline(now: float) -> None:
    media = _counted(Media.objects.all(), "kind", "state")
    put(ITEMS, _counted(Item.objects.all(), "availability"))
    put(FILES, media)
    put(JOBS, _counted(Job.objects.unfinished(), "kind", "state"))
    spaces = list(EncoderSpace.objects.filling())
    vectors = {
        (space.state, *labels): count
        for space in spaces
        for labels, count in _counted(space.embeddings.all(), "modality", "state").items()
    }
    put(EMBEDDINGS, vectors)
    _put_speed(
        now,
        waiting={MEDIA: Media.objects.awaiting().count(), VECTORS: sum(map(_without_vector, spaces))},
        settled={MEDIA: _settled(media), VECTORS: _settled(vectors)},
    )


def _put_speed(now: float, waiting: Mapping[str, int], settled: Mapping[str, int]) -> None:
    left, speeds = {}, {}
    rests = {VECTORS} if is_paused() else set()
    for step, pace in _paces.items():
        pace.note(now, settled[step])
        if (speed := pace.per_second) is not None:
            speeds[step,] = speed
        seconds = seconds_left(waiting[step], speed)
        if seconds is not None and step not in rests:
            left[step,] = seconds
    put(WAITING, {(step,): float(count) for step, count in waiting.items()})
    put(SPEED, speeds)
    put(LEFT, left)


def _counted(rows: QuerySet[Any], *fields: str) -> dict[tuple[str, ...], float]:
    """How many rows there are by the values of these fields."""
    found = rows.order_by().values_list(*fields).annotate(Count("pk"))
    return {tuple(map(str, values)): float(count) for *values, count in found}


def _settled(counts: Mapping[tuple[str, ...], float]) -> int:
    """Those that are ready or have failed: by the last label, their state."""
    return int(sum(count for labels, count in counts.items() if labels[-1] in ("ready", "failed")))


def _without_vector(space: EncoderSpace) -> int:
    """Owners that lack a vector or have a worker at it."""
    claimed = Embedding.objects.filter(space=space, state=Embedding.State.CLAIMED).count()
    return claimed + sum(missing(space, modality).count() for modality in space.modalities)


def forget() -> None:
    """Know of no speed."""
    for step in _STEPS:
        _paces[step] = Pace()
