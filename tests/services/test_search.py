"""Search in a catalogue whose vectors are known."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from recommender.errors import EncoderUnavailable, RecommenderError
from recommender.models import Category, EncoderSpace, Interaction, Item, Media
from recommender.services import events, index, queries
from recommender.services import search as searching
from recommender.services.events import Actor
from recommender.services.search import Filters, SearchPage, SearchQuery
from tests.services import planted

pytestmark = pytest.mark.django_db

NOBODY = Actor()
Items = dict[str, Item]


@pytest.fixture(autouse=True)
def _index_of_this_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "REFRESH_SECONDS", 0.0)


@pytest.fixture
def items(monkeypatch: pytest.MonkeyPatch) -> Items:
    """48 things of four kinds, colours and materials, with words and pictures."""
    return planted.plant(monkeypatch)


@pytest.fixture
def no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise EncoderUnavailable("no answer")

    monkeypatch.setattr(queries, "encode_query", refuse)


def ask(text: str = "", actor: Actor = NOBODY, **options: Any) -> SearchPage:
    searching.forget()
    return searching.search(SearchQuery(text=text, **options), actor)


def names(page: SearchPage) -> list[str]:
    return [card.item.external_id for card in page.cards]


# -- what is found ------------------------------------------------------------------------------------------


def test_words_find_the_thing_they_name(items: Items) -> None:
    page = ask("red leather bag")
    assert names(page)[0] == "red leather bag"
    assert page.notice == ""


def test_words_find_pictures_of_items_that_have_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    planted.plant(monkeypatch, modalities=("image",))
    Item.objects.update(title="Untitled", title_zh="")
    found = names(ask("red lamp"))
    assert set(found[:3]) == {f"red {material} lamp" for material in planted.MATERIALS}


def test_a_picture_finds_what_looks_like_it(items: Items) -> None:
    assert names(ask(image="green/wooden/chair.webp"))[0] == "green wooden chair"


def test_a_sound_finds_what_sounds_like_it(items: Items) -> None:
    space = EncoderSpace.objects.get()
    planted.give_vector(space, items["blue metal lamp"], "audio", planted.direction(["white", "shoe"]))
    assert names(ask(audio="white/shoe.flac", weights={"image": 0.0, "text": 0.0}))[0] == "blue metal lamp"


def test_an_item_finds_what_is_like_it_but_not_itself(items: Items) -> None:
    found = names(ask(item_ids=(items["red leather bag"].pk,)))
    assert "red leather bag" not in found
    assert all("bag" in name for name in found[:4])


def test_the_weights_say_whether_look_or_words_count(items: Items) -> None:
    space = EncoderSpace.objects.get()
    Item.objects.create(external_id="twofold", title="Odd thing")
    odd = Item.objects.get(external_id="twofold")
    planted.give_vector(space, odd, "image", planted.direction(["blue", "wooden", "shoe"]))
    planted.give_vector(space, odd, "text", planted.direction(["red", "metal", "lamp"]))
    by_look = names(ask(image="blue/wooden/shoe.webp", weights={"image": 1.0, "text": 0.0, "audio": 0.0}))
    by_words = names(ask(image="blue/wooden/shoe.webp", weights={"image": 0.0, "text": 1.0, "audio": 0.0}))
    assert "twofold" in by_look[:2]
    assert "twofold" not in by_words[:10]


def test_like_this_picture_but_blue(items: Items) -> None:
    found = names(ask(image="red/leather/bag.webp", plus=("blue",), minus=("red",)))
    assert found[0].startswith("blue")
    assert found[0].endswith("bag")


def test_a_minus_term_demotes_what_matches_it(items: Items) -> None:
    before = names(ask("bag"))
    after = names(ask("bag", minus=("metal",)))
    assert any("metal" in name for name in before[:3])
    assert all("metal" not in name and "bag" in name for name in after[:8])


def test_a_plus_term_by_itself_is_a_question(items: Items) -> None:
    assert all("green" in name for name in names(ask(plus=("green",)))[:12])


def test_chinese_words_are_found_as_written(items: Items, no_encoder: None) -> None:
    found = names(ask("红色 椅子"))
    assert found
    assert all(name.startswith("red") or name.endswith("chair") for name in found)
    assert found[0].startswith("red")
    assert found[0].endswith("chair")


def test_hits_of_all_the_words_come_before_what_is_merely_near(items: Items) -> None:
    item = Item.objects.create(external_id="exact", title="Zirconium frobnicator")
    planted.give_vector(EncoderSpace.objects.get(), item, "text", planted.direction(["shoe"], noise=0.5))
    page = ask("zirconium frobnicator")
    assert (names(page)[0], page.notice) == ("exact", "")


def test_the_parts_of_a_card_tell_look_and_words_and_the_words_as_written(items: Items) -> None:
    first = ask("red leather bag").cards[0]
    assert set(first.parts) == {"image", "text", "lexical"}
    assert first.parts["lexical"] == 1.0
    assert all(0.0 <= part <= 1.0 for part in first.parts.values())


# -- nothing close ------------------------------------------------------------------------------------------


def test_nonsense_is_told_as_such_and_only_the_nearest_are_shown(items: Items) -> None:
    page = ask("asdfgh qwerty")
    assert page.notice == "nothing_close"
    assert 0 < page.total <= 8
    assert page.total == len(page.cards)


@pytest.mark.parametrize("words", ["red bag", "wooden chair", "blue metal lamp", "shoe", "white"])
def test_what_the_catalogue_has_is_close(items: Items, words: str) -> None:
    assert ask(words).notice == ""


# -- filters ------------------------------------------------------------------------------------------------


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


# -- facets -------------------------------------------------------------------------------------------------


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


# -- browsing -----------------------------------------------------------------------------------------------


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


# -- pages --------------------------------------------------------------------------------------------------


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


# -- near-duplicates ----------------------------------------------------------------------------------------


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


# -- when parts are missing ---------------------------------------------------------------------------------


def test_without_an_encoder_words_alone_answer_and_the_page_says_so(items: Items, no_encoder: None) -> None:
    page = ask("red leather bag")
    assert page.notice == "encoder_down"
    assert names(page)[0] == "red leather bag"
    assert set(page.cards[0].parts) == {"lexical"}


def test_without_an_encoder_a_picture_finds_nothing_and_the_page_says_so(
    items: Items, no_encoder: None
) -> None:
    page = ask(image="red/bag.webp")
    assert (page.cards, page.total, page.notice) == ([], 0, "encoder_down")


def test_items_are_compared_without_an_encoder(items: Items, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(queries, "encode_query", lambda _space, parts: asked.extend(parts) or [])
    assert ask(item_ids=(items["red leather bag"].pk,)).cards
    assert asked == []


def test_a_picture_that_cannot_be_encoded_is_the_askers_to_know(
    items: Items, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise RecommenderError("The picture does not exist.", "Upload it again.")

    monkeypatch.setattr(queries, "encode_query", refuse)
    with pytest.raises(RecommenderError, match="Upload it again"):
        ask(image="gone.webp")


def test_before_anything_is_encoded_words_alone_answer() -> None:
    Item.objects.create(external_id="1", title="Straw hat")
    page = ask("hat")
    assert (names(page), page.notice) == (["1"], "encoder_down")


def test_an_empty_catalogue_has_no_results() -> None:
    assert ask("hat").total == 0
    assert ask(filters=Filters(language="en")).total == 0


def test_without_a_cache_pages_are_searched_anew(items: Items, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.cache import cache
    from redis.exceptions import ConnectionError as RedisConnectionError

    def refuse(*_: Any, **__: Any) -> None:
        raise RedisConnectionError("refused")

    whole = names(ask("bag", limit=20))
    monkeypatch.setattr(cache, "get", refuse)
    monkeypatch.setattr(cache, "set", refuse)
    assert names(ask("bag", offset=10, limit=10)) == whole[10:]


# -- who looks ----------------------------------------------------------------------------------------------


def test_cards_show_what_the_reader_thinks_of_them(items: Items, cast: Any) -> None:
    actor = Actor(user=cast.member)
    events.toggle(actor, items["red leather bag"], "save")
    first = ask("red leather bag", actor).cards[0]
    assert (first.saved, first.liked) == (True, False)


def test_a_result_can_be_answered(items: Items, cast: Any) -> None:
    actor = Actor(user=cast.member)
    card = ask("lamp", actor, offset=2).cards[1]
    done = events.record(actor, card.item, "click", impression=card.impression)
    assert done is not None
    assert (done.impression.surface, done.impression.rank) == ("search", 3)


def test_results_are_the_same_for_everybody(items: Items, cast: Any) -> None:
    assert names(ask("lamp", Actor(user=cast.member))) == names(ask("lamp"))


def test_the_order_is_that_of_an_exhaustive_comparison(items: Items) -> None:
    """Look alone, no words in common: the cosines say the order."""
    page = ask(image="white/metal/shoe.webp", weights={"image": 1.0, "text": 0.0, "audio": 0.0}, limit=100)
    wanted = planted.direction(["white", "metal", "shoe"], seed=15)
    cosines = {
        name: float(wanted @ planted.direction(name.split(), seed=number, noise=0.3))
        for number, name in enumerate(items)
    }
    expected = sorted(cosines, key=cosines.__getitem__, reverse=True)
    assert names(page) == expected[: page.total]
    assert np.diff([cosines[name] for name in names(page)]).max() <= 0
