"""Items and cards as JSON."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from ninja import Schema
from pydantic import Field

from recommender.models import Category, Item, Media
from recommender.services.recommend import Card


class CategoryBrief(Schema):
    """Where an item has its place."""

    id: int
    path: str = Field(examples=["Fashion > Dresses"])
    name: str
    name_zh: str


class Pictures(Schema):
    """Addresses of one picture as WebP; the long side has 160, 480 or 1080 pixels at most."""

    small: str
    medium: str
    large: str


class ItemRef(Schema):
    """Enough to name an item and to ask for more of it."""

    external_id: str = Field(description="the catalogue's own key, which the addresses take")
    pk: int = Field(description="the number in the addresses of the site's pages")
    title: str
    title_zh: str


class ItemBrief(ItemRef):
    """An item as a list shows it."""

    url: str = Field(description="its page")
    category: CategoryBrief | None
    price: str | None = Field(description="a decimal number", examples=["21.00"])
    currency: str
    availability: str
    pictures: Pictures | None = Field(description="the first picture; null while there is none")
    has_video: bool
    has_sound: bool


class Explained(Schema):
    """Why an item is shown, read off the sum that ranked it."""

    source: str = Field(description="the largest part: crowd, image, text, audio, popular, fresh")
    share: float = Field(description="its fraction of the score, from 0 to 1")
    seed: ItemRef | None = Field(description="what you did something with, and it led here")
    seed_kind: str = Field(description="what you did with it: like, save, view ...; empty without a seed")


class CardOut(Schema):
    """An item in an answer: why it is there, and what the asker thinks of it."""

    item: ItemBrief
    impression: UUID | None = Field(description="send it along with an event that answers this card")
    explanation: Explained | None
    parts: dict[str, float] = Field(description="what each source gave to the score")
    liked: bool
    saved: bool
    hidden: bool


def card_out(request: HttpRequest, card: Card) -> CardOut:
    """A card of a service's answer; its item comes ``for_cards``."""
    return CardOut(
        item=ItemBrief(**brief(request, card.item)),
        impression=UUID(str(card.impression)) if card.impression else None,
        explanation=_explained(card),
        parts=dict(card.parts),
        liked=card.liked,
        saved=card.saved,
        hidden=card.hidden,
    )


def _explained(card: Card) -> Explained | None:
    told = card.explanation
    if told is None:
        return None
    return Explained(
        source=told.source,
        share=told.share,
        seed=ref_out(card.seed) if card.seed else None,
        seed_kind=(card.seed_kind or "") if card.seed else "",
    )


def ref_out(item: Item) -> ItemRef:
    return ItemRef(external_id=item.external_id, pk=item.pk, title=item.title, title_zh=item.title_zh)


def brief(request: HttpRequest, item: Item) -> dict[str, Any]:
    """The fields of ``ItemBrief``; the item's media and category have been fetched with it."""
    media = list(item.media.all())
    lead = next((one for one in media if one.has_picture), None)
    return {
        **ref_out(item).dict(),
        "url": request.build_absolute_uri(reverse("item", args=[item.pk])),
        "category": category_brief(item.category) if item.category else None,
        "price": None if item.price is None else f"{item.price:.2f}",
        "currency": item.currency,
        "availability": item.availability,
        "pictures": pictures_of(request, lead) if lead else None,
        "has_video": any(one.kind == Media.Kind.VIDEO for one in media),
        "has_sound": any(one.kind == Media.Kind.AUDIO for one in media),
    }


def category_brief(category: Category) -> CategoryBrief:
    return CategoryBrief(id=category.pk, path=category.path, name=category.name, name_zh=category.name_zh)


def pictures_of(request: HttpRequest, medium: Media) -> Pictures | None:
    """The sizes of a picture, or of the poster of a film; None while it is not ready."""
    if not medium.has_picture:
        return None
    small, middle, large = (request.build_absolute_uri(medium.thumbnail(size)) for size in Media.SIZES)
    return Pictures(small=small, medium=middle, large=large)
