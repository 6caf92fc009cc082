"""What people do: recorded once, taken back, told to everyone, by whoever it was."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from recommender.errors import RecommenderError
from recommender.models import Impression, Interaction, Item
from recommender.services import events, impressions
from recommender.services.events import Actor
from recommender.services.impressions import Shown, note_shown
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

VISITOR = Actor(visitor="v1")


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impressions, "_pause_until", 0.0)


@pytest.fixture
def items() -> list[Item]:
    return [Item.objects.create(external_id=f"i{n}", title=f"Item {n}") for n in range(4)]


@pytest.fixture
def member(cast: Cast) -> Actor:
    return Actor(user=cast.member)


class Down:
    """A Redis that is not there."""

    def __getattr__(self, name: str) -> Any:
        raise RedisConnectionError("nobody there")


@pytest.fixture
def redis_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impressions, "shared_redis", Down)


# -- doing --------------------------------------------------------------------------------------------------


def test_nobody_leaves_no_trace(items: list[Item]) -> None:
    assert events.record(Actor(), items[0], "view") is None
    assert events.toggle(Actor(), items[0], "like") is False
    assert not Interaction.objects.exists()


@pytest.mark.parametrize("who", ["member", "visitor"])
def test_a_switch_goes_on_and_off(who: str, items: list[Item], member: Actor) -> None:
    actor = member if who == "member" else VISITOR
    assert events.toggle(actor, items[0], "save") is True
    assert events.states(actor, [items[0].pk, items[1].pk]) == {items[0].pk: {"save": True}}
    assert events.toggle(actor, items[0], "save") is False
    assert events.states(actor) == {}


def test_like_and_dislike_exclude_each_other(items: list[Item], member: Actor) -> None:
    events.toggle(member, items[0], "like")
    events.toggle(member, items[0], "dislike")
    assert events.states(member) == {items[0].pk: {"dislike": True}}
    events.record(member, items[0], "like")
    assert events.states(member) == {items[0].pk: {"like": True}}


def test_recording_a_switch_twice_keeps_one_row(items: list[Item], member: Actor) -> None:
    first = events.record(member, items[0], "like")
    assert events.record(member, items[0], "like") == first
    assert Interaction.objects.count() == 1


def test_a_lost_race_finds_the_row_that_won(
    items: list[Item], member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    won = events.record(member, items[0], "like")
    monkeypatch.setattr(events, "_mine", lambda *_: Interaction.objects.none())
    assert events.record(member, items[0], "like") == won


def test_the_same_moment_twice_is_one_event(items: list[Item], member: Actor) -> None:
    first = events.record(member, items[0], "click")
    assert first is not None
    assert events.record(member, items[0], "click", at=first.created_at) == first


@pytest.mark.parametrize(("kind", "value"), [("stare", None), ("rating", None), ("rating", 6.0)])
def test_what_cannot_be_is_refused_in_words(
    kind: str, value: float | None, items: list[Item], member: Actor
) -> None:
    with pytest.raises(RecommenderError, match=r"Use|Give"):
        events.record(member, items[0], kind, value=value)


def test_only_switches_can_be_switched(items: list[Item], member: Actor) -> None:
    with pytest.raises(RecommenderError, match="cannot be switched"):
        events.toggle(member, items[0], "purchase")


def test_taking_back_removes_ones_own_and_nobody_elses(items: list[Item], member: Actor, cast: Cast) -> None:
    done = events.record(member, items[0], "click")
    assert done is not None
    assert events.undo(Actor(user=cast.outsider), done.pk) is False
    assert events.undo(VISITOR, done.pk) is False
    assert events.undo(member, done.pk) is True
    assert events.undo(member, done.pk) is False
    assert not Interaction.objects.exists()


def test_the_newest_come_first(items: list[Item], member: Actor) -> None:
    for item in items:
        events.record(member, item, "view")
    assert [row[0] for row in events.newest(member, 2)] == [items[3].pk, items[2].pk]


# -- versions -----------------------------------------------------------------------------------------------


def test_every_change_gives_the_history_a_version_it_never_had(items: list[Item], member: Actor) -> None:
    seen = [events.history_version(member)]
    assert seen == [events.history_version(member)]
    done = events.record(member, items[0], "click")
    assert done is not None
    seen.append(events.history_version(member))
    events.toggle(member, items[1], "like")
    seen.append(events.history_version(member))
    events.toggle(member, items[1], "dislike")
    seen.append(events.history_version(member))
    events.undo(member, done.pk)
    seen.append(events.history_version(member))
    events.record(member, items[0], "click")
    seen.append(events.history_version(member))
    assert len(set(seen)) == 6


def test_somebody_elses_history_keeps_its_version(items: list[Item], member: Actor) -> None:
    before = events.history_version(VISITOR)
    events.record(member, items[0], "click")
    assert events.history_version(VISITOR) == before


def test_without_redis_everything_is_recorded(items: list[Item], member: Actor, redis_down: None) -> None:
    before = events.history_version(member)
    assert events.record(member, items[0], "click", impression=uuid.uuid4()) is not None
    assert events.toggle(member, items[1], "like") is True
    assert events.history_version(member) != before
    assert len(note_shown(member, [Shown(items[0].pk, "feed", 0)])) == 1
    assert events.flush_impressions() == 0


# -- impressions --------------------------------------------------------------------------------------------


def shown(items: list[Item]) -> list[Shown]:
    return [
        Shown(item.pk, "feed", rank, 1.0 - rank / 10, "image", items[0].pk) for rank, item in enumerate(items)
    ]


def test_impressions_become_rows_when_they_are_flushed(items: list[Item], member: Actor) -> None:
    ids = note_shown(member, shown(items), model="item-graph 7")
    assert not Impression.objects.exists()
    assert events.flush_impressions() == 4
    rows = list(Impression.objects.order_by("rank"))
    assert [row.pk for row in rows] == ids
    assert [row.item_id for row in rows] == [item.pk for item in items]
    assert len({row.answer for row in rows}) == 1
    first = rows[1]
    assert (first.user, first.surface, first.source, first.seed_id) == (
        member.user,
        "feed",
        "image",
        items[0].pk,
    )
    assert (first.score, first.model) == (pytest.approx(0.9), "item-graph 7")
    assert events.flush_impressions() == 0


def test_a_click_finds_its_impression_before_and_after_the_flush(items: list[Item], member: Actor) -> None:
    ids = note_shown(member, shown(items))
    early = events.record(member, items[0], "click", impression=ids[0])
    assert early is not None
    assert early.impression_id == ids[0]
    events.flush_impressions()
    late = events.record(member, items[1], "click", impression=ids[1])
    assert late is not None
    assert late.impression_id == ids[1]
    assert Impression.objects.count() == 4


@pytest.mark.parametrize("flushed", [False, True])
def test_somebody_elses_impression_is_left_out(
    flushed: bool, items: list[Item], member: Actor, cast: Cast
) -> None:
    ids = note_shown(member, shown(items))
    if flushed:
        events.flush_impressions()
    for other in (VISITOR, Actor(user=cast.outsider)):
        done = events.record(other, items[0], "click", impression=ids[0])
        assert done is not None
        assert done.impression_id is None


def test_an_impression_of_another_item_or_of_nothing_is_left_out(items: list[Item], member: Actor) -> None:
    ids = note_shown(member, shown(items))
    for impression in (ids[1], uuid.uuid4()):
        done = events.record(member, items[0], "click", impression=impression)
        assert done is not None
        assert done.impression_id is None


def test_a_guests_first_click_answers_what_was_shown_before_they_had_an_id(items: list[Item]) -> None:
    ids = note_shown(Actor(), shown(items))
    done = events.record(VISITOR, items[2], "click", impression=ids[2])
    assert done is not None
    assert done.impression_id == ids[2]


def test_impressions_of_items_and_people_that_are_gone_are_passed_over(
    items: list[Item], member: Actor, cast: Cast
) -> None:
    note_shown(member, shown(items))
    note_shown(Actor(user=cast.outsider), shown(items))
    items[0].delete()
    cast.outsider.delete()
    assert events.flush_impressions() == 3
    assert set(Impression.objects.values_list("seed_id", flat=True)) == {None}


def test_what_waits_is_bounded(items: list[Item], member: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impressions, "MOST_WAITING", 3)
    for _ in range(10):
        assert len(note_shown(member, shown(items))) == 4
    assert events.flush_impressions() == 12


def test_many_answers_are_flushed_in_portions(items: list[Item], member: Actor) -> None:
    for _ in range(120):
        note_shown(member, shown(items[:1]))
    assert events.flush_impressions() == 120
