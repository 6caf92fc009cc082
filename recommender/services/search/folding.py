"""Near-duplicates: the same thing listed more than once, of which the best placed stands for the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from recommender.contracts import MODALITIES
from recommender.engine.index import LiveIndex
from recommender.engine.ranking import fold_duplicates
from recommender.services.search.facts import Facts

#: Cosine of two pictures from which items of the same title are the same thing.
_ALIKE = 0.98


def fold(ids: Sequence[int], facts: Facts, live: LiveIndex | None) -> list[int]:
    """Places in ``ids`` without those that repeat an earlier one, and without those that are gone.

    Two items are one where their titles are the same and their pictures nearly so; without pictures, their
    words.
    """
    present = [place for place, pk in enumerate(ids) if pk in facts]
    by_title: dict[str, list[int]] = defaultdict(list)
    for place in present:
        by_title[facts.title(ids[place])].append(place)
    groups = [group for group in by_title.values() if len(group) > 1]
    if live is None or not groups:
        return present
    looks = _looks(live.vectors([ids[place] for group in groups for place in group]))
    starts = np.cumsum([0, *(len(group) for group in groups[:-1])])
    alike = _first_two_alike(looks, starts)
    gone: set[int] = set()
    for group, start, first_two in zip(groups, starts.tolist(), alike.tolist(), strict=True):
        if len(group) == 2:
            gone.update(group[1:] if first_two else [])
            continue
        standing = fold_duplicates(looks[start : start + len(group)], _ALIKE)
        gone.update(place for row, place in enumerate(group) if standing[row] != row)
    return [place for place in present if place not in gone]


def _first_two_alike(looks: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """(groups,) bool: whether the first two rows of each group are one thing; most groups have but two."""
    one, other = looks[starts], looks[starts + 1]
    products = np.einsum("gd,gd->g", one, other)
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return products >= _ALIKE * np.maximum(lengths, 1e-12)


def _looks(vectors: np.ndarray) -> np.ndarray:
    """(n, 2 * dim) of vectors (n, 3 * dim): the picture, or the words of items that have none."""
    blocks = vectors.reshape(len(vectors), len(MODALITIES), -1)
    image, text = (blocks[:, MODALITIES.index(name)] for name in ("image", "text"))
    return np.hstack([image, np.where(image.any(axis=1, keepdims=True), 0.0, text)])
