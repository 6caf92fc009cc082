"""How far stars stand against what is read."""

from __future__ import annotations

import pytest

from analytics.engine.sentiment.disagreement import both_ways, star_gap


@pytest.mark.parametrize(("stars", "polarity"), [(1, 0.9), (5, -0.9)])
def test_the_plainest_stars_count_as_far_as_the_words_are_sure(stars: int, polarity: float) -> None:
    assert star_gap(stars, polarity) == pytest.approx(0.9)


@pytest.mark.parametrize("polarity", [-1.0, -0.4, 0.0, 0.4, 1.0])
def test_three_stars_contradict_nothing(polarity: float) -> None:
    assert star_gap(3, polarity) == 0.0


@pytest.mark.parametrize("polarity", [-1.0, 1.0])
def test_without_stars_nothing_is_contradicted(polarity: float) -> None:
    assert star_gap(None, polarity) == 0.0


@pytest.mark.parametrize(("stars", "polarity"), [(1, -0.9), (2, -0.5), (4, 0.5), (5, 0.9), (1, 0.0)])
def test_stars_that_agree_are_no_contradiction(stars: int, polarity: float) -> None:
    assert star_gap(stars, polarity) == 0.0


def test_glowing_praise_under_two_stars_is_wider_than_lukewarm_under_one_and_than_mixed_words() -> None:
    glowing = star_gap(2, 0.9)
    assert glowing > both_ways([0.9, -0.9], []) == 0.5
    assert glowing > star_gap(1, 0.3)
