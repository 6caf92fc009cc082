"""Search over a small shop, encoded by plain statistics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recommender.models import Item
from recommender.services import encode, preprocess
from recommender.services.events import Actor
from recommender.services.search import Filters, SearchQuery, search
from tests.services.shop import QUICK_ENCODER, import_shop

pytestmark = pytest.mark.django_db
NOBODY = Actor()


@pytest.fixture(autouse=True)
def _quick_encoder(settings: Any) -> None:
    settings.ENCODER = QUICK_ENCODER


@pytest.fixture
def shop(tmp_path: Path) -> None:
    import_shop(tmp_path)
    preprocess.prepare_pending()
    while encode.encode_pending():
        pass


def titles(question: SearchQuery) -> list[str]:
    return [card.item.title for card in search(question, NOBODY).cards]


def test_it_finds_items_by_their_words(shop: None) -> None:
    assert titles(SearchQuery(text="red bag"))[0] == "Red bag"
