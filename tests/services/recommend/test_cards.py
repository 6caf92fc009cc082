"""Similar items, cards and their impressions; what a page costs, and what it does without Redis."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from recommender.errors import RecommenderError
from recommender.models import Impression, Item
from recommender.services import events, impressions, index, recommend, train
from recommender.services.catalogue import set_availability
from recommender.services.events import Actor
from recommender.services.recommend import answers, world
from recommender.services.recommend.shelf import items_and_stamps, listed, state_from, state_now
from tests.services.recommend.tastes import ALL, Tastes, add_vectors, ids, kinds, page

pytestmark = pytest.mark.django_db


# -- similar ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["all", "image", "text"])
def test_similar_items_are_of_one_kind(by: str, tastes: Tastes, actor: Actor) -> None:
    cards = recommend.similar(tastes.cold[0], by=by, limit=10, actor=actor)
    assert len(cards) == 10
    assert kinds(tastes, cards) == {"cold": 10}
    assert tastes.cold[0].pk not in ids(cards)


def test_similar_by_what_an_item_lacks_is_nothing(tastes: Tastes) -> None:
    assert recommend.similar(tastes.cold[0], by="audio", limit=10, actor=Actor()) == []


def test_similar_leaves_out_what_is_hidden_or_withdrawn(tastes: Tastes, actor: Actor) -> None:
    before = recommend.similar(tastes.cold[0], by="text", limit=10, actor=actor)
    events.toggle(actor, before[0].item, "hide")
    set_availability(before[1].item, "unavailable")
    after = recommend.similar(tastes.cold[0], by="text", limit=10, actor=actor)
    assert not {before[0].item.pk, before[1].item.pk} & set(ids(after))


def test_an_item_newer_than_the_graph_has_similar_ones(tastes: Tastes) -> None:
    new = Item.objects.create(external_id="warm-new", title="Warm new")
    add_vectors(tastes.space, new, 0, np.random.default_rng(1))
    cards = recommend.similar(new, by="text", limit=10, actor=Actor())
    assert kinds(tastes, cards) == {"warm": 10}


def test_an_unknown_way_to_compare_is_refused(tastes: Tastes) -> None:
    with pytest.raises(RecommenderError, match="Use one of all, image, text, audio"):
        recommend.similar(tastes.warm[0], by="smell", limit=3, actor=Actor())


# -- cards and impressions ----------------------------------------------------------------------------------


def test_cards_know_what_is_liked_and_saved(tastes: Tastes, member: Actor) -> None:
    neighbour = recommend.similar(tastes.warm[0], by="text", limit=3, actor=member)[0].item
    events.toggle(member, neighbour, "like")
    events.toggle(member, neighbour, "save")
    card = next(
        card
        for card in recommend.similar(tastes.warm[0], by="text", limit=3, actor=member)
        if card.item == neighbour
    )
    assert (card.liked, card.saved, card.hidden) == (True, True, False)


def test_what_is_shown_becomes_impressions(tastes: Tastes, member: Actor) -> None:
    events.record(member, tastes.warm[0], "like")
    found, rows = recommend.front_page(member, mixture=ALL, limit=24)
    cards = found.cards + [card for row in rows for card in row.cards]
    events.flush_impressions()
    kept = {row.pk: row for row in Impression.objects.all()}
    assert {card.impression for card in cards} == set(kept)
    first = kept[found.cards[0].impression]
    assert (first.surface, first.rank, first.user) == ("feed", 0, member.user)
    assert first.source == found.cards[0].explanation.source
    assert first.model == train.graph_name()


def test_the_same_page_shown_again_is_the_same_showing(tastes: Tastes, member: Actor) -> None:
    first = [card.impression for card in page(member).cards]
    assert [card.impression for card in page(member).cards] == first
    events.record(member, tastes.warm[0], "like")
    assert not set(first) & {card.impression for card in page(member).cards}


def test_strangers_never_share_an_impression(tastes: Tastes) -> None:
    first = {card.impression for card in page(Actor()).cards}
    assert not first & {card.impression for card in page(Actor()).cards}


# -- cost and failure ---------------------------------------------------------------------------------------


def test_a_page_costs_few_queries(
    tastes: Tastes, member: Actor, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    for module, name in ((train, "CHECK_SECONDS"), (index, "REFRESH_SECONDS"), (world, "_ARRIVALS_SECONDS")):
        monkeypatch.setattr(module, name, 1000.0)
    events.record(member, tastes.warm[0], "like")
    recommend.front_page(member, mixture=ALL, limit=24)
    with django_assert_num_queries(2):  # whether history and items are still as they were
        recommend.front_page(member, mixture=ALL, limit=24)
    events.record(member, tastes.cold[0], "like")
    with django_assert_num_queries(5):  # the history as well, and items that are new to this process
        recommend.front_page(member, mixture=ALL, limit=24)


def test_a_changed_item_is_shown_as_it_is_now(tastes: Tastes, member: Actor) -> None:
    item = page(member).cards[0].item
    item_now = Item.objects.get(pk=item.pk)
    item_now.title = "Renamed"
    item_now.save()
    assert next(card for card in page(member).cards if card.item == item).item.title == "Renamed"


class Down:
    def __getattr__(self, name: str) -> Any:
        raise RedisConnectionError("nobody there")


def test_without_redis_the_feed_still_follows(
    tastes: Tastes, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (impressions, answers):
        monkeypatch.setattr(module, "shared_redis", Down)
    assert page(member).cold
    events.record(member, tastes.warm[0], "like")
    first = page(member)
    assert kinds(tastes, first.cards)["warm"] >= 10
    second = page(member, offset=first.next_offset, answer=first.answer)
    assert not set(ids(first.cards)) & set(ids(second.cards))


def test_a_token_that_nobody_gave_begins_anew(tastes: Tastes, member: Actor) -> None:
    assert page(member, offset=12, answer=uuid.uuid4().hex).cards


def test_the_state_of_items_tells_of_each_change(tastes: Tastes) -> None:
    first, second = Item.objects.order_by("pk")[:2]
    both = [first.pk, second.pk]
    states = [state_now(listed(both))]
    assert states[0] == state_from(items_and_stamps(reversed(both))[1])
    second.title = "Another name"
    second.save()
    states.append(state_now(listed(both)))
    Item.objects.filter(pk=first.pk).update(availability=Item.Availability.RETIRED)
    states.append(state_now(listed(both)))
    first.delete()
    states.append(state_now(listed(both)))
    assert len(set(states)) == len(states)
    assert state_now(listed([])) == ""
