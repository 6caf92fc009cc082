"""Words, Chinese characters and everything else become numbers that the text tower knows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recommender.engine.encoders.tokenizer import (
    FIRST_BYTE,
    FIRST_PIECE,
    PAD,
    JointTokenizer,
    build_vocabulary,
    units,
)

PIECES = ["red", "dress", "##es", "红", "色", "t", "##s", "h", "##a", "##t"]


def number(piece: str) -> int:
    return FIRST_PIECE + PIECES.index(piece)


def test_words_are_lower_case_and_characters_stand_alone() -> None:
    assert units("Red DRESS, 红色T恤!") == ["red", "dress", "红", "色", "t", "恤"]


def test_accents_and_widths_are_folded() -> None:
    assert units("Café ＡＢＣ １２") == ["cafe", "abc", "1", "2"]


def test_the_longest_known_piece_is_taken() -> None:
    tokenizer = JointTokenizer(PIECES)
    assert tokenizer.encode("dresses red") == [number("dress"), number("##es"), number("red"), tokenizer.end]


def test_an_unknown_character_falls_back_to_its_bytes() -> None:
    tokenizer = JointTokenizer(PIECES)
    assert tokenizer.encode("裙") == [*(FIRST_BYTE + byte for byte in "裙".encode()), tokenizer.end]


def test_a_long_text_is_cut_and_still_ends() -> None:
    tokenizer = JointTokenizer(PIECES, context_length=5)
    assert tokenizer.encode("red " * 50) == [number("red")] * 4 + [tokenizer.end]


def test_the_end_is_the_highest_number_so_that_pooling_finds_it() -> None:
    tokenizer = JointTokenizer(PIECES)
    table = tokenizer(["red dress", "", "红色"])
    assert table.argmax(dim=1).tolist() == [2, 0, 2]
    assert table[1, 1:].eq(PAD).all()


def test_the_width_can_be_fixed() -> None:
    assert JointTokenizer(PIECES)("red", context_length=48).shape == (1, 48)


@given(st.text(max_size=80))
def test_any_text_becomes_numbers_within_the_vocabulary(text: str) -> None:
    tokenizer = JointTokenizer(PIECES)
    numbers = tokenizer.encode(text)
    assert numbers[-1] == tokenizer.end
    assert len(numbers) <= tokenizer.context_length
    assert all(0 < value < tokenizer.vocab_size for value in numbers)


def test_a_vocabulary_holds_the_frequent_words_and_every_letter() -> None:
    pieces = build_vocabulary(
        ["red dress", "red shirt", "红色 连衣裙", "红色 衬衫"] * 3, words=20, fragments=5
    )
    assert {"red", "dress", "红", "裙", "a", "##z"} <= set(pieces)
    assert len(pieces) == len(set(pieces))
