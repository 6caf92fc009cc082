"""Metrics against versions that sort and look."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommender.engine.evaluation import evaluate, top_items

PEOPLE, ITEMS = 30, 50


def world(seed: int = 0) -> tuple[np.ndarray, csr_matrix, csr_matrix]:
    """Scores with many ties, what people did, and what they did next (some of them nothing)."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 12, (PEOPLE, ITEMS)).astype(np.float32)
    train = rng.random((PEOPLE, ITEMS)) < 0.1
    test = (rng.random((PEOPLE, ITEMS)) < rng.choice([0.0, 0.05, 0.6], PEOPLE)[:, None]) & ~train
    return scores, csr_matrix(train.astype(np.float32)), csr_matrix(test.astype(np.float32))


def naive(scores: np.ndarray, train: csr_matrix, test: csr_matrix, k: int) -> tuple[float, float]:
    recalls, gains = [], []
    for person in range(len(scores)):
        wanted = set(test[person].indices.tolist())
        if not wanted:
            continue
        met = set(train[person].indices.tolist())
        ranked = sorted((i for i in range(ITEMS) if i not in met), key=lambda i: (-scores[person, i], i))[:k]
        recalls.append(len(wanted & set(ranked)) / len(wanted))
        gain = sum(1 / log2(rank + 2) for rank, item in enumerate(ranked) if item in wanted)
        gains.append(gain / sum(1 / log2(rank + 2) for rank in range(min(k, len(wanted)))))
    return float(np.mean(recalls)), float(np.mean(gains))


@pytest.mark.parametrize("k", [1, 5, 20])
def test_they_are_what_sorting_and_looking_gives(k: int) -> None:
    scores, train, test = world()
    found = evaluate(lambda people: scores[people], train, test, cutoffs=(k,))
    assert (found[f"recall@{k}"], found[f"ndcg@{k}"]) == pytest.approx(naive(scores, train, test, k))


def test_people_come_in_batches_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    scores, train, test = world()
    whole = evaluate(lambda people: scores[people], train, test)
    monkeypatch.setattr("recommender.engine.evaluation.metrics._PEOPLE", 7)
    assert evaluate(lambda people: scores[people], train, test) == pytest.approx(whole)


def test_the_perfect_order_reaches_one() -> None:
    _, train, test = world()
    found = evaluate(lambda people: test[people].toarray(), train, test, cutoffs=(ITEMS,))
    assert found == pytest.approx({f"recall@{ITEMS}": 1.0, f"ndcg@{ITEMS}": 1.0})


def test_what_a_person_met_before_is_left_out() -> None:
    train, test = csr_matrix([[1.0, 0.0, 0.0]]), csr_matrix([[0.0, 1.0, 0.0]])
    found = evaluate(lambda people: np.array([[9.0, 5.0, 1.0]]), train, test, cutoffs=(1,))
    assert found["recall@1"] == 1.0


def test_scores_are_not_changed() -> None:
    scores, train, test = world()
    before = scores.copy()
    evaluate(lambda people: scores[people], train, test)
    np.testing.assert_array_equal(scores, before)


def test_where_nobody_did_anything_next_all_is_zero() -> None:
    scores, train, _ = world()
    found = evaluate(lambda people: scores[people], train, csr_matrix((PEOPLE, ITEMS)), cutoffs=(5,))
    assert found == {"recall@5": 0.0, "ndcg@5": 0.0}


@pytest.mark.parametrize("k", [1, 7, 50, 80])
def test_the_top_is_that_of_a_stable_sort(k: int) -> None:
    scores, _, _ = world()
    np.testing.assert_array_equal(top_items(scores, k), np.argsort(-scores, axis=1, kind="stable")[:, :k])
