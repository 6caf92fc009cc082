"""The feed."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from recommender.api.access import EVERYONE, OPEN, actor_of
from recommender.api.cards import CardOut, card_out
from recommender.api.errors import missing
from recommender.api.paging import PAGE, Limit, Offset
from recommender.contracts import SOURCES
from recommender.models import Category, Profile
from recommender.services import recommend

router = Router(tags=["feed"])
_FADER = Field(None, ge=0, le=100, description="in percent; by default as in the profile, else 100")


class Faders(Schema):
    """How much each source counts."""

    crowd: int | None = _FADER
    image: int | None = _FADER
    text: int | None = _FADER
    audio: int | None = _FADER


class FeedOut(Schema):
    """One piece of the feed."""

    cards: list[CardOut]
    cold: bool = Field(description="nothing is known of you yet: this is what is popular and new")
    next_offset: int | None = Field(description="where the next piece begins; null at the end")


@router.get("/feed", response=FeedOut, auth=EVERYONE, openapi_extra=OPEN, url_name="feed")
def feed(
    request: HttpRequest,
    faders: Query[Faders],
    category: Annotated[int | None, Query(description="a category's id")] = None,
    offset: Offset = 0,
    limit: Limit = PAGE,
    seen: Annotated[bool, Query(description="also what you met already, but for what you hid")] = False,
) -> FeedOut:
    """Items for whoever asks, best first, each with the reason why it is there."""
    chosen = None
    if category is not None:
        chosen = Category.objects.filter(pk=category).first()
        if chosen is None:
            raise missing(f"category {category}", "GET /api/v1/categories lists them.")
    page = recommend.feed(
        actor_of(request),
        mixture=_mixture(request, faders),
        offset=offset,
        limit=limit,
        category=chosen,
        seen=seen,
    )
    return FeedOut(
        cards=[card_out(request, card) for card in page.cards], cold=page.cold, next_offset=page.next_offset
    )


def _mixture(request: HttpRequest, faders: Faders) -> dict[str, float]:
    """Weights in [0, 1]: those asked for, else those of the profile."""
    asked = {name: value / 100 for name, value in faders.dict().items() if value is not None}
    kept: dict[str, float] = {}
    if len(asked) < len(SOURCES) and request.user.is_authenticated:
        kept = Profile.objects.filter(user=request.user).values_list("mixture", flat=True).first() or {}
    return {source: asked.get(source, float(kept.get(source, 1.0))) for source in SOURCES}
