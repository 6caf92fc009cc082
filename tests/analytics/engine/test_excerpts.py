"""Passages that answer a search."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.reporting.excerpts import LEAD, Passage, passage

LONG = "It came on time. " * 40 + "Then the ZIP jammed, twice. " + "I sent it back. " * 40
CHINESE = "包装很好，送货也快。" * 60 + "可是拉链卡住了，" + "再也不买了。" * 60


def told(found: Passage) -> str:
    return "".join(text for text, _hit in found.pieces)


def marked(found: Passage) -> list[str]:
    return [text for text, hit in found.pieces if hit]


def test_without_words_it_is_the_beginning() -> None:
    assert told(passage(LONG)) == LONG[:279] + "…"
    assert not passage(LONG).has_hit


def test_a_short_text_is_whole_and_every_hit_is_marked_as_it_is_written() -> None:
    found = passage("A Lamp is a LAMP.", "lamp")
    assert told(found) == "A Lamp is a LAMP."
    assert marked(found) == ["Lamp", "LAMP"]


def test_a_hit_in_the_beginning_leaves_the_beginning() -> None:
    found = passage(LONG, "on time", most=50)
    assert told(found) == LONG[:49] + "…"
    assert marked(found)[0] == "on time"


@pytest.mark.parametrize(
    ("text", "words", "hit"), [(LONG, "zip JAMMED", "ZIP jammed"), (CHINESE, "拉链", "拉链")]
)
def test_a_hit_far_behind_is_shown_with_what_stands_round_it(text: str, words: str, hit: str) -> None:
    found = passage(text, words)
    assert marked(found) == [hit]
    assert told(found).startswith("…")
    assert told(found).endswith("…")
    assert 0 < told(found).index(hit) <= LEAD + 1
    assert len(told(found)) == 280


def test_where_words_are_spaced_none_is_cut_at_the_beginning() -> None:
    first = told(passage(LONG, "zip")).removeprefix("…").split()[0]
    assert first in LONG.split()


@pytest.mark.parametrize(
    ("text", "term", "hits"),
    [
        ("Lovely gloves, I love them.", "love", ["love"]),
        ("It didn’t fit, and I didn't care.", "didn't", ["didn’t", "didn't"]),
        ("Nothing, noted; it is Not\ngood.", "not good", ["Not\ngood"]),
        ("这个battery很好，电池不好", "battery", ["battery"]),
        ("这个battery很好，电池不好", "电池", ["电池"]),
        ("Only within batteries.", "batter", ["batter"]),
        ("Wunderschön, einfach schön.", "schön", ["schön"]),
        ("Кот, который спит.", "кот", ["Кот"]),
        ("An imperfect, 'perfect' fit.", "perfect", ["perfect"]),
        ("In a café: no caf.", "caf", ["caf"]),
        ("Nothing of it.", "zip", []),
        ("Nothing of it.", "", []),
    ],
)
def test_a_term_is_marked_where_it_stands_by_itself(text: str, term: str, hits: list[str]) -> None:
    assert marked(passage(text, term, term=True)) == hits


def test_what_looks_like_a_pattern_is_text() -> None:
    assert marked(passage("Costs 5.00 (or 5x00)", "5.00 (")) == ["5.00 ("]


@given(st.text("ab é电\n", max_size=80), st.text("ab电", max_size=4), st.integers(10, 40))
def test_it_is_a_stretch_of_the_text_of_no_more_than_asked_for(text: str, words: str, most: int) -> None:
    found = passage(text, words, most)
    shown = told(found)
    assert len(shown) <= most
    assert shown.removeprefix("…").removesuffix("…") in text
    assert all(part.lower() in words.lower() or words.lower() in part.lower() for part in marked(found))
    assert found.has_hit == bool(words and words.lower() in text.lower())
