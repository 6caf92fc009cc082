"""Recall against a version that sorts and looks."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.engine.learning.retrieval import ranks, recalls, text_image_retrieval


def unit(count: int, dim: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def naive_recall(queries: np.ndarray, answers: np.ndarray, right: list[set[int]], k: int) -> float:
    hits = 0
    for query, wanted in zip(queries, right, strict=True):
        best = sorted(range(len(answers)), key=lambda j: -float(query @ answers[j]))[:k]
        hits += bool(wanted & set(best))
    return hits / len(queries)


@pytest.mark.parametrize("k", [1, 5, 10])
def test_recall_is_what_sorting_and_looking_gives(k: int) -> None:
    images, texts = unit(30, 6, 0), unit(75, 6, 1)
    owner = np.random.default_rng(2).integers(0, 30, size=75)
    found = text_image_retrieval(images, texts, owner)
    assert found.text_to_image[f"recall@{k}"] == pytest.approx(
        naive_recall(texts, images, [{int(o)} for o in owner], k), abs=1e-4
    )
    captioned = sorted(set(owner.tolist()))
    wanted = [set(np.flatnonzero(owner == image).tolist()) for image in captioned]
    assert found.image_to_text[f"recall@{k}"] == pytest.approx(
        naive_recall(images[captioned], texts, wanted, k), abs=1e-4
    )


def test_chance_is_ten_in_the_number_of_pictures() -> None:
    found = text_image_retrieval(unit(40, 4, 0), unit(40, 4, 1), np.arange(40))
    assert found.chance_at_10 == 0.25
    assert found.as_dict()["images"] == 40


def test_an_encoder_that_gives_everything_one_vector_finds_nothing() -> None:
    same = np.tile(unit(1, 4, 0), (50, 1))
    found = text_image_retrieval(same, same, np.arange(50))
    assert found.text_to_image["recall@10"] == 0.0


def test_the_best_of_several_right_answers_counts() -> None:
    scores = np.array([[0.1, 0.9, 0.5, 0.7]])
    assert ranks(scores, np.array([[True, False, False, True]])).tolist() == [1]
    assert recalls(np.array([1]), cutoffs=(1, 2)) == {"recall@1": 0.0, "recall@2": 1.0}
