"""The item page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

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
