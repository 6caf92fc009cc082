"""The word error rate that benchmarks publish is the one of the textbooks."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from benchmarks._words import edits, word_error_rate, words_of

WORDS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=6)


def by_definition(said: tuple[str, ...], heard: tuple[str, ...]) -> int:
    @cache
    def fewest(first: int, second: int) -> int:
        if not first or not second:
            return first + second
        changed = fewest(first - 1, second - 1) + (said[first - 1] != heard[second - 1])
        return min(fewest(first - 1, second) + 1, fewest(first, second - 1) + 1, changed)

    return fewest(len(said), len(heard))


@given(WORDS, WORDS)
def test_edits_are_the_fewest_by_definition(said: list[str], heard: list[str]) -> None:
    assert edits(said, heard) == by_definition(tuple(said), tuple(heard))


def test_case_and_punctuation_are_no_errors() -> None:
    assert words_of("Don’t ask, my fellow—Americans!") == ["don't", "ask", "my", "fellow", "americans"]
    assert word_error_rate([("Ask not, I say.", "ask not i say")]) == 0


def test_the_rate_is_over_all_words_and_not_a_mean_of_rates() -> None:
    assert word_error_rate([("a b c d e f g h", "a b c d e f g h"), ("a b", "x y")]) == 0.2


def test_words_that_nobody_said_count_as_errors() -> None:
    assert word_error_rate([("yes", "yes it is so")]) == 3
