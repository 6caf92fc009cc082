"""Reciprocal rank fusion."""

from __future__ import annotations

import pytest

from recommender.engine.ranking import reciprocal_rank_fusion


def test_the_score_is_the_sum_of_reciprocal_ranks() -> None:
    fused = reciprocal_rank_fusion([[3, 1], [1, 2]])
    assert fused == pytest.approx({1: 1 / 62 + 1 / 61, 3: 1 / 61, 2: 1 / 62})


def test_the_best_comes_first_and_equals_in_the_order_they_were_met() -> None:
    assert list(reciprocal_rank_fusion([[3, 1], [1, 2], [5]])) == [1, 3, 5, 2]


def test_an_id_counts_once_in_each_ranking() -> None:
    assert reciprocal_rank_fusion([[4, 4, 2]]) == pytest.approx({4: 1 / 61, 2: 1 / 62})


def test_a_ranking_may_be_worth_more() -> None:
    assert list(reciprocal_rank_fusion([[1], [2]], weights=[0.4, 1.0])) == [2, 1]


def test_no_rankings_fuse_into_nothing() -> None:
    assert reciprocal_rank_fusion([]) == {}
