"""Patterns: how far a second and a third colour show at each point of a surface."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial import cKDTree

#: (u, v, softness) to the share of the second and of the third colour, each in [0, 1] with the shape of u.
Layers = tuple[np.ndarray, "np.ndarray | None"]
_Maker = Callable[[np.ndarray, np.ndarray, float], Layers]


def _edge(distance: np.ndarray, soft: float) -> np.ndarray:
    """1 where ``distance`` is below 0, 0 above, smooth over ``soft``."""
    return np.clip(0.5 - distance / soft, 0, 1)


def _striped(u: np.ndarray, v: np.ndarray, soft: float) -> Layers:
    return _edge(np.abs(v - np.floor(v) - 0.5) - 0.22, soft), None


def _dotted(u: np.ndarray, v: np.ndarray, soft: float) -> Layers:
    row = np.floor(v)
    x = u + 0.5 * np.mod(row, 2)
    return _edge(np.hypot(x - np.floor(x) - 0.5, v - row - 0.5) - 0.25, soft), None


def _checked(u: np.ndarray, v: np.ndarray, soft: float) -> Layers:
    one = _edge(np.abs(u - np.floor(u) - 0.5) - 0.25, soft)
    two = _edge(np.abs(v - np.floor(v) - 0.5) - 0.25, soft)
    thin = np.maximum(
        _edge(np.abs(np.mod(u + 0.5, 1) - 0.5) - 0.03, soft),
        _edge(np.abs(np.mod(v + 0.5, 1) - 0.5) - 0.03, soft),
    )
    return 0.5 * (one + two), 0.5 * thin


def _zigzag(u: np.ndarray, v: np.ndarray, soft: float) -> Layers:
    wave = v + 0.7 * np.abs(np.mod(u, 1) - 0.5)
    near = np.mod(wave, 1)
    return _edge(np.abs(near - 0.35) - 0.19, soft), _edge(np.abs(near - 0.8) - 0.07, soft)


def _floral(u: np.ndarray, v: np.ndarray, soft: float) -> Layers:
    row = np.floor(v)
    x = u + 0.5 * np.mod(row, 2)
    dx, dy = x - np.floor(x) - 0.5, v - row - 0.5
    turn = 2.4 * np.mod(np.floor(x) * 7 + row * 3, 5)
    radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    petals = radius - 0.2 - 0.11 * np.cos(5 * angle + turn)
    heart = radius - 0.085
    ax, ay = np.mod(x + 0.5, 1) - 0.5, np.mod(v + 0.5, 1) - 0.5
    leaf = np.hypot(ax * 1.0 + ay * 0.4, ay * 2.2 - ax * 0.6) - 0.15
    third = np.maximum(_edge(heart, soft), _edge(leaf, soft))
    return _edge(petals, soft) * (1 - _edge(heart, soft)), third


def _geometric(u: np.ndarray, v: np.ndarray, soft: float) -> Layers:
    column, row = np.floor(u), np.floor(v)
    dx, dy = u - column - 0.5, v - row - 0.5
    which = np.mod(column * 3 + row * 5 + np.floor(column * row / 2), 4)
    side = np.where(np.mod(column + row, 2) > 0, dx + dy, dx - dy)
    circle = np.hypot(dx, dy) - 0.36
    second = np.where(which < 2, _edge(side, soft), np.where(which < 3, _edge(circle, soft), 0.0))
    third = np.where(which == 3, _edge(circle, soft), 0.0)
    return second, third


def _terrazzo(u: np.ndarray, v: np.ndarray, soft: float) -> Layers:
    size = 8
    rng = np.random.default_rng(3)
    points = rng.uniform(0, size, (size * size * 3, 2))
    tree = cKDTree(points, boxsize=np.array([size, size]))
    where = np.stack([np.mod(u, size).ravel(), np.mod(v, size).ravel()], axis=1)
    near, which = (np.asarray(found) for found in tree.query(np.minimum(where, size - 1e-6), k=2))
    gap = (near[:, 1] - near[:, 0]).reshape(u.shape)
    kind = (which[:, 0] % 5).reshape(u.shape)
    chip = _edge(0.14 - gap, soft)
    return np.where(kind < 2, chip, 0.0), np.where(kind == 2, chip, 0.0)


_MAKERS: dict[str, _Maker] = {
    "striped": _striped,
    "dotted": _dotted,
    "checked": _checked,
    "zigzag": _zigzag,
    "floral": _floral,
    "geometric": _geometric,
    "terrazzo": _terrazzo,
}


def layers(name: str, u: np.ndarray, v: np.ndarray, soft: float, height: np.ndarray) -> Layers:
    """Shares of the second and third colour.

    Args:
        name: the pattern; ``plain`` gives zeros.
        u, v: coordinates on the surface, one period a unit.
        soft: width of an edge in the same units.
        height: the place from the top (0) to the bottom (1) of the product, for what runs over all of it.
    """
    if name == "gradient":
        return np.clip((height - 0.2) * 1.5, 0, 1), None
    if name == "two-tone":
        return _edge(0.56 - height, 0.006), None
    if name in _MAKERS:
        return _MAKERS[name](u.astype(np.float32), v.astype(np.float32), soft)
    return np.zeros_like(u), None
