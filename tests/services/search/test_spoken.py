"""A spoken description finds its item, with the shipped encoder and the search that the page asks."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from recommender.engine.demo.products import make_products
from recommender.engine.demo.texts import description, title
from recommender.engine.learning.demo_corpus import spoken_descriptions
from recommender.engine.preprocess.audio import flac_bytes
from recommender.models import Item
from recommender.services import encode, queries
from tests.services.search.asking import ask, names

SEED, ITEMS, SHOWN = 7, 60, 10  # the seed is the demo's; the encoder learned from others
CHANCE = SHOWN / ITEMS


@pytest.fixture
def demo_items(db: None, settings: Any) -> list[str]:
    """External ids of the items of a small demo world, in order, their words encoded."""
    settings.ENCODER = "mmsite-mini"
    products = make_products(SEED, ITEMS)
    Item.objects.bulk_create(
        Item(
            external_id=product.external_id,
            title=title(product, "en"),
            title_zh=title(product, "zh"),
            description=description(product, "en"),
            description_zh=description(product, "zh"),
        )
        for product in products
    )
    while encode.encode_pending():
        pass
    return [product.external_id for product in products]


# Found were 0.88 and 1.00, by speakers whom the encoder never heard.
@pytest.mark.parametrize(("language", "floor"), [("en", 0.75), ("zh", 0.9)])
def test_a_spoken_description_finds_its_item(demo_items: list[str], language: str, floor: float) -> None:
    assert floor > 3 * CHANCE
    found = 0
    for external_id, clip in zip(demo_items, spoken_descriptions(SEED, ITEMS, language), strict=True):
        upload = SimpleUploadedFile("said.flac", flac_bytes(clip), "audio/flac")
        page = ask(audio=queries.receive_media("audio", upload), limit=SHOWN)
        found += external_id in names(page)
    assert found / ITEMS >= floor
