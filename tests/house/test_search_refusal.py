"""What the benchmark of search's "nothing really matches" asks, and how its peers are held against it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks._foreign import NONSENSE, existing, foreign
from benchmarks.search_refusal import CALIBRATION, PICTURES, SEARCH, WORDS, compared, threshold

ROWS = [
    {"baseColour": "Red", "articleType": "Belts"},
    {"baseColour": "Red", "articleType": "Belts"},
    {"baseColour": "NA", "articleType": "Belts"},
]


def test_what_is_sold_is_asked_once_in_both_languages() -> None:
    assert existing(ROWS) == {"sold, en": ["red belts"], "sold, zh": ["红色 皮带"]}


def test_what_some_title_names_is_not_foreign() -> None:
    asked = foreign(["Submarine print T-shirt"])
    assert "submarine" not in asked["not sold, en"]
    assert "潜水艇" not in asked["not sold, zh"]
    assert "excavator" in asked["not sold, en"]
    assert len(asked["not sold, en"]) == len(asked["colour and not sold, zh"])


def test_the_same_nonsense_is_asked_every_time() -> None:
    assert foreign([]) == foreign([])
    assert len(set(foreign([])["nonsense letters"])) == NONSENSE


@pytest.mark.parametrize(("share", "refused"), [(0.0, 0), (0.05, 1), (0.5, 10)])
def test_a_peer_s_threshold_refuses_that_share_of_what_is_sold(share: float, refused: int) -> None:
    known = np.linspace(0.1, 0.9, 20)
    assert (known < threshold(known, share)).sum() == refused


def test_a_peer_is_held_to_as_many_wrong_refusals_as_search() -> None:
    sold, other = np.linspace(0.2, 0.8, 10), np.array([0.1, 0.25])
    scores = {"sold, en": sold[:5], "sold, zh": sold[5:], "not sold, en": other}
    found = {kind: (values > 0.25).astype(float) for kind, values in scores.items()}
    rows = compared({SEARCH: found, CALIBRATION: scores, PICTURES: scores, WORDS: scores})
    assert rows[0]["sold, en"] == rows[2]["sold, en"] == "1 of 5"
    assert rows[0]["not sold, en"] == rows[2]["not sold, en"] == "2 of 2"
    assert rows[3]["not sold, en"] == "1 of 2"
