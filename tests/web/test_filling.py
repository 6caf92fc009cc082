"""The feed says how far the encoder has got with the catalogue."""

from __future__ import annotations

import pytest
from django.test import Client

from recommender.models import Embedding, EncoderSpace, Item

pytestmark = pytest.mark.django_db


@pytest.fixture
def space() -> EncoderSpace:
    for number in range(4):
        Item.objects.create(external_id=f"i{number}", title=f"Item {number}")
    return EncoderSpace.objects.create(
        spec="s", name="n", weights_hash="h", dim=4, preprocessing="p", modalities=["text"], state="active"
    )


def encode(space: EncoderSpace, some: int) -> None:
    for item in Item.objects.all()[:some]:
        Embedding.objects.create(space=space, item=item, modality="text", state="ready", vector=b"\0" * 8)


def test_a_feed_that_is_being_filled_says_how_far_that_is(client: Client, space: EncoderSpace) -> None:
    encode(space, 3)
    page = client.get("/")
    assert page.context["filling"] == {"done": 3, "total": 4}


def test_a_feed_that_knows_everything_says_nothing(client: Client, space: EncoderSpace) -> None:
    encode(space, 4)
    page = client.get("/")
    assert "filling" not in (page.context or {}) or page.context["filling"] is None
