"""The item page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from recommender.models import Interaction, Media, Review
from tests.web.conftest import Shop


def attributes_shown(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page))


@pytest.fixture
def bag(shop: Shop) -> Any:
    bag = shop.items[0]
    bag.attributes = {
        "colour": "red",
        "colour_zh": "红色",
        "baseStyle": "plain",
        "tags": ["new", "soft"],
        "note_zh": "皮",
        "specs": {"deep": 1},
        "empty": "",
    }
    bag.save()
    return bag


def test_attributes_are_read_in_english(bag: Any, as_: Callable[[str], Any]) -> None:
    page = as_("guest").get(reverse("item", args=[bag.pk]), headers={"accept-language": "en"})
    assert attributes_shown(page.content.decode()) == {
        "Colour": "red",
        "Base style": "plain",
        "Tags": "new, soft",
        "Note zh": "皮",
    }


def test_attributes_that_have_chinese_are_read_in_chinese(bag: Any, as_: Callable[[str], Any]) -> None:
    page = as_("guest").get(reverse("item", args=[bag.pk]), headers={"accept-language": "zh-hans"})
    assert attributes_shown(page.content.decode())["颜色"] == "红色"


def test_the_rating_one_gave_is_shown_again(bag: Any, as_: Callable[[str], Any]) -> None:
    member = as_("member")
    for stars in ("2", "4"):
        member.post(reverse("act", args=[bag.pk, "rating"]), {"value": stars})
    page = member.get(reverse("item", args=[bag.pk])).content.decode()
    assert re.findall(r'id="rate-(\d)" checked', page) == ["4"]


def test_with_a_rating_taken_back_the_one_before_counts_again(bag: Any, as_: Callable[[str], Any]) -> None:
    member, told = as_("member"), []
    for stars in ("2", "4"):
        member.post(reverse("act", args=[bag.pk, "rating"]), {"value": stars})
    for done in Interaction.objects.filter(kind="rating").order_by("-pk"):
        answer = member.post(reverse("undo", args=[done.pk]), headers={"hx-request": "true"})
        told.append(json.loads(answer["HX-Trigger"])["acted"]["stars"])
    assert told == ["2", ""]


@pytest.mark.parametrize(
    ("field", "name", "content", "told"),
    [
        ("photos", "cut.png", b"\x89PNG\r\n\x1a\ncut", "cut.png"),
        ("photos", "words.png", b"no picture at all", "words.png"),
        ("voice", "words.wav", b"no sound at all", "words.wav"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_named_and_the_words_are_kept(
    bag: Any, as_: Callable[[str], Any], field: str, name: str, content: bytes, told: str
) -> None:
    kind = "image/png" if field == "photos" else "audio/wav"
    sent = {"text": "Holds everything.", field: SimpleUploadedFile(name, content, kind)}
    answer = as_("member").post(reverse("review", args=[bag.pk]), sent, headers={"hx-request": "true"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert told in page
    assert "Holds everything." in page
    assert not Review.objects.exists()


def test_a_film_is_not_called_a_picture(shop: Shop, as_: Callable[[str], Any]) -> None:
    for kind in ("image", "video"):
        Media.objects.create(
            item=shop.items[1], kind=kind, file=f"originals/{kind}", checksum=kind, state=Media.State.READY
        )
    address = reverse("item", args=[shop.items[1].pk])
    named = r'data-show="[^"]*"[^>]* aria-label="([^"]*)"'
    page = as_("guest").get(address, headers={"accept-language": "zh-hans"}).content.decode()
    assert [re.sub(r"\W*\d", "", one) for one in re.findall(named, page)] == ["图片", "视频"]
    page = as_("guest").get(address, headers={"accept-language": "en"}).content.decode()
    assert re.findall(named, page) == ["Picture 1", "Film, 2"]
