"""Cards shown, clicked and saved, by the row and the rank they stood at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisConnectionError

from recommender.models import Impression, Item
from recommender.services import events, impressions, responses
from recommender.services.events import Actor
from recommender.services.impressions import Shown, note_shown
from recommender.services.measured import CLICKS, SAVES, SHOWN, UNTOLD
from tests.conftest import Cast
from tests.services.measured.conftest import Counted

pytestmark = pytest.mark.django_db
VISITOR = Actor(visitor="v1")


@pytest.fixture
def items() -> list[Item]:
    return [Item.objects.create(external_id=f"i{n}", title=f"Item {n}") for n in range(3)]


def show(actor: Actor, items: list[Item], surface: str = "row popular") -> Any:
    return note_shown(actor, [Shown(item.pk, surface, rank) for rank, item in enumerate(items)])


def test_of_three_cards_of_a_row_the_second_is_clicked(items: list[Item], counted: Counted) -> None:
    cards = show(VISITOR, items)
    events.record(VISITOR, items[1], "click", impression=cards[1])
    events.flush_impressions()
    assert counted(SHOWN) == {("row popular", rank): 1 for rank in ("1", "2", "3")}
    assert counted(CLICKS) == {("row popular", "2"): 1}
    assert counted(SAVES) == {}


def test_a_card_is_counted_once_though_a_click_wrote_its_row_before(
    items: list[Item], counted: Counted
) -> None:
    cards = show(VISITOR, items)
    for number in range(3):
        events.record(VISITOR, items[number], "click", impression=cards[number])
    for _ in range(2):
        events.flush_impressions()
    assert sum(counted(SHOWN).values()) == 3
    assert sum(counted(CLICKS).values()) == 3


def test_an_answer_that_another_worker_took_first_is_counted_there(
    items: list[Item], counted: Counted, monkeypatch: pytest.MonkeyPatch, redis_server: Any
) -> None:
    show(VISITOR, items)
    write = impressions._write

    def slow(rows: Any) -> int:
        redis_server.delete(impressions.KEY)
        return write(rows)

    monkeypatch.setattr(impressions, "_write", slow)
    events.flush_impressions()
    assert counted(SHOWN) == {}


def test_a_card_clicked_again_and_again_is_one_click(items: list[Item], counted: Counted) -> None:
    (card, *_) = show(VISITOR, items)
    for _ in range(3):
        events.record(VISITOR, items[0], "click", impression=card)
        events.flush_impressions()
    assert counted(CLICKS) == {("row popular", "1"): 1}


def test_a_save_belongs_to_its_card(items: list[Item], cast: Cast, counted: Counted) -> None:
    member = Actor(user=cast.member)
    cards = show(member, items, "feed")
    events.toggle(member, items[2], "save", impression=cards[2])
    events.flush_impressions()
    assert counted(SAVES) == {("feed", "3"): 1}


def test_a_save_taken_back_at_once_is_none(items: list[Item], counted: Counted) -> None:
    cards = show(VISITOR, items)
    for _ in range(2):
        events.toggle(VISITOR, items[0], "save", impression=cards[0])
    events.flush_impressions()
    assert counted(SAVES) == {}


def test_likes_and_looks_are_no_clicks(items: list[Item], counted: Counted) -> None:
    cards = show(VISITOR, items)
    events.toggle(VISITOR, items[0], "like", impression=cards[0])
    events.record(VISITOR, items[1], "view")
    events.flush_impressions()
    assert (counted(CLICKS), counted(SAVES), counted(UNTOLD)) == ({}, {}, {})


@pytest.mark.parametrize("who", ["member", "visitor"])
def test_what_names_no_card_belongs_to_the_last_that_showed_the_item(
    who: str, items: list[Item], cast: Cast, counted: Counted
) -> None:
    actor = Actor(user=cast.member) if who == "member" else VISITOR
    show(actor, items, "feed")
    show(actor, list(reversed(items)), "search")
    show(Actor(user=cast.outsider), items, "row fresh")
    show(Actor(), items, "row fresh")
    events.record(actor, items[0], "click")
    events.flush_impressions()
    assert counted(CLICKS) == {("search", "3"): 1}


def test_a_second_click_that_names_no_card_is_one_click(items: list[Item], counted: Counted) -> None:
    show(VISITOR, items)
    for _ in range(2):
        events.record(VISITOR, items[0], "click")
        events.flush_impressions()
    assert counted(CLICKS) == {("row popular", "1"): 1}


def test_what_no_card_led_to_is_counted_apart(items: list[Item], counted: Counted) -> None:
    show(Actor(visitor="somebody else"), items)
    show(VISITOR, items[:1])
    events.flush_impressions()
    long_ago = timezone.now() - responses.REMEMBERED - timedelta(minutes=1)
    Impression.objects.filter(visitor="v1").update(created_at=long_ago)
    for item in items:
        events.record(VISITOR, item, "click")
    events.flush_impressions()
    assert counted(CLICKS) == {}
    assert counted(UNTOLD) == {("click",): 3}


def test_without_redis_a_click_is_recorded_all_the_same(
    items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Down:
        def __getattr__(self, name: str) -> Any:
            raise RedisConnectionError("nobody there")

    monkeypatch.setattr(responses, "shared_redis", Down)
    assert events.record(VISITOR, items[0], "click") is not None
    assert responses.count_responses() == 0


def test_clicks_that_nobody_counts_do_not_heap_up(
    items: list[Item], monkeypatch: pytest.MonkeyPatch, redis_server: Any
) -> None:
    monkeypatch.setattr(responses, "_MOST_WAITING", 5)
    for _ in range(20):
        events.record(VISITOR, items[0], "click")
    assert redis_server.llen(responses.KEY) == 5


def test_more_than_is_taken_at_once_is_counted_too(
    items: list[Item], counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responses, "_AT_ONCE", 2)
    cards = show(VISITOR, items)
    for item, card in zip(items, cards, strict=True):
        events.record(VISITOR, item, "click", impression=card)
    events.flush_impressions()
    assert sum(counted(CLICKS).values()) == 3


def test_what_there_was_no_time_for_waits(
    items: list[Item], counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = show(VISITOR, items)
    events.record(VISITOR, items[0], "click", impression=cards[0])
    with monkeypatch.context() as hurry:
        hurry.setattr(responses, "_SECONDS", 0.0)
        events.flush_impressions()
    assert counted(CLICKS) == {}
    events.flush_impressions()
    assert counted(CLICKS) == {("row popular", "1"): 1}
