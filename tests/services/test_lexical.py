"""Items found by their words as written, on either database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommender.models import Category, Item
from recommender.services.lexical import find_words
from recommender.services.lexical.postgres import PostgresWords
from recommender.services.lexical.sqlite import SqliteWords
from recommender.services.lexical.words import MOST_TERMS, terms_of

pytestmark = pytest.mark.django_db


def add(external_id: str, title: str, **fields: Any) -> Item:
    return Item.objects.create(external_id=external_id, title=title, **fields)


def found(text: str, **options: Any) -> list[str]:
    """External ids, best first."""
    ids = find_words(text, limit=options.pop("limit", 50), **options).ids
    names = dict(Item.objects.filter(pk__in=ids).values_list("pk", "external_id"))
    return [names[pk] for pk in ids]


# -- where words stand --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Velvet armchair"),
        ("title_zh", "丝绒 velvet"),
        ("description", "Covered in velvet."),
        ("description_zh", "velvet 面料"),
        ("attributes", {"material": "velvet"}),
        ("attributes", {"materials": ["oak", "velvet"]}),
        ("attributes", {"seat": {"material": "velvet"}}),
    ],
)
def test_it_finds_words_in_every_field(field: str, value: Any) -> None:
    add("other", "Oak table")
    add("mine", **({"title": "Seat"} | {field: value}))
    assert found("velvet") == ["mine"]


def test_it_finds_words_of_the_category_in_both_languages() -> None:
    shoes = Category.objects.create(name="Sneakers", name_zh="运动鞋", path="Footwear > Sneakers", depth=1)
    add("mine", "Model 5", category=shoes)
    add("other", "Model 6")
    assert found("sneakers") == found("footwear") == found("运动鞋") == ["mine"]


def test_names_of_attributes_are_no_words_of_the_item() -> None:
    add("mine", "Seat", attributes={"material": "oak", "foldable": True})
    assert found("material") == found("true") == []


def test_numbers_among_the_attributes_are_found() -> None:
    add("mine", "Seat", attributes={"model": 90210})
    assert found("90210") == ["mine"]


# -- short words and Chinese --------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["红色", "红色 手表", "红色手表", "手表", "红", "表"])
def test_chinese_words_of_any_length_are_found(words: str) -> None:
    add("other", "Lamp", title_zh="蓝色台灯")
    add("mine", "Watch", title_zh="女士红色皮带手表")
    assert found(words) == ["mine"]


def test_chinese_without_blanks_is_cut_into_words_of_the_catalogue() -> None:
    add("both", "A", title_zh="红色 女士 连衣裙")
    add("dress", "B", title_zh="蓝色连衣裙")
    matches = find_words("红色连衣裙", limit=10)
    assert matches.terms == ("红色", "连衣裙")
    assert found("红色连衣裙")[0] == "both"


@pytest.mark.parametrize(
    "title", ["TV stand", "Smart TV", "Stand (TV)", "Wall-mounted TV/radio", "55-inch TV"]
)
def test_words_of_two_letters_are_found(title: str) -> None:
    add("other", "Outvoted")
    add("mine", title)
    assert found("TV") == found("tv") == ["mine"]


def test_a_short_word_is_not_found_inside_another() -> None:
    add("covered", "Covered wagon")
    add("red", "Red wagon")
    assert found("red") == ["red"]


def test_a_long_word_is_found_inside_another() -> None:
    add("mine", "Armchair")
    assert found("chair") == ["mine"]


def test_latin_words_right_after_chinese_ones_are_found() -> None:
    add("mine", "A", title_zh="智能TV支架")
    assert found("TV") == ["mine"]


@pytest.mark.parametrize(
    ("asked", "title"),
    [("chairs", "Chair"), ("dresses", "Dress"), ("watches", "Watch"), ("boxes", "Box"), ("shoes", "Shoe")],
)
def test_a_plural_finds_the_singular(asked: str, title: str) -> None:
    add("mine", title)
    assert found(asked) == ["mine"]


def test_capitals_and_full_width_letters_do_not_matter() -> None:
    add("mine", "LEATHER Sofa")
    assert found("leather") == found("LEATHER") == found("ｌｅａｔｈｅｒ") == ["mine"]


# -- order --------------------------------------------------------------------------------------------------


def test_items_with_all_words_come_first_then_those_with_more() -> None:
    add("one", "Red kettle")
    add("two", "Red lamp")
    add("all", "A lamp", description="in red, made of wood: wooden")
    add("none", "Blue sofa")
    assert found("red wooden lamp") == ["all", "two", "one"]
    assert find_words("red wooden lamp", limit=9).complete == [Item.objects.get(external_id="all").pk]


def test_a_title_says_more_than_a_description() -> None:
    add("told", "Table", description="Goes well with a lamp. " * 3)
    add("is", "Lamp")
    add("told too", "Desk", description="Room for a lamp.")
    assert found("lamp")[0] == "is"


def test_words_that_say_nothing_do_not_count() -> None:
    add("mine", "Chair", title_zh="红色椅子")
    assert find_words("a chair for the", limit=9).complete
    assert find_words("红色的椅子", limit=9).complete


def test_it_says_which_share_of_the_words_an_item_has() -> None:
    item = add("mine", "Red lamp")
    assert find_words("red lamp unheardof", limit=9).shares == {item.pk: pytest.approx(2 / 3)}


def test_partial_matches_are_left_out_where_enough_have_all_words() -> None:
    add("some", "Red kettle")
    add("all", "Red lamp")
    assert found("red lamp", partly_below=1) == ["all"]


def test_no_more_than_asked_for_come_back() -> None:
    for number in range(5):
        add(f"{number}", "Red lamp")
    assert len(found("red lamp", limit=3)) == len(found("lamp", limit=3)) == 3


# -- how much is asked of the database ----------------------------------------------------------------------


def asked_of(text: str, catalogue: str) -> list[list[list[str]]]:
    """The questions for the words of ``text``, each for the first needle of some groups."""
    questions = []

    def first_held(groups: Sequence[Sequence[str]]) -> list[str]:
        questions.append([list(needles) for needles in groups])
        return [next((needle for needle in needles if needle in catalogue), "") for needles in groups]

    terms_of(text, first_held)
    return questions


def test_words_side_by_side_are_asked_for_together() -> None:
    assert asked_of("red chairs", " red chair ") == [[[" red", "red"], ["chair"]]]


def test_every_chinese_word_is_one_question() -> None:
    asked = asked_of("红色连衣裙", "红色 女士 连衣裙")
    assert [groups[0][0] for groups in asked] == ["红色连衣裙", "连衣裙"]
    assert asked[1] == [["连衣裙", "连衣", "连"]]


def test_words_that_say_nothing_are_asked_for_only_where_there_are_no_others() -> None:
    assert asked_of("the lamp for my desk", " lamp desk ") == [[["lamp"], ["desk"]]]
    assert asked_of("of the", " of the ") == [[[" of", "of"], [" the", "the"]]]


def test_no_more_words_are_asked_for_than_count() -> None:
    many = [f"{letter}lamp" for letter in "abcdefghijkl"]
    (asked,) = asked_of(" ".join(many * 20), " ".join(many))
    assert asked == [[word] for word in many[:MOST_TERMS]]


def test_of_each_group_the_database_finds_the_first_needle_that_an_item_has() -> None:
    add("mine", "Armchair", title_zh="女士红色手表")
    backend = PostgresWords() if connection.vendor == "postgresql" else SqliteWords()
    groups = [["sofa", "chair", "armchair"], ["红色皮带", "红色"], ["表"], [" ch", "蓝"], [" ar", "arm"]]
    with backend.asking():
        assert backend.first_held(groups) == ["chair", "红色", "表", "", " ar"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is asked inside the process")
@pytest.mark.parametrize(
    ("text", "most"), [("lamp", 3), ("red lamp", 3), ("smart tv stand unheard", 2), ("红色手表", 4)]
)
def test_a_search_is_a_few_questions_to_postgresql(text: str, most: int) -> None:
    add("mine", "Red lamp", title_zh="女士红色皮带手表")
    with CaptureQueriesContext(connection) as told:
        find_words(text, limit=50)
    assert len([one for one in told.captured_queries if one["sql"].startswith("SELECT")]) <= most
    # Besides: begin, use the index, the caller's transaction goes on as it was, end.
    assert len(told) <= most + 4


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL is told how to plan")
def test_the_transaction_of_whoever_searches_plans_as_before() -> None:
    add("mine", "Lamp")
    find_words("lamp", limit=5)
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("on",)


# -- safety -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        '"',
        '"lamp',
        "lamp AND",
        "lamp OR chair NOT",
        "NEAR(lamp chair, 3)",
        "title:lamp",
        "{title} : lamp",
        "lamp*",
        "-lamp",
        "^lamp",
        "lamp)",
        "((lamp",
        "lamp'; DROP TABLE recommender_item; --",
        "%lamp_",
        "\\lamp",
        "lamp\x00",
        "  ",
        "!?…",
        "😀",
        "\ud800",
        "灯" * 500,
        "lamp " * 200,
    ],
)
def test_what_is_typed_is_never_query_syntax(typed: str) -> None:
    add("mine", "Lamp", title_zh="台灯")
    answer = set(found(typed))
    assert answer == ({"mine"} if "lamp" in typed or "灯" in typed else set())


def test_percent_signs_and_underscores_match_nothing_by_themselves() -> None:
    add("mine", "Lamp")
    assert found("%%%") == found("___") == found("x%") == []


# -- filters ------------------------------------------------------------------------------------------------


def test_among_confines_the_answer() -> None:
    first, second = add("1", "Red lamp"), add("2", "Red lamp")
    add("3", "Red lamp")
    assert set(found("red lamp", among=np.array([first.pk, second.pk, 10**9]))) == {"1", "2"}
    assert found("lamp", among=np.array([second.pk])) == ["2"]
    assert found("lamp", among=np.array([], np.int64)) == []


# -- kept up to date ----------------------------------------------------------------------------------------


def test_it_follows_what_is_written_however_it_is_written() -> None:
    (item,) = Item.objects.bulk_create([Item(external_id="mine", title="Green scarf")])
    assert found("scarf") == ["mine"]
    Item.objects.filter(pk=item.pk).update(title="Green shawl")
    assert (found("scarf"), found("shawl")) == ([], ["mine"])
    item.title_zh = "绿色披肩"
    Item.objects.bulk_update([item], ["title_zh"])
    assert found("披肩") == ["mine"]
    Item.objects.filter(pk=item.pk).delete()
    assert found("披肩") == []


def test_a_changed_price_leaves_the_words_alone() -> None:
    item = add("mine", "Green scarf")
    Item.objects.filter(pk=item.pk).update(price=5)
    assert found("scarf") == ["mine"]


@pytest.mark.parametrize("state", ["unavailable", "retired"])
def test_what_is_not_available_is_not_found(state: str) -> None:
    item = add("mine", "Green scarf")
    Item.objects.filter(pk=item.pk).update(availability=state)
    assert found("scarf") == []
    Item.objects.filter(pk=item.pk).update(availability="available")
    assert found("scarf") == ["mine"]
    add("other", "Red scarf", availability=state)
    assert found("scarf") == ["mine"]


def test_a_renamed_category_is_found_by_its_new_name() -> None:
    category = Category.objects.create(name="Scarves", path="Scarves")
    add("mine", "Number 5", category=category)
    Category.objects.filter(pk=category.pk).update(name="Shawls", path="Shawls", name_zh="披肩")
    assert (found("scarves"), found("shawls"), found("披肩")) == ([], ["mine"], ["mine"])
    category.delete()
    assert found("shawls") == []


@pytest.mark.django_db(transaction=True)
def test_an_emptied_catalogue_has_no_words() -> None:
    from django.core.management import call_command

    add("mine", "Green scarf")
    call_command("flush", interactive=False, verbosity=0)
    assert found("scarf") == []


@pytest.mark.django_db(transaction=True)
def test_the_migration_can_be_undone_and_indexes_what_is_there() -> None:
    from importlib import import_module

    from django.apps import apps

    migration = import_module("recommender.migrations.0002_lexical_indexes")
    add("mine", "Green scarf", title_zh="绿色围巾")
    with connection.schema_editor() as editor:
        migration.remove(apps, editor)
    add("later", "Red scarf")
    with connection.schema_editor() as editor:
        migration.create(apps, editor)
    assert set(found("scarf")) == {"later", "mine"}
    assert found("围巾") == ["mine"]
