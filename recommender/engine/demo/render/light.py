"""The studio's light, worked out once for every direction a surface may face.

A finish is two tables over the normal's (x, y): ``body`` multiplies the colour, ``gloss`` is added to it. The
eye looks along -z, the key light is a soft box at the upper left, a strip stands at the right.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

SIZE = 160


class Finish(NamedTuple):
    """``body`` and ``gloss``, each (SIZE, SIZE) float32 indexed by [ny, nx] from -1 to 1."""

    body: np.ndarray
    gloss: np.ndarray


def _step(low: float, high: float, value: np.ndarray) -> np.ndarray:
    ramp = np.clip((value - low) / (high - low), 0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def _box(value: np.ndarray, low: float, high: float, soft: float) -> np.ndarray:
    return _step(low - soft, low + soft, value) * (1 - _step(high - soft, high + soft, value))


class _Directions:
    """What the tables are made of: the normal, light on it, and what it mirrors."""

    def __init__(self) -> None:
        axis = np.linspace(-1, 1, SIZE, dtype=np.float32)
        nx, ny = np.meshgrid(axis, axis)
        longer = np.maximum(np.hypot(nx, ny), 1e-6)
        shrink = np.minimum(1.0, 0.999 / longer)
        self.nx, self.ny = nx * shrink, ny * shrink
        self.nz = np.sqrt(np.maximum(1 - self.nx**2 - self.ny**2, 1e-4))
        key = np.array([-0.5, -0.62, 0.6]) / np.linalg.norm([-0.5, -0.62, 0.6])
        fill = np.array([0.75, -0.1, 0.5]) / np.linalg.norm([0.75, -0.1, 0.5])
        self.key = self.nx * key[0] + self.ny * key[1] + self.nz * key[2]
        self.fill = self.nx * fill[0] + self.ny * fill[1] + self.nz * fill[2]
        half = key + np.array([0, 0, 1.0])
        half /= np.linalg.norm(half)
        self.half = np.clip(self.nx * half[0] + self.ny * half[1] + self.nz * half[2], 0, 1)
        self.rim = (1 - self.nz) ** 3
        px, py = self.nx / self.nz, self.ny / self.nz  # where the mirrored ray meets the studio
        self.window = _box(px, -0.95, -0.34, 0.07) * _box(py, -1.15, -0.36, 0.07)
        self.strip = _box(px, 0.8, 1.15, 0.1) * _box(py, -1.4, 0.8, 0.15)

    def lambert(self, wrap: float, ambient: float) -> np.ndarray:
        key = np.clip((self.key + wrap) / (1 + wrap), 0, 1)
        sky = ambient * (0.75 - 0.35 * self.ny)
        return np.asarray(0.82 * key + 0.16 * np.clip(self.fill, 0, 1) + sky)


def _metal(d: _Directions) -> tuple[np.ndarray, np.ndarray]:
    rx, ry = 2 * d.nz * d.nx, 2 * d.nz * d.ny
    sky = 0.34 + 0.75 * _step(0.25, -0.5, ry) + 0.32 * _step(0.25, 0.9, ry) - 0.2 * _box(ry, 0.05, 0.3, 0.12)
    bands = (
        0.85 * _box(rx, -0.8, -0.42, 0.14) + 0.5 * _box(rx, 0.5, 0.7, 0.08) - 0.3 * _box(rx, 0.05, 0.38, 0.14)
    )
    body = np.clip(sky + bands * 0.8, 0.08, None) * (1 - 0.5 * _step(0.86, 1.0, np.hypot(d.nx, d.ny)))
    return body, 0.5 * d.window + 0.18 * d.strip


@cache
def finish(name: str) -> Finish:
    """The tables of a finish: matte, cloth, velvet, satin, leather, semi, gloss, metal, glass or flat."""
    d = _Directions()
    if name == "metal":
        body, gloss = _metal(d)
    elif name == "velvet":
        body, gloss = 0.6 * d.lambert(0.2, 0.2) + 0.75 * (1 - d.nz) ** 1.3, 0.02 * d.rim
    elif name == "satin":
        body, gloss = 0.9 * d.lambert(0.3, 0.26) + 0.25 * d.half**10, 0.10 * d.half**14 + 0.08 * d.rim
    elif name == "leather":
        body, gloss = 0.95 * d.lambert(0.2, 0.24), 0.11 * d.half**22 + 0.07 * d.window + 0.04 * d.strip
    elif name == "semi":
        body, gloss = d.lambert(0.3, 0.26), 0.07 * d.half**26 + 0.05 * d.rim
    elif name == "gloss":
        body, gloss = (
            d.lambert(0.15, 0.25),
            0.72 * d.window + 0.28 * d.strip + 0.16 * d.rim + 0.08 * d.half**40,
        )
    elif name == "glass":
        body = 0.55 + 0.5 * d.lambert(0.5, 0.2) - 0.25 * _box(1 - d.nz, 0.45, 0.8, 0.2)
        gloss = 0.85 * d.window + 0.4 * d.strip + 0.5 * (1 - d.nz) ** 4
    elif name == "flat":
        body, gloss = np.full_like(d.nx, 0.95), np.zeros_like(d.nx)
    else:  # matte and cloth
        body, gloss = d.lambert(0.45, 0.26) + 0.12 * d.rim, np.zeros_like(d.nx)
    return Finish(body.astype(np.float32), gloss.astype(np.float32))
