"""Surface grains: small tiles of bumps and tint, repeated over a material.

A tile is made once in a process from fixed noise, whatever the product, so every linen looks like linen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

SIZE = 256


class Tile(NamedTuple):
    """Slopes ``dx``, ``dy`` and ``tint`` (a factor round 1), each (SIZE, SIZE) float32, tileable."""

    dx: np.ndarray
    dy: np.ndarray
    tint: np.ndarray


def _noise(seed: int, *sigma: float) -> np.ndarray:
    """Tileable noise of unit deviation, blurred by ``sigma`` texels (down, across)."""
    field = np.random.default_rng(seed).standard_normal((SIZE, SIZE)).astype(np.float32)
    field = gaussian_filter(field, sigma if len(sigma) == 2 else sigma[0], mode="wrap")
    return np.asarray(field / field.std(), np.float32)


def _grid() -> tuple[np.ndarray, np.ndarray]:
    """Row and column phases in [0, 2 pi) as (SIZE, 1) and (1, SIZE)."""
    phase = (np.arange(SIZE, dtype=np.float32) / SIZE * 2 * np.pi).astype(np.float32)
    return phase[:, None], phase[None, :]


def _over_under(threads: int, irregular: float) -> tuple[np.ndarray, np.ndarray]:
    y, x = _grid()
    wobble = irregular * _noise(5, 6.0)
    warp, weft = np.sin(threads * x + wobble), np.sin(threads * y + wobble.T)
    height = np.where(warp * weft > 0, np.abs(warp), np.abs(weft)) ** 0.7
    return height, 0.86 + 0.22 * height + 0.03 * _noise(6, 2.0, 9.0)


def _weave() -> tuple[np.ndarray, np.ndarray]:
    height, tint = _over_under(42, 0.3)
    return 0.25 * height, 0.5 + 0.5 * tint


def _linen() -> tuple[np.ndarray, np.ndarray]:
    height, tint = _over_under(34, 0.9)
    slubs = _noise(7, 0.8, 14.0) + _noise(8, 14.0, 0.8)
    return 0.4 * height, tint * (1 + 0.045 * slubs)


def _canvas() -> tuple[np.ndarray, np.ndarray]:
    height, tint = _over_under(24, 0.4)
    return 0.8 * height, tint


def _twill() -> tuple[np.ndarray, np.ndarray]:
    y, x = _grid()
    ridge = 0.5 + 0.5 * np.sin(30 * x + 30 * y + 0.4 * _noise(9, 3.0))
    return 0.7 * ridge, 0.82 + 0.26 * ridge + 0.05 * _noise(10, 5.0, 1.0)


def _knit() -> tuple[np.ndarray, np.ndarray]:
    y, x = _grid()
    columns = 16 * x / 2
    lean = np.abs(np.sin(columns))  # V-shaped stitches in columns
    stitch = 0.5 + 0.5 * np.sin(20 * y + 5.0 * lean)
    height = (0.35 + 0.65 * stitch) * (0.25 + 0.75 * np.sqrt(np.abs(np.sin(2 * columns)) + 1e-4))
    return 2.2 * height, 0.7 + 0.4 * height + 0.03 * _noise(11, 1.0)


def _leather() -> tuple[np.ndarray, np.ndarray]:
    points = np.random.default_rng(12).uniform(0, SIZE, (1500, 2))
    tree = cKDTree(points, boxsize=np.array([SIZE, SIZE]))
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    near = np.asarray(tree.query(np.stack([rows.ravel() + 0.5, columns.ravel() + 0.5], axis=1), k=2)[0])
    gap = (near[:, 1] - near[:, 0]).reshape(SIZE, SIZE).astype(np.float32)
    height = np.clip(gap / 2.6, 0, 1) ** 0.6 + 0.12 * _noise(13, 1.5)
    return 1.1 * height, 0.88 + 0.13 * height + 0.03 * _noise(14, 20.0)


def _felt() -> tuple[np.ndarray, np.ndarray]:
    fibres = _noise(15, 0.7) + _noise(16, 0.6, 2.5) + _noise(17, 2.5, 0.6)
    return 0.22 * fibres, 1 + 0.035 * fibres + 0.02 * _noise(18, 12.0)


def _fur() -> tuple[np.ndarray, np.ndarray]:
    locks = _noise(19, 5.0, 1.3) + 0.8 * _noise(20, 3.0, 2.2) + 0.7 * _noise(21, 1.2, 0.9)
    return 1.1 * locks, 1 + 0.06 * locks


def _straw() -> tuple[np.ndarray, np.ndarray]:
    y, x = _grid()
    across, along = np.sin(11 * x), np.sin(22 * y + np.pi * (np.sin(11 * x) > 0))
    height = np.abs(along) ** 0.6 * (0.4 + 0.6 * np.abs(across) ** 0.5)
    return 2.4 * height, 0.66 + 0.42 * height + 0.05 * _noise(22, 1.0, 7.0)


def _rattan() -> tuple[np.ndarray, np.ndarray]:
    y, x = _grid()
    one, two = np.sin(9 * x + 9 * y), np.sin(9 * x - 9 * y)
    height = np.maximum(np.abs(one), np.abs(two)) ** 3
    return 2.6 * height, 0.5 + 0.55 * height + 0.03 * _noise(23, 2.0)


def _wood() -> tuple[np.ndarray, np.ndarray]:
    y, _ = _grid()
    warp = 2.6 * _noise(24, 7.0, 60.0) + 0.25 * _noise(25, 3.0, 20.0)
    rings = 0.5 + 0.5 * np.sin(9 * y + warp)
    pores = np.clip(_noise(26, 0.6, 9.0) - 1.2, 0, 2)
    return 0.12 * rings - 0.5 * pores, 0.86 + 0.2 * rings - 0.12 * pores + 0.04 * _noise(27, 1.0, 30.0)


def _bamboo() -> tuple[np.ndarray, np.ndarray]:
    y, x = _grid()
    strip = np.abs(np.sin(5 * y)) ** 0.4
    knots = np.exp(-((np.sin(1 * x + np.sign(np.sin(10 * y)) * 1.3) / 0.05) ** 2))
    return 1.6 * strip, 0.8 + 0.2 * strip - 0.16 * knots + 0.03 * _noise(28, 0.8, 25.0)


def _brushed() -> tuple[np.ndarray, np.ndarray]:
    streaks = _noise(29, 0.5, 40.0)
    return 0.16 * streaks, 1 + 0.035 * streaks


def _speckle() -> tuple[np.ndarray, np.ndarray]:
    spots = np.clip(_noise(30, 1.1) - 2.0, 0, 0.6) / 0.6
    return 0.2 * _noise(31, 5.0) - spots * 0.2, 1 - 0.5 * spots + 0.025 * _noise(32, 9.0)


def _concrete() -> tuple[np.ndarray, np.ndarray]:
    pits = np.clip(_noise(33, 1.4) - 2.1, 0, 1)
    return 0.2 * _noise(34, 1.5) - 1.6 * pits, 1 + 0.05 * _noise(35, 14.0) + 0.03 * _noise(
        36, 2.0
    ) - 0.3 * pits


def _ripstop() -> tuple[np.ndarray, np.ndarray]:
    y, x = _grid()
    lines = np.maximum(np.sin(13 * x), np.sin(13 * y)) ** 16
    return 0.6 * lines + 0.1 * _noise(37, 1.0), 0.97 + 0.07 * lines


def _plain() -> tuple[np.ndarray, np.ndarray]:
    flat = 0.02 * _noise(38, 30.0)
    return flat, 1 + 0.0 * flat


_MAKERS: dict[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
    "weave": _weave, "linen": _linen, "canvas": _canvas, "twill": _twill, "knit": _knit, "leather": _leather,
    "felt": _felt, "fur": _fur, "straw": _straw, "rattan": _rattan, "wood": _wood, "bamboo": _bamboo,
    "brushed": _brushed, "speckle": _speckle, "concrete": _concrete, "ripstop": _ripstop, "plain": _plain,
}  # fmt: skip


@cache
def tile(name: str) -> Tile:
    """The tile of a grain by name."""
    height, tint = _MAKERS[name]()
    height = np.broadcast_to(height, (SIZE, SIZE)).astype(np.float32)
    dx = np.roll(height, -1, 1) - np.roll(height, 1, 1)
    dy = np.roll(height, -1, 0) - np.roll(height, 1, 0)
    return Tile(0.5 * dx, 0.5 * dy, np.broadcast_to(tint, (SIZE, SIZE)).astype(np.float32))
