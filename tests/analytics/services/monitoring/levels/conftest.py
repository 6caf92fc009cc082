"""Levels as they were set, and nothing of the test before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from analytics.services.monitoring import levels, levels_pipeline, periodic
from recommender.models import Embedding, EncoderSpace, Item, Media
from recommender.telemetry import flush, read_totals

DIM = 4
Said = Callable[[str], dict[tuple[str, ...], float]]


@pytest.fixture(autouse=True)
def _new_watch() -> Iterator[None]:
    for one in (levels, levels_pipeline, periodic):
        one.forget()
    yield
    for one in (levels, levels_pipeline, periodic):
        one.forget()


@pytest.fixture
def said() -> Said:
    """What a gauge was last set to, by its label values."""

    def read(name: str) -> dict[tuple[str, ...], float]:
        assert flush()
        return read_totals().gauges.get(name, {})

    return read


@pytest.fixture
def space(db: None) -> EncoderSpace:
    return make_space("active")


def make_space(state: str) -> EncoderSpace:
    return EncoderSpace.objects.create(
        spec="s",
        name=f"of {state}",
        weights_hash="h",
        dim=DIM,
        preprocessing="p",
        modalities=["image", "text", "audio"],
        state=state,
    )


def make_item(number: int, **fields: object) -> Item:
    return Item.objects.create(external_id=f"i{number}", title=f"Item {number}", **fields)


def make_vector(
    space: EncoderSpace,
    item: Item,
    modality: str = "text",
    values: np.ndarray | None = None,
    media: Media | None = None,
    state: str = "ready",
) -> Embedding:
    content = np.eye(DIM)[0] if values is None else values
    vector = content.astype("<f2").tobytes() if state == "ready" else None
    return Embedding.objects.create(
        space=space, item=item, media=media, modality=modality, state=state, vector=vector
    )
