"""Pictures, sounds and films of items and reviews as JSON."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from recommender.api.cards import Pictures, pictures_of
from recommender.models import Media


class MediumOut(Schema):
    """One picture, sound or film."""

    kind: str = Field(description="image, audio or video")
    state: str = Field(description="pending, working, ready or failed; only what is ready has addresses")
    pictures: Pictures | None
    url: str | None = Field(description="the file of a sound or a film")
    caption: str
    seconds: float | None = Field(description="length of a sound or a film")


def medium_out(request: HttpRequest, medium: Media) -> MediumOut:
    """Originals of pictures are not handed out: they may say where they were taken."""
    plays = medium.kind != Media.Kind.IMAGE and medium.state == Media.State.READY
    return MediumOut(
        kind=medium.kind,
        state=medium.state,
        pictures=pictures_of(request, medium),
        url=request.build_absolute_uri(medium.url) if plays and medium.url else None,
        caption=medium.caption,
        seconds=medium.duration,
    )
