"""Which words weigh: what is compiled shares out and gathers as one feature after the other would."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.sentiment.lexicon import EMOJI
from analytics.engine.sentiment.text_evidence import row_starts, share_out, weigh_words
from analytics.engine.sentiment.text_features import KINDS, features

TEXTS = st.lists(st.text(st.sampled_from("ab '.好不很大😍"), max_size=24), min_size=1, max_size=3)


def slowly(text: str, pulls: np.ndarray, most: int) -> list[tuple[int, int, float]]:
    """(start, end, weight) of the weightiest units."""
    units: list[list[int]] = []
    for place, character in enumerate(text):
        kind = 2 if character == "'" else int(KINDS[min(ord(character), len(KINDS) - 1)])
        sign = kind == 3 and pulls[place] > 1e-9
        full = kind == 3 and units and len(units[-1]) - 2 == 4
        if not units or kind == 2 or units[-1][:2] != [kind, sign] or full:
            units.append([kind, sign])
        units[-1].append(place)
    weighed = []
    for kind, _sign, *places in units:
        mood = EMOJI.get(text[places[0]], 0.0) if kind == 2 else 0.0
        weight = float(sum(pulls[place] for place in places)) + mood
        if kind and abs(weight) >= 0.01:
            weighed.append((places[0], places[-1] + 1, weight))
    chosen = sorted(weighed, key=lambda unit: (-abs(round(unit[2], 9)), unit[0]))[:most]
    rounded = [(start, end, float(np.round(weight, 4))) for start, end, weight in chosen]
    return sorted(rounded, key=lambda unit: (-abs(unit[2]), unit[0]))


@given(TEXTS, st.integers(0, 99), st.integers(1, 6))
def test_units_are_those_of_one_character_after_the_other(texts: list[str], seed: int, most: int) -> None:
    starts, rng = row_starts(texts), np.random.default_rng(seed)
    # Few different weights, so that many are equal.
    pulls = rng.choice([-0.5, -0.25, 0.0, 0.004, 0.25], int(starts[-1]))
    for number, words in enumerate(weigh_words(texts, texts, starts, pulls, most)):
        own = pulls[starts[number] : starts[number + 1]]
        assert [(word.start, word.end, word.weight) for word in words] == slowly(texts[number], own, most)


def test_of_equally_weighty_words_the_first_are_shown() -> None:
    text = "aa bb cc"
    (words,) = weigh_words([text], [text], row_starts([text]), np.full(len(text) + 1, 0.5), 2)
    assert [word.text for word in words] == ["aa", "bb"]


@pytest.mark.parametrize("base", [0, 1])
def test_words_share_out_all_that_the_features_weigh(base: int) -> None:
    texts = ["good phone", "", "不好 good"]
    starts, found = row_starts(texts), features(["elsewhere"] * base + texts)
    weights = np.random.default_rng(0).normal(size=found.rows.max() + 1)
    kinds, worth, columns = np.array([[0.25]] * 3), np.array([[2.0], [0.5]]), np.array([1])
    table, changes = np.stack([weights * np.nan, weights], 1), np.zeros(int(starts[-1]) + 1)
    share_out(found, base, table, columns, worth, kinds, np.full(3, 3.0), np.arange(3), starts, changes)
    pulls = changes.cumsum()
    for number, text in enumerate(texts):
        expected = np.zeros(len(text) + 1)
        mine = found.owners == base + number
        for row, start, end in zip(found.rows[mine], found.starts[mine], found.ends[mine], strict=True):
            inside = slice(max(start, 0), min(end, len(text)))
            covered = max(0, inside.stop - inside.start)
            expected[inside] += 3 * (0.25 * 2 + 0.5) * weights[row] / max(1, covered) if covered else 0
        np.testing.assert_allclose(pulls[starts[number] : starts[number + 1]], expected, atol=1e-9)
