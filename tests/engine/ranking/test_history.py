"""What events are worth."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.engine.ranking import EVENT_WEIGHTS, HALF_LIFE_DAYS, event_weights, saturated, stars_of
from recommender.errors import RecommenderError
from recommender.models import Interaction

NAN = float("nan")


def worth(kind: str, age: float = 0.0, value: float = NAN) -> float:
    return float(event_weights([kind], np.array([age]), np.array([value]))[0])


def test_every_kind_of_event_has_a_weight() -> None:
    assert set(EVENT_WEIGHTS) == set(Interaction.Kind.values)


def test_an_event_just_now_has_the_weight_of_its_kind() -> None:
    assert worth("like") == 1.0
    assert worth("view") < worth("click") < worth("like") < worth("purchase")


def test_after_the_half_life_half_is_left() -> None:
    assert worth("like", HALF_LIFE_DAYS * 86_400) == pytest.approx(0.5)
    assert worth("hide", HALF_LIFE_DAYS * 86_400) == pytest.approx(-0.5)


def test_a_clock_that_is_ahead_gives_no_more_than_now() -> None:
    assert worth("like", -1000.0) == 1.0


@pytest.mark.parametrize(("stars", "wanted"), [(5, 1.0), (4, 0.5), (3, 0.0), (2, -0.5), (1, -1.0), (9, 1.0)])
def test_a_rating_has_its_weight_from_its_stars(stars: float, wanted: float) -> None:
    assert worth("rating", value=stars) == wanted


def test_a_rating_without_stars_is_worth_nothing() -> None:
    assert worth("rating") == 0.0


def test_what_was_turned_down_weighs_against() -> None:
    assert worth("dislike") < 0
    assert worth("hide") < 0


def test_no_events_have_no_weights() -> None:
    assert event_weights([], np.zeros(0), np.zeros(0)).shape == (0,)


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(RecommenderError, match="'wink'"):
        worth("wink")


def test_events_with_one_item_are_summed_and_grow_slowly() -> None:
    ids, weights = saturated(np.array([7, 3, 7, 7]), np.array([1.0, -1.0, 1.0, 1.0]))
    assert ids.tolist() == [3, 7]
    np.testing.assert_allclose(weights, [-np.log(2.0), np.log(4.0)])


@pytest.mark.parametrize(
    ("polarity", "expected"), [(-1.0, -1.5), (-0.5, 0.0), (0.0, 1.5), (0.8, 1.5), (np.nan, 1.5)]
)
def test_a_purchase_is_worth_what_the_review_after_it_leaves_of_it(polarity: float, expected: float) -> None:
    found = event_weights(["purchase"], np.zeros(1), np.array([np.nan]), np.array([polarity]))
    assert found[0] == pytest.approx(expected)


def test_what_was_turned_down_is_not_turned_round_by_an_angry_review() -> None:
    found = event_weights(["dislike", "rating"], np.zeros(2), np.array([np.nan, 1.0]), np.array([-1.0, -1.0]))
    assert found.tolist() == [-1.0, -1.0]


def test_a_polarity_is_as_many_stars() -> None:
    assert stars_of(np.array([-1.0, 0.0, 1.0])).tolist() == [1.0, 3.0, 5.0]
