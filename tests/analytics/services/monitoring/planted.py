"""A site that is well, at a moment of a test's own, so that one fault at a time can be planted in it."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from analytics.services.monitoring import checks, heartbeat, lights, watch
from analytics.services.monitoring.lights import Light
from analytics.services.monitoring.periodic import BEGAN
from analytics.services.monitoring.periodic import KEY as PERIODIC
from recommender.models import Embedding, EncoderSpace, IndexSnapshot, Item
from recommender.services.redis_link import shared_redis

#: seconds since 1970
NOW = 1_790_000_000.0
NODES = {"query": "query@here", "encode": "encode@here", "default": "default@here", "imports": "imports@here"}

assert checks.__all__  # declares the lights


def looked(part: str, now: float = NOW) -> Light:
    return lights.look(now, fresh=True)[part]


def beat(queue: str, now: float = NOW, pid: int = 100) -> None:
    """A sign of life of the worker that serves ``queue``."""
    said = {
        "node": NODES[queue], "pid": pid, "queues": [queue], "concurrency": 1, "memory": 1, "time": now,
    }  # fmt: skip
    shared_redis().hset(heartbeat.KEY, NODES[queue], json.dumps(said))


def all_is_well(now: float = NOW) -> None:
    """Everybody was heard from, and every periodic task was done."""
    for queue in NODES:
        beat(queue, now)
    watch.beat(now)
    link = shared_redis()
    link.hsetnx(PERIODIC, BEGAN, repr(now - 86_400))
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        link.hset(PERIODIC, entry["task"], repr(now))


def send(queue: str, at: float | None = None) -> None:
    """A message in ``queue``, as Celery puts it there; ``at`` is what it says of when."""
    headers: dict[str, Any] = {"id": uuid.uuid4().hex}
    if at is not None:
        headers["published_at"] = at
    shared_redis().lpush(queue, json.dumps({"body": "", "headers": headers, "properties": {}}))


def take(queue: str) -> None:
    """What a worker does with the oldest message."""
    shared_redis().rpop(queue)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def make_space(spec: str = "", weights_hash: str = "h", state: str = "active") -> EncoderSpace:
    return EncoderSpace.objects.create(
        spec=spec or settings.ENCODER, name="test", weights_hash=weights_hash, dim=4, preprocessing="p",
        modalities=["text"], state=state,
    )  # fmt: skip


def add_vectors(space: EncoderSpace, count: int, at: float = NOW) -> None:
    """Items with a vector each, made at a time."""
    first = Item.objects.count()
    items = Item.objects.bulk_create(
        Item(external_id=f"i{first + n}", title=f"Item {n}") for n in range(count)
    )
    vector = np.eye(4, dtype="<f2")[0].tobytes()
    Embedding.objects.bulk_create(
        Embedding(space=space, item=item, modality="text", state="ready", vector=vector) for item in items
    )
    Embedding.objects.filter(item__in=items).update(created_at=moment(at))


def add_snapshot(space: EncoderSpace, at: float = NOW, state: str = "active") -> IndexSnapshot:
    """One that knows all vectors of now, with a folder on disk."""
    last = Embedding.objects.filter(space=space).order_by("-pk").first()
    row = IndexSnapshot.objects.create(
        space=space, path=uuid.uuid4().hex, state=state, items=Item.objects.count(),
        watermark=last.pk if last else 0, seconds=1.5,
    )  # fmt: skip
    IndexSnapshot.objects.filter(pk=row.pk).update(created_at=moment(at))
    (Path(settings.INDEX_ROOT) / row.path).mkdir(parents=True)
    row.refresh_from_db()
    return row
