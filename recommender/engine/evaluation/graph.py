"""The recommender in the form that serves: a graph on disk, histories summed row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from recommender.engine.graph import ItemGraph, content_rows, fit_crowd, write_graph
from recommender.engine.ranking import mix

CROWD = "crowd"


def fit_graph(
    folder: Path,
    train: csr_matrix,
    features: Mapping[str, np.ndarray] | None = None,
    *,
    regularisation: float,
    crowd_top: int,
    content_top: int,
) -> ItemGraph:
    """Fit, write and open a graph over the items of ``train`` (people, items); ids are column numbers.

    Args:
        folder: where its files go.
        features: by name unit rows (items, dim), each a source of its own.
    """
    items = train.shape[1]
    rows = {CROWD: fit_crowd(train, regularisation=regularisation, top=crowd_top)}
    for name, vectors in (features or {}).items():
        rows[name] = content_rows(vectors, top=content_top)
    total = np.log1p(np.asarray(train.sum(axis=0)).ravel())
    popularity = total / max(float(total.max(initial=0.0)), 1e-12)
    ids = np.arange(items, dtype=np.int64)
    write_graph(folder, ids, rows, popularity=popularity, freshness=np.zeros(items), manifest={})
    return ItemGraph.open(folder)


def graph_scores(
    graph: ItemGraph, history: csr_matrix, mixture: Mapping[str, float]
) -> Callable[[np.ndarray], np.ndarray]:
    """A function from people's rows (b,) to scores (b, items), for a graph whose ids are column numbers.

    Args:
        history: (people, items) weights of what each person did.
        mixture: say of each source, mixed as a feed does; what is not reached scores 0.
    """

    def score(people: np.ndarray) -> np.ndarray:
        scores = np.zeros((len(people), len(graph)), np.float32)
        for row, person in enumerate(people):
            mine = slice(history.indptr[person], history.indptr[person + 1])
            found = graph.accumulate(history.indices[mine], history.data[mine])
            nothing = np.zeros(len(found.ids), np.float32)
            # Neither popularity nor freshness: it is the graph that is measured.
            mixed = mix(found, nothing, nothing, mixture, evidence=1.0)
            scores[row, found.ids] = mixed.scores
        return scores

    return score
