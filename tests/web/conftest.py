"""A little world that pages can show."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from recommender.models import Category, ImportBatch, Interaction, Item, Job, Media
from recommender.services import stored

if TYPE_CHECKING:
    from tests.conftest import Cast


@dataclass(frozen=True)
class Shop:
    """Twelve items in one category, the first with a failed picture and a sound that is ready."""

    category: Category
    items: list[Item]
    failed: Media
    sound: Media
    batch: ImportBatch
    job: Job


@pytest.fixture
def shop(cast: Cast) -> Shop:
    category = Category.objects.create(name="Bags", name_zh="包袋", path="Bags")
    items = [
        Item.objects.create(
            external_id=f"bag-{n}",
            title=f"Bag number {n}",
            title_zh=f"{n} 号包",
            description="A bag of good leather.",
            category=category,
            price=Decimal(20 + n),
            currency="USD",
            language="en",
        )
        for n in range(12)
    ]
    name = "originals/aa/" + "a" * 64 + ".mp3"
    stored.put(name, b"ID3" + bytes(2000))
    return Shop(
        category=category,
        items=items,
        failed=Media.objects.create(
            item=items[0],
            kind="image",
            source="broken.jpg",
            state=Media.State.FAILED,
            error="The picture is cut short.",
            remedy="Send it again.",
        ),
        sound=Media.objects.create(
            item=items[0], kind="audio", file=name, checksum="a" * 64, state=Media.State.READY
        ),
        batch=ImportBatch.objects.create(
            filename="bags.csv", path="imports/none.csv", state=ImportBatch.State.DONE
        ),
        job=Job.objects.create(kind="import", label="bags.csv"),
    )


@pytest.fixture
def liked(shop: Shop, cast: Cast) -> Interaction:
    """What the member likes."""
    return Interaction.objects.create(user=cast.member, item=shop.items[1], kind="like")


@pytest.fixture
def as_(cast: Cast) -> Any:
    """A client signed in as one of the cast; ``guest`` is nobody."""

    def client(role: str) -> Client:
        someone = Client()
        if role != "guest":
            someone.force_login(getattr(cast, role))
        return someone

    return client
