"""Filters, facets, browsing, pages and folding."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from recommender.models import Category, EncoderSpace, Interaction, Item, Media
from recommender.services.search import Filters
from tests.services import planted
from tests.services.search.asking import Items, ask, names

pytestmark = pytest.mark.django_db


# -- filters ----------------------------------------------------------------------------------------------


def with_media(item: Item, kind: str, state: str = "ready") -> None:
    Media.objects.create(item=item, kind=kind, state=state, checksum=f"{kind}{item.pk}")


def test_filters_hold_exactly_however_few_items_meet_them(items: Items) -> None:
    bags = Category.objects.get(name="bag").pk
    for low in (10, 30, 50, 56):
        page = ask("red chair", filters=Filters(category=bags, price_min=Decimal(low)), limit=100)
        wanted = {name for name, item in items.items() if "bag" in name and item.price >= low}
        assert set(names(page)) <= wanted
        assert bool(page.cards) == bool(wanted)


def test_a_category_contains_those_below_it(items: Items) -> None:
    top = Category.objects.get(name="Things").pk
    assert ask("lamp", filters=Filters(category=top)).total == ask("lamp").total
    everything = ask(filters=Filters(category=top), limit=100)
    assert set(names(everything)) == set(items)


def test_prices_are_inclusive_and_items_without_one_meet_no_price(items: Items) -> None:
    Item.objects.create(external_id="free", title="Free thing")
    page = ask(filters=Filters(price_min=Decimal(20), price_max=Decimal(22)), limit=100)
    assert sorted(card.item.price for card in page.cards) == [20, 21, 22]
    assert "free" not in names(ask(filters=Filters(price_max=Decimal(1000)), limit=100))


def test_an_item_with_words_in_two_languages_is_in_both(items: Items) -> None:
    assert ask(filters=Filters(language="en")).total == 48
    assert ask(filters=Filters(language="zh")).total == 16


def test_only_media_that_can_be_played_count(items: Items) -> None:
    with_media(items["red metal lamp"], "video")
    with_media(items["red metal bag"], "video", state="failed")
    with_media(items["red metal shoe"], "audio")
    assert names(ask(filters=Filters(has_video=True))) == ["red metal lamp"]
    assert names(ask(filters=Filters(has_audio=True))) == ["red metal shoe"]
    assert names(ask("bag", filters=Filters(has_video=True))) == ["red metal lamp"]


def test_a_category_that_is_gone_leaves_nothing(items: Items) -> None:
    page = ask("lamp", filters=Filters(category=10**9))
    assert (page.total, page.cards) == (0, [])


def test_where_nothing_has_vectors_items_with_some_of_the_words_follow_those_with_all(items: Items) -> None:
    attic = Category.objects.create(name="Attic", path="Attic")
    for title in ("red metal trunk", "blue metal trunk"):
        Item.objects.create(external_id=title, title=title, category=attic)
    page = ask("red trunk", filters=Filters(category=attic.pk))
    assert names(page) == ["red metal trunk", "blue metal trunk"]


# -- facets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "red bag", "chair"])
@pytest.mark.parametrize("low", [None, Decimal(40)])
def test_a_facet_says_how_many_results_choosing_it_leaves(items: Items, text: str, low: Any) -> None:
    with_media(items["red metal bag"], "video")
    with_media(items["blue metal chair"], "audio")
    page = ask(text, filters=Filters(price_min=low), limit=100)
    for one in page.facets.categories:
        chosen = Filters(price_min=low, category=one.category.pk)
        held = [card for card in page.cards if card.item.category.path.startswith(one.category.path)]
        assert len(held) == one.count, one.category.path
        if not text:
            assert ask(text, filters=chosen).total == one.count
    for code, count in page.facets.languages.items():
        assert count == sum(code == card.item.language or (code == "zh" and bool(card.item.title_zh))
                            for card in page.cards)  # fmt: skip
    for kind, count in (("video", page.facets.with_video), ("audio", page.facets.with_audio)):
        assert (
            count == Media.objects.filter(kind=kind, item__in=[card.item.pk for card in page.cards]).count()
        )


def test_a_facet_counts_under_the_other_filters_but_not_its_own(items: Items) -> None:
    bags = Category.objects.get(name="bag")
    page = ask(filters=Filters(category=bags.pk, language="zh"))
    counts = {one.category.name: one.count for one in page.facets.categories}
    chinese = [name for name, item in items.items() if item.title_zh]
    assert counts["lamp"] == sum("lamp" in name for name in chinese)
    assert counts["Things"] == len(chinese)
    assert page.facets.languages["en"] == 12


def test_a_chosen_category_stays_among_the_facets_though_nothing_is_in_it(items: Items) -> None:
    empty = Category.objects.create(name="Empty", path="Empty")
    page = ask("lamp", filters=Filters(category=empty.pk))
    assert {one.category.name: one.count for one in page.facets.categories}["Empty"] == 0


# -- browsing ---------------------------------------------------------------------------------------------


def test_without_a_question_the_newest_come_first(items: Items) -> None:
    page = ask(filters=Filters(category=Category.objects.get(name="lamp").pk), limit=100)
    ids = [card.item.pk for card in page.cards]
    assert ids == sorted(ids, reverse=True)
    assert page.total == 12


def test_what_is_popular_comes_before_what_is_new(items: Items, cast: Any) -> None:
    from recommender.services import train

    loved = items["red leather bag"]
    for user in (cast.member, cast.outsider, cast.analyst):
        Interaction.objects.create(user=user, item=loved, kind="like")
    Interaction.objects.create(user=cast.member, item=items["red leather lamp"], kind="view")
    train.refresh_graph(force=True)
    train.forget_graph()
    assert names(ask(filters=Filters(language="en")))[0] == "red leather bag"


# -- pages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"text": "red bag"}, {"filters": Filters(language="en")}])
def test_pages_join_without_gap_or_repetition(items: Items, options: dict[str, Any]) -> None:
    whole = ask(**options, limit=100)
    pieces: list[str] = []
    for offset in range(0, whole.total, 5):
        page = ask(**options, offset=offset, limit=5)
        assert page.total == whole.total
        pieces += names(page)
    assert pieces == names(whole)
    assert len(pieces) == whole.total == len(set(pieces))


def test_a_later_page_continues_the_first_whatever_came_in_between(items: Items) -> None:
    first, whole = ask("bag", limit=4), ask("bag", limit=100)
    for number in range(3):
        new = Item.objects.create(external_id=f"new {number}", title=f"Bag {number}")
        planted.give_vector(EncoderSpace.objects.get(), new, "text", planted.direction(["bag"]))
    assert names(first) + names(ask("bag", offset=4, limit=4)) == names(whole)[:8]
    assert "new 0" in names(ask("bag", limit=100))


def test_an_item_that_is_retired_disappears_at_once(items: Items) -> None:
    page = ask("bag", limit=4)
    gone = Item.objects.get(external_id=names(ask("bag", limit=100))[5])
    Item.objects.filter(pk=gone.pk).update(availability="retired")
    assert gone.external_id not in names(ask("bag", offset=4, limit=10))
    assert gone.external_id not in names(ask("bag", limit=100))
    assert len(page.cards) == 4


def test_a_page_beyond_the_end_is_empty(items: Items) -> None:
    assert ask("bag", offset=10_000).cards == []


# -- near-duplicates --------------------------------------------------------------------------------------


def test_near_duplicates_are_folded_and_counted(items: Items) -> None:
    space = EncoderSpace.objects.get()
    for number in range(3):
        copy = Item.objects.create(external_id=f"copy {number}", title="red  leather BAG")
        vectors = planted.direction(["red", "leather", "bag"], seed=12345)
        planted.give_vector(space, copy, "image", vectors)
        planted.give_vector(space, copy, "text", vectors)
    page = ask("red leather bag", limit=100)
    assert page.folded == 2
    assert sum(name.startswith("copy") for name in names(page)) == 1
    assert page.total == len(page.cards)


def test_things_that_look_alike_under_other_titles_are_not_folded(items: Items) -> None:
    space = EncoderSpace.objects.get()
    for title in ("Red leather bag, small", "Red leather bag, large"):
        item = Item.objects.create(external_id=title, title=title)
        for modality in ("image", "text"):
            planted.give_vector(space, item, modality, planted.direction(["red", "leather", "bag"]))
    assert ask("red leather bag").folded == 0
