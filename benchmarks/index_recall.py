"""Index snapshots against exact search: recall@10 under five mixtures, with the time of a search and a build.

The vectors come in clusters, a third of them in another cluster by sound or words than by look. In the first
catalogue every item has a picture, words and a sound; in the second 5 % lack the picture and 60 % the sound.
Peers propose 128 items each, which are scored again as the index does it: one HNSW graph over all items, and
an inverted file. Searches are single and in one thread.

    python -m benchmarks.index_recall [--items 100000] [--dim 128] [--queries 200]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks._report import machine, publish, verdict
from recommender.contracts import MODALITIES
from recommender.engine.index import LiveIndex, Snapshot, write_snapshot
from recommender.engine.index.hnsw import BUILD_EFFORT, LINKS, SEARCH_EFFORT

BAR = 0.97
SERVED = "index (served)"
HNSW_FROM = 20_000  # as the settings have it
K, PROPOSALS = 10, 128
MIXTURES: dict[str, tuple[float, float, float]] = {
    "balanced": (1.0, 1.0, 1.0),
    "image only": (1.0, 0.0, 0.0),
    "text only": (0.0, 1.0, 0.0),
    "image and text": (1.0, 1.0, 0.0),
    "words with sound": (0.2, 1.0, 0.4),
}
#: Share of the items that have each modality.
CATALOGUES = {"complete": (1.0, 1.0, 1.0), "with gaps": (0.95, 1.0, 0.4)}

Search = Callable[[np.ndarray], list[int]]


def unit(values: np.ndarray) -> np.ndarray:
    return values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-12)


def make_items(n: int, dim: int, shares: tuple[float, ...], rng: np.random.Generator) -> np.ndarray:
    """(n, 3, dim) unit vectors about the centres of ``n / 100`` clusters, zeros where an item has none."""
    clusters = max(2, n // 100)
    home = rng.integers(0, clusters, n)
    items = np.empty((n, len(MODALITIES), dim), np.float32)
    for number in range(len(MODALITIES)):
        centres = unit(rng.standard_normal((clusters, dim), np.float32))
        cluster = np.where(rng.random(n) < 0.7, home, rng.integers(0, clusters, n))
        items[:, number] = unit(centres[cluster] + unit(rng.standard_normal((n, dim), np.float32)))
    for number, share in enumerate(shares):
        items[rng.random(n) >= share, number] = 0
    items[~items.any(axis=(1, 2)), 1] = unit(np.ones(dim, np.float32))
    return items


def make_queries(items: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 3, dim): complete items, each turned by some 27 degrees."""
    whole = np.flatnonzero(items.any(axis=2).all(axis=1))
    chosen = items[rng.choice(whole, count)]
    return unit(chosen + 0.5 * unit(rng.standard_normal(chosen.shape, np.float32)))


def exact_score(items: np.ndarray, query: np.ndarray) -> np.ndarray:
    """(n,) the oracle: weighted similarities, scaled up where an item lacks some of the weight."""
    weights = np.linalg.norm(query, axis=1)  # (3,)
    met = items.any(axis=2) @ weights
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.einsum("nmd,md->n", items, query) * weights.sum() / met
    return np.where(met > 0, scores, -np.inf)


# -- what is compared ----------------------------------------------------------------------------------------


def served(items: np.ndarray, folder: Path, hnsw_from: int) -> Search:
    """The project's own index, written to disk and opened again."""
    n, _, dim = items.shape
    folder.mkdir()
    flat = items.reshape(n, -1)
    write_snapshot(
        folder,
        np.arange(n),
        flat,
        space_key="benchmark",
        watermark=0,
        modalities=MODALITIES,
        hnsw_from=hnsw_from,
    )
    live = LiveIndex(Snapshot.open(folder, space_key="benchmark"), dim)
    return lambda query: [hit.item_id for hit in live.search(query.reshape(-1), K)]


