"""Hashed n-grams: what is compiled finds what one character after the other would."""

from __future__ import annotations

from itertools import groupby

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analytics.engine.sentiment.text_features import BITS, KINDS, NEGATORS, features, spelled, tidy

PRIME, STEP, WHOLE = 0x9E3779B97F4A7C15, 0x100000001B3, 1 << 64
#: Whole words too: letters drawn one by one hardly ever make a negator, or a long word.
PARTS = [
    "not",
    "n't",
    "never",
    "a",
    "b",
    "x" * 21,
    "y" * 33 + "z",
    " ",
    " ",
    "'",
    ",",
    "!",
    "1",
    "é",
    "好",
    "不",
]
PARTS += ["😍", "\U00020000", "\U00032000", "\U0003ffff", "\ud800", "\n"]
TEXTS = st.lists(st.lists(st.sampled_from(PARTS), max_size=14).map("".join).map(tidy), min_size=1, max_size=4)


def row(code: int) -> int:
    code %= WHOLE
    return (code ^ code >> 29) * PRIME % WHOLE >> 64 - BITS


def kind(character: str) -> int:
    return 3 if 0x20000 <= ord(character) < 0x32000 else int(KINDS[min(ord(character), len(KINDS) - 1)])


def words_of(text: str) -> list[tuple[int, int, int, bool]]:
    """(code, start, end, is a mark) of words and marks."""
    found, at = [], 0
    for group, run in groupby(text, kind):
        whole = "".join(run)
        for part in list(whole) if group == 2 else [whole]:
            code = sum((ord(c) + 7) * PRIME * STEP ** min(n, 31) for n, c in enumerate(part)) % WHOLE
            if group in (1, 2):
                found.append((code, at, at + len(part), group == 2))
            at += len(part)
    return found


def slowly(text: str) -> list[tuple[int, int, int]]:
    """(row, start, end) of every n-gram of a text between two blanks."""
    padded, found = f" {text} ", []
    for length in range(1, 6):
        for start in range(len(padded) - length + 1):
            code = length
            for n, character in enumerate(reversed(padded[start : start + length])):
                code += (ord(character) + 1) * PRIME * STEP**n
            found.append((row(code), start, start + length))
    words = words_of(padded)
    for length in range(1, 4):
        for first in range(len(words) - length + 1):
            run = words[first : first + length]
            code = sum(word[0] * STEP**n for n, word in enumerate(reversed(run))) % WHOLE
            found.append((row(code ^ length << 40), run[0][1], run[-1][2]))
    return [(code, start - 1, end - 1) for code, start, end in [*found, *negated(padded, words)]]


def negated(padded: str, words: list[tuple[int, int, int, bool]]) -> list[tuple[int, int, int]]:
    """Words that stand at most four behind a negator, with no mark between."""
    found = []
    for place, (code, start, end, mark) in enumerate(words):
        before = words[max(0, place - 4) : place]
        heard = [n for n, word in enumerate(before) if padded[word[1] : word[2]] in NEGATORS]
        if padded[start:end] in NEGATORS or mark or not heard or any(word[3] for word in before[heard[-1] :]):
            continue
        found.append((row(code ^ 9 << 40), start, end))
    return found


@example(["not a b c d e f", "never, a b"])
@given(TEXTS)
def test_it_finds_what_one_character_after_the_other_would(texts: list[str]) -> None:
    found = features(texts)
    every = list(zip(found.owners, found.rows, found.starts, found.ends, strict=True))
    for number, text in enumerate(texts):
        mine = sorted(tuple(map(int, one[1:])) for one in every if one[0] == number)
        assert mine == sorted(slowly(text))


@given(TEXTS)
def test_words_are_spelled_alike_in_a_batch_and_alone(texts: list[str]) -> None:
    codes, owners = spelled(texts)
    for number, text in enumerate(texts):
        assert codes[owners == number].tolist() == [word[0] for word in words_of(text)]


def test_those_of_words_alone_leave_characters_out() -> None:
    assert len(features(["good 好"], characters=False).rows) == 1


@pytest.mark.parametrize("texts", [[], [""]])
def test_nothing_written_has_hardly_a_feature(texts: list[str]) -> None:
    found = features(texts)
    assert found.texts == len(texts)
    assert len(found.rows) == 3 * len(texts)  # two blanks, and both together


def test_no_feature_spans_two_texts() -> None:
    together, apart = features(["ab", "cd"]), [features(["ab"]), features(["cd"])]
    assert sorted(together.rows) == sorted([*apart[0].rows, *apart[1].rows])


def test_words_after_a_negation_are_read_as_negated() -> None:
    negated, plain = set(features(["not good"]).rows.tolist()), set(features(["very good"]).rows.tolist())
    assert len(negated - plain) > 0
