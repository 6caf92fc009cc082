"""Two worlds of unit vectors, each around middles of its own."""

from __future__ import annotations

import numpy as np

DIM = 64
_rng = np.random.default_rng(42)
MIDDLES = {name: _rng.normal(size=(6, DIM)) for name in ("old", "other")}


def draw(rng: np.random.Generator, count: int, world: str, kinds: int = 6) -> np.ndarray:
    """Unit (count, DIM) float32 of the first ``kinds`` of a world."""
    middles = MIDDLES[world][rng.integers(0, kinds, count)]
    rows = 0.6 * middles + 0.8 * rng.normal(size=(count, DIM))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)
