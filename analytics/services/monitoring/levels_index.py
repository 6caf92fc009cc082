"""Levels of the vector index that serves: its size, its age, what came after it, and its recall."""

from __future__ import annotations

from analytics.services.monitoring.levels import put_one
from analytics.services.monitoring.watch import duty
from recommender.models import Embedding, EncoderSpace, IndexSnapshot
from recommender.services.recall import Recall, last_recall
from recommender.telemetry import gauge

#: A recall older than this says nothing of the index of now; the task measures every ten minutes.
RECALL_LASTS = 3600.0

ITEMS = gauge("mmsite_index_items", "Items in the snapshot that serves.")
AGE = gauge("mmsite_index_age_seconds", "Seconds since the snapshot that serves was made.", unit="seconds")
DELTA = gauge("mmsite_index_delta", "Vectors that are newer than the snapshot that serves.")
BUILD = gauge(
    "mmsite_index_build_seconds", "Seconds that building the snapshot that serves took.", unit="seconds"
)
RECALL = gauge(
    "mmsite_index_recall_at_10",
    "Share of the ten most similar items that the index finds, by exact search over a sample.",
    unit="ratio",
)
RECALL_AGE = gauge(
    "mmsite_index_recall_age_seconds", "Seconds since that share was measured.", unit="seconds"
)


@duty("levels of the index", 30.0)
def take_index(now: float) -> None:
    space = EncoderSpace.objects.active()
    serving = IndexSnapshot.objects.serving(space) if space else None
    put_one(ITEMS, float(serving.items) if serving else None)
    put_one(AGE, max(0.0, now - serving.created_at.timestamp()) if serving else None)
    put_one(BUILD, serving.seconds if serving else None)
    put_one(DELTA, float(_newer(space, serving)) if space else None)
    measured = current_recall(space, now)
    put_one(RECALL, measured.recall if measured else None)
    put_one(RECALL_AGE, max(0.0, now - measured.time) if measured else None)


def current_recall(space: EncoderSpace | None, now: float) -> Recall | None:
    """The last measured recall, if it was of this space and not long ago.

    Raises:
        RedisError: Redis does not answer.
    """
    measured = last_recall()
    if measured is None or space is None or measured.space != space.key:
        return None
    return measured if now - measured.time <= RECALL_LASTS else None


def _newer(space: EncoderSpace, serving: IndexSnapshot | None) -> int:
    return Embedding.objects.ready().filter(space=space).after(serving.watermark if serving else 0).count()
