"""A catalogue that comes in upload by upload, with vectors of a known world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pytest
from django.utils import timezone

from recommender.models import Category, Embedding, EncoderSpace, ImportBatch, Item
from tests.analytics.engine.drift_planted import DIM, draw

NOW = timezone.now().replace(microsecond=0)
Upload = Callable[..., list[Item]]


def make_space(**fields: object) -> EncoderSpace:
    given = {"spec": "planted", "name": "planted", "weights_hash": "0", "dim": DIM, "preprocessing": "0"}
    return EncoderSpace.objects.create(**given | {"modalities": ["text"], "state": "active"} | fields)


@pytest.fixture
def space(db: None) -> EncoderSpace:
    return make_space()


@pytest.fixture
def upload(space: EncoderSpace) -> Upload:
    """Imports so many items of a world, so many hours ago, as one upload of a minute."""

    def bring(
        count: int, world: str = "old", *, hours_ago: float = 48, seed: int = 0, language: str = "en",
        category: str = "Bags", as_upload: bool = True, kinds: int = 6,
    ) -> list[Item]:  # fmt: skip
        begun = NOW - timedelta(hours=hours_ago)
        first = Item.objects.count()
        shelf, _new = Category.objects.get_or_create(path=category, defaults={"name": category})
        items = Item.objects.bulk_create(
            Item(external_id=f"i{first + n}", title=f"{world} {n}", language=language, category=shelf)
            for n in range(count)
        )
        came(items, begun, timedelta(seconds=30 / count))
        vectors = draw(np.random.default_rng(seed), count, world, kinds)
        Embedding.objects.bulk_create(
            Embedding(
                space=space, item=item, modality="text", state="ready", vector=vector.astype("<f2").tobytes()
            )
            for item, vector in zip(items, vectors, strict=True)
        )
        if as_upload:
            batch = ImportBatch.objects.create(filename="a.csv", path="a.csv", state="done")
            ends = {"created_at": begun, "finished_at": begun + timedelta(minutes=1)}
            ImportBatch.objects.filter(pk=batch.pk).update(**ends)
        return items

    return bring


def came(items: list[Item], begun: datetime, step: timedelta) -> None:
    for number, item in enumerate(items):
        item.created_at = begun + timedelta(seconds=1) + number * step
    Item.objects.bulk_update(items, ["created_at"])
