"""What somebody did and what they saved, read on while some of it is taken back."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from recommender.models import Interaction
from recommender.web import history
from tests.web.conftest import Shop


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE", 5)
    monkeypatch.setattr(history, "SAVED_PAGE", 5)


def numbers(page: str) -> list[int]:
    """The bags on a page, in its order, each once."""
    return list(dict.fromkeys(int(one) for one in re.findall(r"Bag number (\d+)", page)))


def read_on(client: Any, page: str) -> str:
    (address,) = re.findall(r'data-more hx-get="([^"]+)"', page)
    answer = client.get(html.unescape(address), headers={"hx-request": "true", "accept-language": "en"})
    return str(answer.content.decode())


@pytest.mark.parametrize("address", ["/history/", "/saved/"])
@pytest.mark.parametrize("who", ["guest", "member"])
def test_nothing_is_passed_over_where_something_was_taken_back(
    shop: Shop, as_: Any, address: str, who: str
) -> None:
    client = as_(who)
    for item in shop.items:
        client.post(f"/item/{item.pk}/act/save/")
    page = client.get(address, headers={"accept-language": "en"}).content.decode()
    assert numbers(page) == [11, 10, 9, 8, 7]
    for number in (10, 7):
        client.post(f"/undo/{Interaction.objects.get(item=shop.items[number]).pk}/")
    following = read_on(client, page)
    assert numbers(following) == [6, 5, 4, 3, 2]
    assert numbers(read_on(client, following)) == [1, 0]


@pytest.mark.parametrize("past", ["x", "0001-01-01T00:00:00+23:00,3", "2026-01-01T00:00:00+00:00,x", ","])
@pytest.mark.parametrize("address", ["/history/", "/saved/"])
def test_a_place_that_makes_no_sense_is_the_beginning(shop: Shop, as_: Any, address: str, past: str) -> None:
    client = as_("guest")
    client.post(f"/item/{shop.items[3].pk}/act/save/")
    assert numbers(
        client.get(address, {"past": past}, headers={"accept-language": "en"}).content.decode()
    ) == [3]
