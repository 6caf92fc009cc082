"""What somebody saved, as a list that is read page by page."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.paginator import Paginator

from recommender.models import Item
from recommender.services import events, history
from recommender.services.catalogue import set_availability
from recommender.services.events import Actor
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def items() -> list[Item]:
    return [Item.objects.create(external_id=f"i{n}", title=f"Item {n}") for n in range(5)]


@pytest.fixture(params=["member", "visitor"])
def actor(request: pytest.FixtureRequest, cast: Cast) -> Actor:
    return Actor(user=cast.member) if request.param == "member" else Actor(visitor="v1")


def titles(actor: Actor, page: int, size: int = 2) -> list[str]:
    return [card.item.title for card in Paginator(history.saved(actor), size).get_page(page)]


def test_what_was_saved_comes_page_by_page_the_latest_first(items: list[Item], actor: Actor) -> None:
    for item in items:
        events.toggle(actor, item, "save")
    events.toggle(actor, items[0], "like")
    assert [titles(actor, page) for page in (1, 2, 3)] == [
        ["Item 4", "Item 3"],
        ["Item 2", "Item 1"],
        ["Item 0"],
    ]
    (card,) = history.saved(actor)[4:5]
    assert (card.saved, card.liked) == (True, True)


def test_only_ones_own_and_only_what_is_saved(items: list[Item], actor: Actor) -> None:
    events.toggle(actor, items[0], "like")
    events.toggle(Actor(visitor="somebody else"), items[1], "save")
    assert titles(actor, 1) == []


def test_nobody_has_saved_anything() -> None:
    assert len(history.saved(Actor())) == 0
    assert titles(Actor(), 1) == []


def test_what_is_withheld_stays_and_what_is_retired_goes(items: list[Item], actor: Actor) -> None:
    for item in items[:2]:
        events.toggle(actor, item, "save")
    set_availability(items[0], "unavailable")
    set_availability(items[1], "retired")
    assert titles(actor, 1) == ["Item 0"]


def test_a_page_costs_the_same_however_much_is_saved(
    items: list[Item], actor: Actor, django_assert_max_num_queries: Any
) -> None:
    for item in items:
        events.toggle(actor, item, "save")
    with django_assert_max_num_queries(7):
        titles(actor, 1, size=5)
