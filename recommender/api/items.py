"""One item: what it is, what is like it, why it is shown, and whether it is on offer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import Avg, Count
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from recommender.api.access import EVERYONE, MANAGE_CATALOGUE, OPEN, actor_of, holders
from recommender.api.cards import CardOut, ItemBrief, ItemRef, brief, card_out, ref_out
from recommender.api.errors import missing
from recommender.api.finding import find_item
from recommender.api.media import MediumOut, medium_out
from recommender.api.paging import Limit
from recommender.models import Item
from recommender.services import catalogue, events, recommend

router = Router(tags=["items"])
SIMILAR = 14


class ReviewFigures(Schema):
    """What its reviews come to."""

    count: int
    mean: float | None = Field(description="stars, from 1 to 5")


class ItemOut(ItemBrief):
    """All there is to know of an item."""

    description: str
    description_zh: str
    language: str
    attributes: dict[str, Any]
    media: list[MediumOut]
    reviews: ReviewFigures
    states: dict[str, bool] = Field(description="what the asker has switched on: like, save ...")
    published_at: datetime | None = Field(description="as the catalogue says; null where it does not")
    created_at: datetime
    updated_at: datetime


class SimilarOut(Schema):
    """Items that are like another one, most alike first."""

    cards: list[CardOut]


class Reason(Schema):
    """One part of the sum that would rank the item for the asker."""

    source: str
    share: float = Field(description="its fraction of the score, from 0 to 1")
    seed: ItemRef | None


class WhyOut(Schema):
    """The parts of the sum, largest first."""

    reasons: list[Reason]


class AvailabilityIn(Schema):
    """Whether an item is shown, withheld for a while, or gone for good."""

    availability: Literal["available", "unavailable", "retired"]


class AvailabilityOut(Schema):
    """How an item stands now."""

    external_id: str
    availability: str


@router.get(
    "/items/{path:external_id}/similar",
    response=SimilarOut,
    auth=EVERYONE,
    openapi_extra=OPEN,
    url_name="similar",
)
def similar(
    request: HttpRequest,
    external_id: str,
    by: Annotated[Literal["all", "image", "text", "audio"], Query(description="what is compared")] = "all",
    limit: Limit = SIMILAR,
) -> SimilarOut:
    """What looks, reads or sounds like this item."""
    found = find_item(request, external_id)
    cards = recommend.similar(found, by=by, limit=limit, actor=actor_of(request))
    return SimilarOut(cards=[card_out(request, card) for card in cards])


@router.get(
    "/items/{path:external_id}/why", response=WhyOut, auth=EVERYONE, openapi_extra=OPEN, url_name="why"
)
def why(request: HttpRequest, external_id: str) -> WhyOut:
    """Why this item would be shown to whoever asks."""
    parts = recommend.why(actor_of(request), find_item(request, external_id))
    return WhyOut(
        reasons=[
            Reason(source=source, share=share, seed=ref_out(seed) if seed else None)
            for source, seed, share in parts
        ]
    )


@router.put(
    "/items/{path:external_id}/availability",
    response=AvailabilityOut,
    auth=holders(MANAGE_CATALOGUE),
    url_name="availability",
)
def availability(request: HttpRequest, external_id: str, asked: AvailabilityIn) -> AvailabilityOut:
    """Show, withhold or retire an item; it joins or leaves feed and search at once."""
    found = Item.objects.filter(external_id=external_id).first()
    if found is None:
        raise missing(f"item {external_id!r}", "Only the catalogue's own key is taken here.")
    catalogue.set_availability(found, asked.availability)
    return AvailabilityOut(external_id=found.external_id, availability=found.availability)


# After its sub-addresses, because an external id may hold slashes.
last = Router(tags=["items"])


@last.get("/items/{path:external_id}", response=ItemOut, auth=EVERYONE, openapi_extra=OPEN, url_name="item")
def item(request: HttpRequest, external_id: str) -> ItemOut:
    """One item by its external id, or by its number where no external id is that number."""
    found = find_item(request, external_id)
    figures = found.reviews.aggregate(count=Count("pk"), mean=Avg("rating"))
    return ItemOut(
        **brief(request, found),
        description=found.description,
        description_zh=found.description_zh,
        language=found.language,
        attributes=found.attributes,
        media=[medium_out(request, one) for one in found.media.all()],
        reviews=ReviewFigures(**figures),
        states=events.states(actor_of(request), [found.pk]).get(found.pk, {}),
        published_at=found.published_at,
        created_at=found.created_at,
        updated_at=found.updated_at,
    )
