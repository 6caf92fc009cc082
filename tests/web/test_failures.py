"""What could not be prepared or encoded: told to catalogue admins, and tried again."""

from __future__ import annotations

from typing import Any

import pytest

from recommender.models import Embedding, EncoderSpace, Media, Review
from tests.web.conftest import Shop


@pytest.fixture
def space(db: None) -> EncoderSpace:
    return EncoderSpace.objects.create(
        spec="test", name="test", weights_hash="0" * 16, dim=4, preprocessing="none/1"
    )


def page(as_: Any) -> str:
    return str(as_("catalogue_admin").get("/manage/media/").content.decode())


def test_a_medium_that_could_not_be_encoded_is_told_with_a_button(
    shop: Shop, space: EncoderSpace, as_: Any
) -> None:
    Embedding.objects.create(
        space=space, media=shop.sound, modality="audio", state="failed", error="The tower has burnt down."
    )
    told = page(as_)
    assert "The tower has burnt down." in told
    assert f"/manage/media/{shop.sound.pk}/retry/" in told


def test_words_that_could_not_be_encoded_are_told(shop: Shop, space: EncoderSpace, as_: Any) -> None:
    Embedding.objects.create(
        space=space, item=shop.items[3], modality="text", state="failed", error="Too strange a word."
    )
    shop.failed.delete()
    told = page(as_)
    assert "Too strange a word." in told
    assert "Try all again" in told


def test_a_failed_photo_names_the_review_it_belongs_to_and_still_does_when_it_is_tried_again(
    shop: Shop, cast: Any, as_: Any
) -> None:
    review = Review.objects.create(item=shop.items[1], user=cast.member, text="Torn.", rating=1)
    photo = Media.objects.create(review=review, kind="image", state="failed", error="Damaged.")
    named = f'href="/item/{shop.items[1].pk}/#reviews"'
    told = page(as_)
    assert named in told
    again = f"/manage/media/{photo.pk}/retry/?named=1"
    assert again in told
    assert named in as_("catalogue_admin").post(again, headers={"HX-Request": "true"}).content.decode()


def test_trying_words_again_does_not_speak_of_no_media(shop: Shop, space: EncoderSpace, as_: Any) -> None:
    shop.failed.delete()
    Embedding.objects.create(space=space, item=shop.items[3], modality="text", state="failed")
    answer = as_("catalogue_admin").post("/manage/media/retry/", follow=True).content.decode()
    assert "What could not be encoded is tried again." in answer


def test_where_nothing_failed_that_is_said(shop: Shop, as_: Any) -> None:
    shop.failed.delete()
    assert "Nothing failed" in page(as_)
