"""While the media storage is away pages say so, and nothing that was there is called lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from recommender.models import Item, Review
from tests.conftest import Cast
from tests.services.shop import photo

pytestmark = pytest.mark.django_db
NAME = f"queries/{'a' * 64}.webp"


def test_a_medium_is_asked_for_again_later(media_away: Any) -> None:
    with media_away():
        response = Client().get(f"/media/{NAME}")
    assert response.status_code == 503
    assert (response["Retry-After"], response["Cache-Control"]) == ("30", "no-store")
    assert Client().get(f"/media/{NAME}").status_code == 404


def test_a_search_by_picture_says_so_in_the_readers_language(media_away: Any) -> None:
    with media_away():
        chinese = Client().get("/search/", {"image": NAME}, headers={"Accept-Language": "zh-hans"})
        english = Client().get("/search/", {"image": NAME})
    assert (chinese.status_code, english.status_code) == (503, 503)
    assert "媒体存储目前无法使用" in chinese.content.decode()
    assert "The media storage cannot be used now" in english.content.decode()


def test_a_review_with_a_photo_is_not_half_kept_and_its_words_stay_in_the_form(
    media_away: Any, cast: Cast
) -> None:
    item = Item.objects.create(external_id="1", title="Bag")
    client = Client()
    client.force_login(cast.member)
    with media_away():
        sent = {"text": "Good.", "photos": SimpleUploadedFile("a.jpg", photo("red"), "image/jpeg")}
        response = client.post(f"/item/{item.pk}/review/", sent)
    assert response.status_code == 422
    shown = response.content.decode()
    assert "The media storage cannot be used now. Try again soon." in shown
    assert "Good.</textarea>" in shown
    assert not Review.objects.exists()


def test_programs_are_told_in_their_own_form(media_away: Any) -> None:
    with media_away():
        response = Client().post("/api/v1/search/media", {"image": SimpleUploadedFile("a.jpg", photo("red"))})
    assert response.status_code == 503
    assert response.json()["error"] == "The media storage cannot be used now."


def test_other_errors_are_none_of_its_business(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("recommender.services.stored.open_part", broken)
    assert Client(raise_request_exception=False).get(f"/media/{NAME}").status_code == 500
