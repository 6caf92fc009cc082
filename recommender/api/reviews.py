"""What people say of an item."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from django.db.models import Avg
from django.http import HttpRequest
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from recommender.api.access import EVERYONE, MEMBERS, OPEN
from recommender.api.finding import find_item
from recommender.api.media import MediumOut, medium_out
from recommender.api.paging import PAGE, Limit, Offset, Page, piece
from recommender.errors import MediaError, RecommenderError
from recommender.models import Review
from recommender.said import gettext_noop as _
from recommender.said import ngettext_noop, say
from recommender.services import reviews
from recommender.services.reviews import PHOTO_BYTES, PHOTOS_MAX, VOICE_BYTES

_PHOTOS = ngettext_noop("There is {n} photo.", "There are {n} photos.")
router = Router(tags=["reviews"])


class ReviewOut(Schema):
    """One review."""

    id: int
    author: str
    text: str
    rating: int | None = Field(description="stars, from 1 to 5")
    language: str
    media: list[MediumOut] = Field(description="photos and a voice")
    created_at: datetime


class ReviewsOut(Page):
    """The reviews of an item, newest first."""

    reviews: list[ReviewOut]
    mean: float | None = Field(description="stars of all of them")


class ReviewIn(Schema):
    """Words and stars; photos and a voice are sent as files beside them."""

    text: str = Field("", max_length=20_000)
    rating: int | None = Field(None, ge=1, le=5)


@router.get(
    "/items/{path:external_id}/reviews",
    response=ReviewsOut,
    auth=EVERYONE,
    openapi_extra=OPEN,
    url_name="reviews",
)
def item_reviews(
    request: HttpRequest, external_id: str, offset: Offset = 0, limit: Limit = PAGE
) -> ReviewsOut:
    """What people say of an item, newest first."""
    found = find_item(request, external_id)
    shown, total, after = piece(found.reviews.for_page(), offset, limit)
    return ReviewsOut(
        reviews=[_review_out(request, one) for one in shown],
        mean=found.reviews.aggregate(mean=Avg("rating"))["mean"],
        total=total,
        next_offset=after,
    )


@router.post("/items/{path:external_id}/reviews", response={201: ReviewOut}, auth=MEMBERS, url_name="review")
def write_review(
    request: HttpRequest,
    external_id: str,
    given: Form[ReviewIn],
    photos: Annotated[list[UploadedFile], File(description="up to six pictures")] = [],  # noqa: B006
    voice: Annotated[UploadedFile | None, File(description="one recording")] = None,
) -> Status:
    """Write a review: words, stars, photos or a voice, at least one of them."""
    found = find_item(request, external_id)
    voices = [voice] if voice else []
    _check(given, photos, voices)
    made = reviews.write_review(
        request.user, found, text=given.text, rating=given.rating, photos=photos, voices=voices
    )
    return Status(201, _review_out(request, Review.objects.for_page().get(pk=made.pk)))


def _check(given: ReviewIn, photos: Sequence[UploadedFile], voices: Sequence[UploadedFile]) -> None:
    if not (given.text.strip() or given.rating or photos or voices):
        raise RecommenderError(_("The review is empty."), _("Send a text, a rating, photos or a voice."))
    if len(photos) > PHOTOS_MAX:
        told = say(_PHOTOS, n=len(photos))
        raise MediaError(told, say(_("Send at most {limit}."), limit=PHOTOS_MAX))
    for files, limit in ((photos, PHOTO_BYTES), (voices, VOICE_BYTES)):
        for file in files:
            if (file.size or 0) > limit:
                told = say(_("{name} has more than {size} MB."), name=file.name, size=limit >> 20)
                raise MediaError(told, _("Make the file smaller."))


def _review_out(request: HttpRequest, review: Review) -> ReviewOut:
    profile = getattr(review.user, "profile", None)
    return ReviewOut(
        id=review.pk,
        author=(profile and profile.display_name) or review.user.get_username(),
        text=review.text,
        rating=review.rating,
        language=review.language,
        media=[medium_out(request, one) for one in review.media.all()],
        created_at=review.created_at,
    )
