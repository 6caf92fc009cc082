"""Becoming a member, and bringing along what one did as a guest."""

from __future__ import annotations

import pytest
from django.utils import timezone

from recommender.models import Impression, Interaction, Item, Role
from recommender.services import accounts, events
from recommender.services.events import Actor
from recommender.services.impressions import Shown, note_shown
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

GUEST = Actor(visitor="guest-1")


@pytest.fixture
def items() -> list[Item]:
    return [Item.objects.create(external_id=f"i{n}", title=f"Item {n}") for n in range(3)]


def done(**who: object) -> set[tuple[str, str]]:
    rows = Interaction.objects.filter(**who).select_related("item")
    return {(row.item.external_id, row.kind) for row in rows}


def test_a_new_member_has_a_role_a_profile_and_a_password() -> None:
    user = accounts.sign_up("nora", "a-long-enough-one", language="zh-hans")
    assert user.check_password("a-long-enough-one")
    assert list(user.groups.values_list("name", flat=True)) == [Role.MEMBER]
    assert user.profile.language == "zh-hans"


def test_what_a_guest_did_becomes_the_members(items: list[Item], cast: Cast) -> None:
    events.toggle(GUEST, items[0], "like")
    events.record(GUEST, items[1], "click")
    assert accounts.adopt_visitor(cast.member, "guest-1") == 2
    assert done(user=cast.member) == {("i0", "like"), ("i1", "click")}
    assert done(visitor="guest-1") == set()


def test_a_switch_that_both_had_on_stays_once(items: list[Item], cast: Cast) -> None:
    events.toggle(GUEST, items[0], "save")
    events.toggle(Actor(user=cast.member), items[0], "save")
    assert accounts.adopt_visitor(cast.member, "guest-1") == 0
    assert done(user=cast.member) == {("i0", "save")}
    assert Interaction.objects.count() == 1


@pytest.mark.parametrize("later", ["guest", "member"])
def test_of_like_and_dislike_the_later_counts(later: str, items: list[Item], cast: Cast) -> None:
    member = Actor(user=cast.member)
    order = (
        [(member, "like"), (GUEST, "dislike")] if later == "guest" else [(GUEST, "dislike"), (member, "like")]
    )
    for actor, kind in order:
        events.toggle(actor, items[0], kind)
    accounts.adopt_visitor(cast.member, "guest-1")
    assert done(user=cast.member) == {("i0", order[-1][1])}
    assert Interaction.objects.count() == 1


def test_the_same_thing_at_the_same_moment_stays_once(items: list[Item], cast: Cast) -> None:
    now = timezone.now()
    for actor in (GUEST, Actor(user=cast.member)):
        events.record(actor, items[0], "view", at=now)
    accounts.adopt_visitor(cast.member, "guest-1")
    assert Interaction.objects.count() == 1


def test_impressions_come_along_whether_written_or_waiting(items: list[Item], cast: Cast) -> None:
    note_shown(GUEST, [Shown(items[0].pk, "feed", 0)])
    events.flush_impressions()
    ids = note_shown(GUEST, [Shown(items[1].pk, "feed", 0)])
    accounts.adopt_visitor(cast.member, "guest-1")
    answer = events.record(Actor(user=cast.member), items[1], "click", impression=ids[0])
    assert answer is not None
    assert answer.impression_id == ids[0]
    events.flush_impressions()
    assert Impression.objects.filter(user=cast.member, visitor="").count() == 2


def test_nobodys_past_is_nobodys(items: list[Item], cast: Cast) -> None:
    assert accounts.adopt_visitor(cast.member, "") == 0


def test_both_histories_are_told_anew(items: list[Item], cast: Cast) -> None:
    member = Actor(user=cast.member)
    events.toggle(GUEST, items[0], "like")
    before = events.history_version(member), events.history_version(GUEST)
    accounts.adopt_visitor(cast.member, "guest-1")
    after = events.history_version(member), events.history_version(GUEST)
    assert before[0] != after[0]
    assert before[1] != after[1]
