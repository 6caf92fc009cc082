"""Variety against a version that loops, and near-duplicates."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.engine.ranking import diversify, fold_duplicates


def unit(count: int, dim: int = 6, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def naive_mmr(scores: np.ndarray, vectors: np.ndarray, k: int, trade_off: float) -> list[int]:
    relevance = (scores - scores.min()) / (scores.max() - scores.min())
    chosen = [int(np.argmax(scores))]
    while len(chosen) < k:
        left = [row for row in range(len(scores)) if row not in chosen]

        def worth(row: int) -> float:
            nearest = max(0.0, max(float(vectors[row] @ vectors[other]) for other in chosen))
            return float((1 - trade_off) * relevance[row] - trade_off * nearest)

        chosen.append(max(left, key=worth))
    return chosen


@pytest.mark.parametrize("trade_off", [0.2, 0.5, 1.0])
def test_it_chooses_what_the_slow_version_chooses(trade_off: float) -> None:
    scores, vectors = np.random.default_rng(1).random(40), unit(40)
    assert diversify(scores, vectors, 12, trade_off).tolist() == naive_mmr(scores, vectors, 12, trade_off)


def test_without_a_wish_for_variety_the_order_is_that_of_the_scores() -> None:
    scores = np.random.default_rng(1).random(40)
    assert diversify(scores, unit(40), 40, 0.0).tolist() == np.argsort(-scores).tolist()


def test_the_second_of_two_alike_comes_after_something_else() -> None:
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert diversify(np.array([1.0, 0.9, 0.7]), vectors, 3, 0.5).tolist() == [0, 2, 1]


def test_the_length_of_vectors_does_not_matter() -> None:
    scores, vectors = np.random.default_rng(1).random(40), unit(40)
    assert diversify(scores, 5 * vectors, 9, 0.4).tolist() == diversify(scores, vectors, 9, 0.4).tolist()


def test_no_row_is_chosen_twice_even_among_equals() -> None:
    assert sorted(diversify(np.ones(6), np.zeros((6, 3)), 10, 0.5).tolist()) == [0, 1, 2, 3, 4, 5]


def test_of_nothing_nothing_is_chosen() -> None:
    assert diversify(np.zeros(0), np.zeros((0, 3)), 5, 0.5).tolist() == []


def test_near_duplicates_fold_into_the_first_of_them() -> None:
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.99, 0.05], [0.02, 1.0], [1.0, 1.0]])
    assert fold_duplicates(vectors, 0.97).tolist() == [0, 1, 0, 1, 4]


def test_a_chain_does_not_fold_into_what_is_unlike_it() -> None:
    angles = np.array([0.0, 0.2, 0.4])
    chain = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert fold_duplicates(chain, np.cos(0.25)).tolist() == [0, 0, 2]


def test_items_without_vectors_repeat_nothing() -> None:
    assert fold_duplicates(np.zeros((3, 4)), 0.9).tolist() == [0, 1, 2]
    assert fold_duplicates(np.zeros((0, 4)), 0.9).tolist() == []
