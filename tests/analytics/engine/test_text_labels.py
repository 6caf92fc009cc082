"""What the outputs of somebody else's text model mean."""

from __future__ import annotations

import pytest

from analytics.engine.sentiment.text_labels import meanings
from recommender.errors import RecommenderError

NEG, FLAT, POS = "negative", "neutral", "positive"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["NEGATIVE", "POSITIVE"], (NEG, POS)),
        (["positive", "neutral", "negative"], (POS, FLAT, NEG)),
        (["NEG", "NEU", "POS"], (NEG, FLAT, POS)),
        (["Very Negative", "Negative", "Neutral", "Positive", "very_positive"], (NEG, NEG, FLAT, POS, POS)),
        (["1 star", "2 stars", "3 stars", "4 stars", "5 stars"], (NEG, NEG, FLAT, POS, POS)),
        (["1 star", "2 stars", "3 stars", "4 stars"], (NEG, NEG, POS, POS)),
        (["差评", "好评"], (NEG, POS)),
    ],
)
def test_names_that_say_it_are_understood(names: list[str], expected: tuple[str, ...]) -> None:
    assert meanings(names) == expected


@pytest.mark.parametrize(
    "names", [["LABEL_0", "LABEL_1"], ["joy", "anger"], ["POSITIVE", "neutral"], ["NEGATIVE", "odd"], []]
)
def test_names_that_do_not_are_told_with_the_setting_that_helps(names: list[str]) -> None:
    with pytest.raises(RecommenderError) as told:
        meanings(names)
    assert all(name in told.value.message for name in names)
    assert "SENTIMENT_TEXT_LABELS" in told.value.remedy


def test_what_the_site_says_counts_whatever_the_names() -> None:
    assert meanings(["LABEL_0", "LABEL_1"], ["Negative", "positive"]) == (NEG, POS)
    assert meanings(["POSITIVE", "NEGATIVE"], [NEG, POS]) == (NEG, POS)


@pytest.mark.parametrize("given", [[NEG], [NEG, POS, POS], [NEG, FLAT], [NEG, "great"]])
def test_what_does_not_fit_the_model_is_told_with_its_labels(given: list[str]) -> None:
    with pytest.raises(RecommenderError) as told:
        meanings(["LABEL_0", "LABEL_1"], given)
    assert "LABEL_0, LABEL_1" in str(told.value)
