"""Small catalogues for the tests of the index, and a slow obvious search to hold it against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from recommender.contracts import MODALITIES
from recommender.engine.index import Snapshot, write_snapshot

SPACE = "space-a"
#: An item by modality; what it lacks is absent.
Item = Mapping[str, np.ndarray]


def unit(values: np.ndarray) -> np.ndarray:
    return np.asarray(values / np.linalg.norm(values), np.float32)


def make_items(
    count: int, dim: int, *, seed: int = 0, shares: tuple[float, ...] = (0.9, 1.0, 0.4)
) -> dict[int, Item]:
    """Items under ids with gaps between them; ``shares`` of them have a picture, words, a sound."""
    rng = np.random.default_rng(seed)
    ids = np.sort(rng.choice(10 * count, count, replace=False)) + 1
    return {
        int(item): {
            modality: unit(rng.standard_normal(dim))
            for modality, share in zip(MODALITIES, shares, strict=True)
            if rng.random() < share
        }
        for item in ids
    }


def rows_of(items: Mapping[int, Item], dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids (n,) ascending and their vectors (n, 3 * dim), laid out by hand."""
    ids = sorted(items)
    absent = np.zeros(dim, np.float32)
    rows = [np.concatenate([items[item].get(modality, absent) for modality in MODALITIES]) for item in ids]
    return np.array(ids, np.int64), np.array(rows, np.float32).reshape(len(ids), 3 * dim)


def write(folder: Path, items: Mapping[int, Item], dim: int, *, hnsw_from: int = 10**9) -> Path:
    """A snapshot of ``items`` in a new folder."""
    folder.mkdir()
    ids, matrix = rows_of(items, dim)
    write_snapshot(
        folder, ids, matrix, space_key=SPACE, watermark=7, modalities=MODALITIES, hnsw_from=hnsw_from
    )
    return folder


def opened(folder: Path, items: Mapping[int, Item], dim: int, *, hnsw_from: int = 10**9) -> Snapshot:
    return Snapshot.open(write(folder, items, dim, hnsw_from=hnsw_from), space_key=SPACE)


def slow_score(item: Item, asked: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> float | None:
    """The mean similarity over what meets, by weight, times the whole weight; None where nothing meets."""
    whole = sum(abs(weight) for weight in weights.values())
    met = [modality for modality in asked if modality in item and weights.get(modality)]
    if not met:
        return None
    similar = sum(weights[modality] * float(asked[modality] @ item[modality]) for modality in met)
    return similar * whole / sum(abs(weights[modality]) for modality in met)


def slow_search(
    items: Mapping[int, Item],
    asked: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    k: int,
    *,
    among: Iterable[int] | None = None,
    exclude: Iterable[int] = (),
) -> list[tuple[int, float]]:
    """Ids and scores, best first: every item is looked at in turn."""
    wanted = set(items if among is None else among) - set(exclude)
    scores = {item: slow_score(items[item], asked, weights) for item in wanted if item in items}
    found = [(item, score) for item, score in scores.items() if score is not None]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]
