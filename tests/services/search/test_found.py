"""What search finds in a catalogue whose vectors are known."""

from __future__ import annotations

import pytest

from recommender.models import EncoderSpace, Item
from tests.services import planted
from tests.services.search.asking import Items, ask, names

pytestmark = pytest.mark.django_db


# -- what is found ----------------------------------------------------------------------------------------


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


def test_like_this_item_but_blue(items: Items) -> None:
    like = (items["red leather bag"].pk,)
    for page in (ask(item_ids=like, plus=("blue",)), ask("blue", item_ids=like)):
        assert page.notice == ""
        assert names(page)[0].startswith("blue")
        assert names(page)[0].endswith("bag")


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


# -- nothing close ----------------------------------------------------------------------------------------


def test_nonsense_is_told_as_such_and_only_the_nearest_are_shown(items: Items) -> None:
    page = ask("asdfgh qwerty")
    assert page.notice == "nothing_close"
    assert 0 < page.total <= 8
    assert page.total == len(page.cards)


@pytest.mark.parametrize("words", ["red bag", "wooden chair", "blue metal lamp", "shoe", "white"])
def test_what_the_catalogue_has_is_close(items: Items, words: str) -> None:
    assert ask(words).notice == ""
