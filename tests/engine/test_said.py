"""Sentences that stay translatable."""

from __future__ import annotations

import json
import pickle

import pytest

from recommender.said import Said, bare, quoted, renamed, say, together

WORDS = {
    "{name} is damaged ({error}).": "{name} 已损坏（{error}）。",
    "{name} holds no {kinds}.": "{name} 中没有{kinds}。",
    "items": "商品",
    "It is empty.": "它是空的。",
    "{n} cells": "{n} 格",
}
CELLS = ("{n} cell", "{n} cells")


def chinese(sentence: Said) -> str:
    return sentence.read(lambda text: WORDS.get(text, text), lambda one, many, n: WORDS.get(many, many))


def test_it_is_its_english_wherever_a_text_will_do() -> None:
    told = say("{name} is damaged ({error}).", name="a.png", error="cut")
    assert told == "a.png is damaged (cut)."
    assert f"{told} Again." == "a.png is damaged (cut). Again."
    assert type(str(told)) is str


def test_it_is_read_in_another_language_with_its_values_as_they_are() -> None:
    assert chinese(say("{name} is damaged ({error}).", name="a.png", error="cut")) == "a.png 已损坏（cut）。"


def test_a_sentence_within_a_sentence_is_read_as_well() -> None:
    assert chinese(say("{name} holds no {kinds}.", name="x", kinds=say("items"))) == "x 中没有商品。"


@pytest.mark.parametrize(("number", "told"), [(0, "0 cells"), (1, "1 cell"), (2, "2 cells")])
def test_the_number_chooses_the_form(number: int, told: str) -> None:
    assert say(CELLS, n=number) == told


def test_braces_of_the_file_are_not_taken_for_places() -> None:
    assert say("{name} is damaged ({error}).", name="{0.__class__}", error="{x}") == (
        "{0.__class__} is damaged ({x})."
    )
    assert say("Put each row in { }.") == "Put each row in { }."


@pytest.mark.parametrize(
    "told",
    [
        say("plain"),
        say("{name} holds no {kinds}.", name="x", kinds=say("items")),
        say(CELLS, n=3, width=2),
        bare(say("{name} is damaged ({error}).", name="x", error="y")),
    ],
)
def test_it_comes_back_from_json_and_pickle_as_it_was(told: Said) -> None:
    for again in (Said.of_json(json.loads(json.dumps(told.as_json()))), pickle.loads(pickle.dumps(told))):
        assert again == told
        assert chinese(again) == chinese(told)


def test_bare_it_has_no_full_stop_in_any_language() -> None:
    told = bare(say("{name} is damaged ({error}).", name="x", error="y"))
    assert isinstance(told, Said)
    assert (told, chinese(told)) == ("x is damaged (y)", "x 已损坏（y）")


def test_a_marked_sentence_without_values_keeps_its_translation_when_bare() -> None:
    told = bare("It is empty.")
    assert (told, chinese(told)) == ("It is empty", "它是空的")
    within = say("{name} is damaged ({error}).", name="x", error=told)
    assert (within, chinese(within)) == ("x is damaged (It is empty).", "x 已损坏（它是空的）。")


def test_a_text_without_braces_of_its_own_is_bare_as_it_stands() -> None:
    assert bare("Put each row in {x}.") == "Put each row in {x}"
    assert bare("") == ""


def test_an_error_is_quoted_in_the_language_of_the_sentence_around_it() -> None:
    for error in ("It is empty.", say("It is empty.")):
        told = say("{name} is damaged ({error}).", name="x", error=quoted(error))
        assert (told, chinese(told)) == ("x is damaged (It is empty.).", "x 已损坏（它是空的。）。")


def test_what_was_put_in_is_cut_where_room_is_short() -> None:
    inner = say("{name} is damaged ({error}).", name="x" * 9, error="y" * 9)
    told = quoted(say("{name} holds no {kinds}.", name=inner, kinds=3), 2)
    assert told == "xx is damaged (yy). holds no 3."
    assert chinese(told) == "xx 已损坏（yy）。 中没有3。"
    assert quoted("a long text", 3) == "a l"


def test_nothing_said_is_nothing_in_any_language() -> None:
    assert not Said()
    assert Said().read(lambda text: "header of the catalogue", lambda one, many, n: "") == ""


def test_it_can_speak_of_another_name() -> None:
    told = renamed(say("{name} is damaged ({error}).", name="abc.png", error="y"), "abc.png", "cup.png")
    assert isinstance(told, Said)
    assert chinese(told) == "cup.png 已损坏（y）。"
    assert renamed("abc.png broke", "abc.png", "cup.png") == "cup.png broke"


def test_two_sentences_are_told_one_after_the_other() -> None:
    told = together(say("{name} is damaged ({error}).", name="x", error="{y}"), "items")
    assert isinstance(told, Said)
    assert (told, chinese(told)) == ("x is damaged ({y}). items", "x 已损坏（{y}）。 商品")
    assert together("Alone.", "") == "Alone."
