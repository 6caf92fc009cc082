"""The recommender as it serves, on a world whose tastes are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommender.engine.evaluation import evaluate, fit_graph, graph_scores

PEOPLE, ITEMS, CIRCLES = 240, 80, 8


def planted(seed: int = 0) -> tuple[csr_matrix, csr_matrix]:
    """Everybody likes one circle of ten items, six before and four next, and a few things by chance."""
    rng = np.random.default_rng(seed)
    before, after = np.zeros((PEOPLE, ITEMS), np.float32), np.zeros((PEOPLE, ITEMS), np.float32)
    for person in range(PEOPLE):
        circle = np.flatnonzero(np.arange(ITEMS) % CIRCLES == person % CIRCLES)
        liked = rng.permutation(circle)
        before[person, liked[:6]] = after[person, liked[6:]] = 1.0
        before[person, rng.integers(0, ITEMS, 3)] = 1.0
    return csr_matrix(before), csr_matrix(after * (before == 0))


def looks() -> np.ndarray:
    """Unit rows (items, 8): items of one circle are alike."""
    rng = np.random.default_rng(3)
    rows = np.eye(CIRCLES)[np.arange(ITEMS) % CIRCLES] + 0.1 * rng.normal(size=(ITEMS, CIRCLES))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def figure(folder: Path, train: csr_matrix, test: csr_matrix, mixture: dict[str, float]) -> float:
    features = {"image": looks()} if "image" in mixture else {}
    graph = fit_graph(folder, train, features, regularisation=20.0, crowd_top=40, content_top=9)
    return evaluate(graph_scores(graph, train, mixture), train, test, cutoffs=(10,))["recall@10"]


def test_learning_from_what_people_did_finds_what_they_do_next(tmp_path: Path) -> None:
    train, test = planted()
    popular = np.asarray(train.sum(axis=0)).ravel()
    by_chance = evaluate(lambda people: np.tile(popular, (len(people), 1)), train, test, cutoffs=(10,))
    assert figure(tmp_path, train, test, {"crowd": 1.0}) > 0.95
    assert by_chance["recall@10"] < 0.3


def test_content_alone_finds_it_where_nobody_did_anything_alike(tmp_path: Path) -> None:
    train, test = planted()
    alone = csr_matrix(train.toarray() * (np.arange(PEOPLE)[:, None] == 5))
    assert figure(tmp_path / "crowd", alone, test, {"crowd": 1.0}) < 0.3
    assert figure(tmp_path / "both", alone, test[:6], {"crowd": 1.0, "image": 1.0}) >= 1 / 6


def test_scores_are_the_sums_of_the_history_s_rows(tmp_path: Path) -> None:
    train, _ = planted()
    graph = fit_graph(tmp_path, train, regularisation=20.0, crowd_top=5, content_top=9)
    scores = graph_scores(graph, train, {"crowd": 1.0})(np.array([0, 7]))
    dense = np.zeros((ITEMS, ITEMS))
    for item in range(ITEMS):
        ids, values = graph.row("crowd", item)
        dense[item, ids] = values
    wanted = train[[0, 7]] @ dense
    for got, sums in zip(scores, wanted, strict=True):
        np.testing.assert_allclose(got / got.max(), sums / sums.max(), atol=1e-5)


def test_a_person_without_history_scores_nothing(tmp_path: Path) -> None:
    train, _ = planted()
    graph = fit_graph(tmp_path, train, regularisation=20.0, crowd_top=5, content_top=9)
    nothing = csr_matrix((1, ITEMS), dtype=np.float32)
    assert not graph_scores(graph, nothing, {"crowd": 1.0})(np.array([0])).any()


@pytest.mark.parametrize("top", [9, 40])
def test_sparse_rows_keep_the_order_of_the_best(tmp_path: Path, top: int) -> None:
    train, test = planted()
    graph = fit_graph(tmp_path, train, regularisation=20.0, crowd_top=top, content_top=9)
    found = evaluate(graph_scores(graph, train, {"crowd": 1.0}), train, test, cutoffs=(10,))
    assert found["recall@10"] > 0.9
