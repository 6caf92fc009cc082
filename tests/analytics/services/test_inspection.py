"""A look at a person shows what they would see, is noted, and leaves no other trace."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from analytics.models import AuditEntry
from analytics.services.inspection import INSPECTED, find_item, find_person, inspect_item, inspect_person
from recommender.models import Impression, Interaction, Item, Profile
from recommender.services import recommend
from recommender.services.events import Actor, flush_impressions, record
from recommender.services.index import rebuild_index
from recommender.services.redis_link import shared_redis
from tests.analytics.services.scored import scored
from tests.conftest import Cast
from tests.services.planted import plant


@pytest.fixture
def things(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> dict[str, Item]:
    made = plant(monkeypatch)
    record(Actor(user=cast.member), made["red leather bag"], "like")
    return made


def test_it_is_the_feed_that_the_person_gets(things: dict[str, Item], cast: Cast) -> None:
    seen = inspect_person(cast.member, cast.operator)
    page, rows = recommend.front_page(Actor(user=cast.member), mixture={}, limit=24)
    assert [card.item.pk for card in seen.page.cards] == [card.item.pk for card in page.cards]
    assert [row.title_kind for row in seen.rows] == [row.title_kind for row in rows]
    assert seen.page.cards[0].parts == page.cards[0].parts
    assert [item.external_id for item, _weight in seen.seeds if item] == ["red leather bag"]


def test_it_follows_the_persons_own_mixture(things: dict[str, Item], cast: Cast) -> None:
    Profile.objects.update_or_create(
        user=cast.member, defaults={"mixture": {"crowd": 0.0, "image": 0.0, "text": 1.0, "audio": 0.0}}
    )
    seen = inspect_person(cast.member, cast.operator)
    assert all(not card.parts.get("image") for card in seen.page.cards)


def test_no_impression_is_recorded_and_nothing_is_kept_for_later_pages(
    things: dict[str, Item], cast: Cast
) -> None:
    inspect_person(cast.member, cast.operator)
    flush_impressions()
    assert Impression.objects.count() == 0
    assert shared_redis().keys(f"mmsite:feed:u{cast.member.pk}:*") == []


def test_who_looked_is_noted(things: dict[str, Item], cast: Cast) -> None:
    inspect_person(cast.member, cast.operator)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.subject) == (cast.operator, INSPECTED, "mary")


def test_what_they_did_lately_is_listed(things: dict[str, Item], cast: Cast) -> None:
    seen = inspect_person(cast.member, cast.operator)
    assert [(one.item.external_id, one.kind) for one in seen.events] == [("red leather bag", "like")]
    assert Interaction.objects.count() == 1


def test_a_person_is_found_by_name_or_number(cast: Cast) -> None:
    assert find_person("mary") == cast.member
    assert find_person(str(cast.member.pk)) == cast.member
    assert find_person("nobody") is None
    assert find_person("9" * 30) is None


def test_a_name_of_digits_is_a_name_first(cast: Cast) -> None:
    digits = User.objects.create_user(str(cast.member.pk))
    assert find_person(str(cast.member.pk)) == digits


def test_an_item_is_found_by_number_or_key(things: dict[str, Item]) -> None:
    bag = things["red leather bag"]
    assert find_item(str(bag.pk)) == bag
    assert find_item("red leather bag") == bag
    assert find_item("nothing") is None


def test_all_of_an_item_is_told(things: dict[str, Item], settings: Any) -> None:
    bag = things["red leather bag"]
    scored(bag, "negative")
    seen = inspect_item(bag)
    assert {(one.row.modality, one.row.space.name) for one in seen.vectors} == {
        ("image", "planted"),
        ("text", "planted"),
    }
    assert all(one.norm == pytest.approx(1.0, abs=0.01) for one in seen.vectors)
    assert seen.index == "delta"
    assert (seen.feelings["count"], seen.feelings["negative_count"]) == (1, 1)
    near = {one.source: [item.external_id for item, _value in one.items] for one in seen.neighbours}
    assert set(near) == {"image", "text"}
    assert all("bag" in name or "red" in name for name in near["text"][:3])
    assert bag.external_id not in near["image"]


def test_an_item_of_the_snapshot_is_said_to_be_there(things: dict[str, Item]) -> None:
    from recommender.models import Embedding
    from recommender.services.index import forget_index
    from tests.analytics.services.drift.conftest import NOW

    Embedding.objects.update(created_at=NOW.replace(year=2020))
    Item.objects.update(updated_at=NOW.replace(year=2020))
    rebuild_index(force=True)
    forget_index()
    recommend.forget()
    assert inspect_item(things["red leather bag"]).index == "snapshot"


def test_an_item_without_vectors_is_not_in_the_index(things: dict[str, Item]) -> None:
    bare = Item.objects.create(external_id="bare", title="Bare")
    seen = inspect_item(bare)
    assert (seen.vectors, seen.index, seen.neighbours) == ([], "", [])
