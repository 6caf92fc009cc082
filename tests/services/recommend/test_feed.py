"""The feed over planted tastes: what it shows, what it keeps away, and what it says of it."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from recommender.contracts import SOURCES
from recommender.models import Interaction, Item, ModelVersion
from recommender.services import events, recommend, train
from recommender.services.catalogue import set_availability
from recommender.services.events import Actor
from recommender.services.recommend import scoring, world
from tests.conftest import Cast
from tests.services.recommend.tastes import ALL, Tastes, ids, kinds, page

pytestmark = pytest.mark.django_db

VISITOR = Actor(visitor="v1")


# -- what follows from what one does ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["click", "like", "save", "purchase"])
def test_the_next_feed_follows_the_first_click(kind: str, tastes: Tastes, actor: Actor) -> None:
    assert page(actor).cold
    events.record(actor, tastes.warm[0], kind)
    found = page(actor)
    assert not found.cold
    assert kinds(tastes, found.cards)["warm"] >= 10


def test_a_new_turn_is_followed_in_spite_of_a_long_past(tastes: Tastes, member: Actor) -> None:
    for item in tastes.warm[:6]:
        row = events.record(member, item, "like")
        assert row is not None
        Interaction.objects.filter(pk=row.pk).update(created_at=row.created_at - timedelta(days=40))
    before = kinds(tastes, page(member).cards)["cold"]
    events.record(member, tastes.cold[0], "like")
    assert kinds(tastes, page(member).cards)["cold"] > before


def test_taking_it_back_restores_the_feed(tastes: Tastes, member: Actor) -> None:
    events.record(member, tastes.cold[0], "like")
    before = ids(page(member).cards)
    done = events.record(member, tastes.warm[0], "like")
    assert done is not None
    assert ids(page(member).cards) != before
    events.undo(member, done.pk)
    assert ids(page(member).cards) == before


def test_what_is_disliked_pushes_its_kind_down(tastes: Tastes, member: Actor) -> None:
    events.record(member, tastes.warm[0], "click")
    events.record(member, tastes.cold[0], "click")
    both = kinds(tastes, page(member, limit=24).cards)["warm"]
    events.toggle(member, tastes.warm[0], "dislike")
    assert kinds(tastes, page(member, limit=24).cards)["warm"] < both


def test_one_persons_clicks_are_not_anothers(tastes: Tastes, member: Actor) -> None:
    events.record(member, tastes.warm[0], "like")
    assert page(VISITOR).cold


# -- what stays away ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["view", "click", "like", "dislike", "save", "purchase", "hide"])
def test_what_was_met_stays_away(kind: str, tastes: Tastes, actor: Actor) -> None:
    events.record(actor, tastes.warm[0], "like")
    target = page(actor).cards[0].item
    events.record(actor, target, kind)
    found, rows = recommend.front_page(actor, mixture=ALL, limit=24)
    assert target.pk not in ids(found.cards)
    assert all(target.pk not in ids(row.cards) for row in rows)


def test_what_was_met_is_shown_when_asked_for_but_not_what_was_turned_down(
    tastes: Tastes, actor: Actor
) -> None:
    liked, hidden = tastes.warm[0], tastes.warm[1]
    events.record(actor, liked, "like")
    events.record(actor, hidden, "hide")
    first = page(actor, seen=True, limit=10)
    shown = ids(first.cards)
    while first.next_offset:
        first = page(actor, seen=True, limit=10, offset=first.next_offset, answer=first.answer)
        shown += ids(first.cards)
    assert liked.pk in shown
    assert hidden.pk not in shown
    assert len(shown) == len(set(shown))
    assert liked.pk not in ids(page(actor, limit=len(shown) + 2).cards)


def test_asking_for_what_was_met_loses_nothing_where_nothing_was(tastes: Tastes, actor: Actor) -> None:
    events.record(actor, tastes.warm[0], "hide")
    found = page(actor, seen=True, limit=len(tastes.warm) + len(tastes.cold))
    assert len(found.cards) == len(tastes.warm) + len(tastes.cold) - 1


@pytest.mark.parametrize("state", ["unavailable", "retired"])
def test_what_is_withdrawn_is_gone_at_once(state: str, tastes: Tastes, actor: Actor) -> None:
    events.record(actor, tastes.warm[0], "like")
    found, rows = recommend.front_page(actor, mixture=ALL, limit=24)
    gone = [found.cards[0].item, rows[0].cards[0].item]
    for item in gone:
        set_availability(item, state)
    found, rows = recommend.front_page(actor, mixture=ALL, limit=24)
    assert len(found.cards) == 24
    shown = ids(found.cards) + [pk for row in rows for pk in ids(row.cards)]
    assert not {item.pk for item in gone} & set(shown)


def test_items_deleted_since_the_graph_was_fitted_are_no_trouble(tastes: Tastes, actor: Actor) -> None:
    events.record(actor, tastes.warm[0], "like")
    Item.objects.filter(pk__in=[item.pk for item in tastes.warm[1:30]]).delete()
    tastes.warm[0].delete()
    found = page(actor)
    assert len(found.cards) == 12
    assert recommend.similar(tastes.warm[31], by="all", limit=5, actor=actor)


def test_a_category_shows_its_own_items_only(tastes: Tastes, actor: Actor) -> None:
    events.record(actor, tastes.warm[0], "like")
    found = page(actor, category=tastes.categories[1], limit=100)
    assert {card.item.category_id for card in found.cards} == {tastes.categories[1].pk}
    assert len(found.cards) == len(tastes.cold)


# -- pages --------------------------------------------------------------------------------------------------


def all_pages(actor: Actor, between: Any = None, **options: Any) -> list[int]:
    shown, offset = [], 0
    token = ""
    while True:
        found = page(actor, offset=offset, answer=token, **options)
        shown += ids(found.cards)
        if found.next_offset is None:
            return shown
        assert found.next_offset > offset
        offset, token = found.next_offset, found.answer
        if between:
            between()


def test_scrolling_shows_everything_once(tastes: Tastes, actor: Actor) -> None:
    events.record(actor, tastes.warm[0], "like")
    _first, rows = recommend.front_page(actor, mixture=ALL, limit=12)
    shown = all_pages(actor) + [pk for row in rows for pk in ids(row.cards)]
    assert len(shown) == len(set(shown)) == 2 * len(tastes.warm) - 1


def test_an_event_between_two_pages_repeats_nothing(tastes: Tastes, actor: Actor) -> None:
    events.record(actor, tastes.warm[0], "like")
    clicks = iter(tastes.cold)
    shown = all_pages(actor, between=lambda: events.record(actor, next(clicks), "like"))
    assert len(shown) == len(set(shown))


def test_a_page_goes_on_in_another_process(tastes: Tastes, member: Actor) -> None:
    first = page(member)
    events.record(member, tastes.warm[0], "like")
    page(member)  # another tab
    recommend.forget()
    second = page(member, offset=first.next_offset, answer=first.answer)
    assert not set(ids(first.cards)) & set(ids(second.cards))
    assert second.answer == first.answer


def test_another_process_shows_the_same_answer_until_something_is_done(
    tastes: Tastes, member: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    events.record(member, tastes.warm[0], "like")
    first, rows = recommend.front_page(member, mixture=ALL, limit=12)
    recommend.forget()  # as in a process that has never heard of this reader
    ranked: list[bool] = []
    monkeypatch.setattr(
        sys.modules[recommend.feed.__module__],
        "rank",
        lambda *a, **k: ranked.append(True) or scoring.rank(*a, **k),
    )
    again, rows_again = recommend.front_page(member, mixture=ALL, limit=12)
    assert (ids(again.cards), again.answer, again.cold) == (ids(first.cards), first.answer, first.cold)
    assert [(row.title_kind, ids(row.cards)) for row in rows_again] == [
        (row.title_kind, ids(row.cards)) for row in rows
    ]
    assert not ranked
    recommend.forget()
    recommend.front_page(member, mixture=dict.fromkeys(SOURCES, 0.5), limit=12)
    assert len(ranked) == 1
    events.record(member, tastes.cold[0], "like")
    recommend.forget()
    recommend.front_page(member, mixture=ALL, limit=12)
    assert len(ranked) == 2


def test_somebody_elses_answer_is_not_continued(tastes: Tastes, member: Actor, cast: Cast) -> None:
    events.record(member, tastes.warm[0], "like")
    first = page(member)
    other = page(Actor(user=cast.outsider), offset=first.next_offset, answer=first.answer)
    assert other.answer != first.answer


def test_what_is_hidden_while_scrolling_does_not_come_later(tastes: Tastes, member: Actor) -> None:
    first = page(member)
    later = page(member, offset=first.next_offset, answer=first.answer).cards[3].item
    events.toggle(member, later, "hide")
    assert later.pk not in ids(page(member, offset=first.next_offset, answer=first.answer).cards)


def test_no_card_comes_twice_on_the_first_page(tastes: Tastes, actor: Actor) -> None:
    events.record(actor, tastes.warm[0], "save")
    events.record(actor, tastes.cold[0], "click")
    found, rows = recommend.front_page(actor, mixture=ALL, limit=24)
    shown = ids(found.cards) + [pk for row in rows for pk in ids(row.cards)]
    assert len(shown) == len(set(shown))
    assert [(row.title_kind, row.seed) for row in rows[:2]] == [
        ("save", tastes.warm[0]),
        ("click", tastes.cold[0]),
    ]
    assert all(row.cards for row in rows)
    assert [ids(row.cards) for row in recommend.rows(actor, ALL)] == [ids(row.cards) for row in rows]


def test_a_row_about_an_item_holds_what_is_like_it(tastes: Tastes, actor: Actor) -> None:
    events.record(actor, tastes.warm[0], "save")
    (row,) = [row for row in recommend.rows(actor, ALL) if row.seed]
    assert kinds(tastes, row.cards) == {"warm": len(row.cards)}
    assert {card.seed for card in row.cards} == {tastes.warm[0]}


def test_a_small_catalogue_is_all_grid(actor: Actor) -> None:
    for n in range(12):
        Item.objects.create(external_id=f"i{n}", title=f"Item {n}")
    found, rows = recommend.front_page(actor, mixture=ALL, limit=24)
    assert (len(found.cards), rows) == (12, [])


# -- mixture and diversity ----------------------------------------------------------------------------------


def test_the_mixture_decides_which_source_speaks(tastes: Tastes, member: Actor) -> None:
    events.record(member, tastes.warm[0], "like")
    for source in ("image", "text"):
        only = {**dict.fromkeys(SOURCES, 0.0), source: 1.0}
        spoke = {card.explanation.source for card in page(member, mixture=only).cards if card.explanation}
        assert spoke <= {source, "popular", "fresh"}
        assert source in spoke


def test_a_silent_mixture_still_shows_something(tastes: Tastes, actor: Actor) -> None:
    events.record(actor, tastes.warm[0], "like")
    found = page(actor, mixture=dict.fromkeys(SOURCES, 0.0))
    assert len(found.cards) == 12


# -- why ----------------------------------------------------------------------------------------------------


def test_each_card_names_the_largest_part_of_its_sum(tastes: Tastes, actor: Actor) -> None:
    for item in (*tastes.warm[:3], tastes.cold[0]):
        events.record(actor, item, "like")
    for card in page(actor).cards:
        assert card.explanation is not None
        positive = {source: part for source, part in card.parts.items() if part > 0}
        assert positive[card.explanation.source] == max(positive.values())
        assert card.explanation.share == pytest.approx(max(positive.values()) / sum(positive.values()))


def test_the_seed_it_names_really_has_that_neighbour(tastes: Tastes, member: Actor) -> None:
    for item in (*tastes.warm[:3], tastes.cold[0]):
        events.record(member, item, "like")
    graph = train.current_graph()
    assert graph is not None
    named = [card for card in page(member).cards if card.seed]
    assert named
    for card in named:
        assert card.explanation is not None
        assert card.seed_kind == "like"
        assert card.item.pk in graph.row(card.explanation.source, card.seed.pk)[0]


def test_why_says_the_same_as_the_card(tastes: Tastes, member: Actor) -> None:
    events.record(member, tastes.warm[0], "like")
    card = page(member).cards[0]
    assert card.explanation is not None
    source, seed, share = recommend.why(member, card.item)[0]
    assert (source, seed) == (card.explanation.source, card.seed)
    assert share == pytest.approx(card.explanation.share, abs=0.01)


def test_why_works_for_what_nothing_speaks_for(tastes: Tastes) -> None:
    shares = [share for _source, _seed, share in recommend.why(Actor(), tastes.warm[0])]
    assert sum(shares) == pytest.approx(1.0) or not shares


# -- beginnings ---------------------------------------------------------------------------------------------


def test_before_any_graph_the_newest_and_the_popular_are_shown(actor: Actor) -> None:
    items = [Item.objects.create(external_id=f"i{n}", title=f"Item {n}") for n in range(30)]
    for n in range(5):
        Interaction.objects.create(item=items[3], visitor=f"x{n}", kind="like")
    found = page(actor)
    assert found.cold
    assert items[3].pk in ids(found.cards)
    assert len(found.cards) == 12


def test_an_empty_site_has_an_empty_feed(actor: Actor) -> None:
    assert recommend.front_page(actor, mixture=ALL, limit=24) == (
        recommend.FeedPage([], True, None, page(actor).answer),
        [],
    )


def test_before_the_graph_the_index_knows_what_is_alike(tastes: Tastes, actor: Actor) -> None:
    ModelVersion.objects.all().delete()
    train.forget_graph()
    recommend.forget()
    events.record(actor, tastes.warm[0], "like")
    found = page(actor)
    assert kinds(tastes, found.cards)["warm"] >= 10
    assert {card.seed for card in found.cards if card.seed} == {tastes.warm[0]}


def test_an_item_newer_than_the_graph_is_reached_through_its_content(tastes: Tastes, actor: Actor) -> None:
    events.record(actor, tastes.warm[0], "like")
    new = Item.objects.create(external_id="warm-new", title="Warm new", category=tastes.categories[0])
    source = tastes.warm[0].embeddings.values_list("modality", "vector")
    for modality, vector in source:
        new.embeddings.create(space=tastes.space, modality=modality, vector=bytes(vector), state="ready")
    cards = page(actor, category=tastes.categories[0], limit=90).cards
    card = next(card for card in cards if card.item == new)
    assert card.explanation is not None
    assert card.explanation.source in {"image", "text"}
    assert card.seed == tastes.warm[0]
    assert new.pk == ids(recommend.similar(tastes.warm[0], by="text", limit=3, actor=actor))[0]


def test_what_came_in_just_now_but_is_old_has_arrived_and_is_not_new(db: None) -> None:
    old, new = (Item.objects.create(external_id=name, title=name) for name in ("old", "new"))
    Item.objects.filter(pk=old.pk).update(published_at=timezone.now() - timedelta(days=140))
    now = world.world_now()
    assert now.arrivals.tolist() == [old.pk, new.pk]
    assert now.fresh == pytest.approx([2.0**-10, 1.0], rel=0.01)
