"""Members' reviews: words, stars, photos and a voice, kept together or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.db import connection, transaction

from recommender.contracts import MediaKind
from recommender.engine.preprocess.image import check_image
from recommender.engine.preprocess.text import detect_language, normalise_text
from recommender.models import Item, Media, Review
from recommender.services.calls import call_once
from recommender.services.imports.storage import store_media
from recommender.services.signals import review_written

__all__ = ["PHOTOS_MAX", "PHOTO_BYTES", "VOICE_BYTES", "review_written", "set_polarities", "write_review"]

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.core.files.uploadedfile import UploadedFile

#: What pages and the programming interface take with one review.
PHOTOS_MAX = 6
PHOTO_BYTES = VOICE_BYTES = 12 << 20


def write_review(
    user: User,
    item: Item,
    *,
    text: str = "",
    rating: int | None = None,
    photos: Iterable[UploadedFile] = (),
    voices: Iterable[UploadedFile] = (),
) -> Review:
    """Keep a review; its media wait for a worker to prepare them.

    Args:
        rating: 1 to 5 stars, or None.
        photos, voices: what was sent, checked again here by content.

    Raises:
        MediaError: a file is not what it claims to be, or no picture that can be shown; nothing of the
            review is kept.
    """
    text = normalise_text(text)
    photos = list(photos)
    # Told while the author is there: what a worker cannot read later goes missing without a word to them.
    for photo in photos:
        check_image(photo)
    # Files first: what is stored twice is stored once, and a bad one stops the review before it exists.
    stored = [(kind, store_media(file, kind, file.name or kind)) for kind, file in _labelled(photos, voices)]
    with transaction.atomic():
        review = Review.objects.create(
            user=user, item=item, text=text, rating=rating, language=detect_language(text)
        )
        kept: set[str] = set()
        for position, (kind, file) in enumerate(stored):
            if file.checksum in kept:
                continue
            kept.add(file.checksum)
            Media.objects.create(
                review=review,
                kind=kind,
                position=position,
                file=file.name,
                checksum=file.checksum,
                mime=file.mime,
                bytes=file.bytes,
            )
        if kept:
            call_once("prepare_media")
        review_written.send(Review, review_ids=[review.pk])
    return review


def set_polarities(polarities: Mapping[int, float | None]) -> None:
    """Note what reviews (by number) are found to feel, from -1 to 1; None where nobody can tell.

    From the next answer on it counts as evidence of the author's taste. A review that is gone is no error.
    """
    table = connection.ops.quote_name(Review._meta.db_table)
    rows = [(polarity, pk) for pk, polarity in polarities.items()]
    if rows:
        # Not ``updated_at``: the review says what it said before.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {table} SET polarity = %s WHERE id = %s", rows)  # noqa: S608


def _labelled(
    photos: Iterable[UploadedFile], voices: Iterable[UploadedFile]
) -> list[tuple[MediaKind, UploadedFile]]:
    images: list[tuple[MediaKind, UploadedFile]] = [("image", one) for one in photos]
    return images + [("audio", one) for one in voices]