def peer(items: np.ndarray, index: Any, **effort: Any) -> Search:
    """A faiss index of all items, its proposals scored again."""
    flat = np.ascontiguousarray(items.reshape(len(items), -1))
    index.train(flat)
    index.add(flat)
    for name, value in effort.items():
        setattr(index, name, value)

    def search(query: np.ndarray) -> list[int]:
        rows = index.search(query.reshape(1, -1), PROPOSALS)[1][0]
        rows = rows[rows >= 0]
        return rows[np.argsort(-exact_score(items[rows], query))[:K]].tolist()

    return search


def one_graph(items: np.ndarray) -> Search:
    import faiss

    index = faiss.IndexHNSWFlat(items.shape[1] * items.shape[2], LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = BUILD_EFFORT
    index.hnsw.efSearch = SEARCH_EFFORT
    return peer(items, index)


def inverted_file(items: np.ndarray) -> Search:
    import faiss

    width = items.shape[1] * items.shape[2]
    lists = min(1024, len(items) // 40)
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, lists, faiss.METRIC_INNER_PRODUCT)
    return peer(items, index, nprobe=32)


def measure(search: Search, queries: np.ndarray, truth: Mapping[str, list[set[int]]]) -> dict[str, Any]:
    """Recall by mixture, and the time of a search over all of them."""
    recalls, times = {}, []
    for name, weights in MIXTURES.items():
        asked = queries * np.array(weights, np.float32)[:, None]
        found = 0
        for query, best in zip(asked, truth[name], strict=True):
            began = time.perf_counter()
            answer = search(query)
            times.append(1000 * (time.perf_counter() - began))
            found += len(best.intersection(answer))
        recalls[name] = round(found / (K * len(queries)), 4)
    return {**recalls, "search ms": median(times), "p95 ms": float(np.quantile(times, 0.95))}


def truth_of(items: np.ndarray, queries: np.ndarray) -> dict[str, list[set[int]]]:
    """The ten best items of every query under every mixture."""
    answer = {}
    for name, weights in MIXTURES.items():
        asked = queries * np.array(weights, np.float32)[:, None]
        scores = (exact_score(items, query) for query in asked)
        answer[name] = [set(np.argsort(-row)[:K].tolist()) for row in scores]
    return answer


def compare(catalogue: str, n: int, dim: int, count: int) -> list[dict[str, Any]]:
    """One row for each kind of index over one catalogue."""
    import faiss

    rng = np.random.default_rng(0)
    items = make_items(n, dim, CATALOGUES[catalogue], rng)
    queries = make_queries(items, count, rng)
    truth = truth_of(items, queries)
    cores = faiss.omp_get_max_threads()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        kinds: dict[str, Callable[[], Search]] = {
            SERVED: lambda: served(items, Path(name) / "graphs", min(n, HNSW_FROM)),
            "index, exact": lambda: served(items, Path(name) / "exact", n + 1),
            "one HNSW graph": lambda: one_graph(items),
            "IVF1024, nprobe 32": lambda: inverted_file(items),
        }
        for kind, build in kinds.items():
            faiss.omp_set_num_threads(cores)
            began = time.perf_counter()
            search = build()
            seconds = time.perf_counter() - began
            faiss.omp_set_num_threads(1)
            row = {"catalogue": catalogue, "index": kind, **measure(search, queries, truth)}
            row |= {"build s": seconds, "met": all(row[mixture] >= BAR for mixture in MIXTURES)}
            print(row, flush=True)
            rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=128)
    parser.add_argument("--queries", type=int, default=200)
    options = parser.parse_args()
    about = machine()
    rows = [row for name in CATALOGUES for row in compare(name, options.items, options.dim, options.queries)]
    publish(
        "index_recall", rows, about, bar=BAR, items=options.items, dim=options.dim, efSearch=SEARCH_EFFORT
    )
    ours = [row for row in rows if row["index"] == SERVED]
    sys.exit(verdict({f"recall@10 at least {BAR}, {row['catalogue']}": row["met"] for row in ours}))


if __name__ == "__main__":
    main()
