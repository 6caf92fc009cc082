"""A finished picture: the product drawn, its backdrop, its shadows, developed to sRGB."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image

from recommender.engine.demo.render import fashion, home, music, outdoors, tech, toys, worn
from recommender.engine.demo.render.backdrop import choose, paint_scene, shadows
from recommender.engine.demo.render.canvas import Canvas
from recommender.engine.demo.render.studio import Studio
from recommender.engine.demo.world import Product, World

_DRAWINGS: dict[str, Callable[[Studio], None]] = {
    **worn.DRAWINGS,
    **fashion.DRAWINGS,
    **home.DRAWINGS,
    **tech.DRAWINGS,
    **outdoors.DRAWINGS,
    **toys.DRAWINGS,
    **music.DRAWINGS,
}
_LEVELS = 1 << 14


def render_item(world: World, index: int, view: int = 0, size: int = 640) -> Image.Image:
    """A product's picture, RGB (size, size).

    Args:
        world: where the product is.
        index: its place in ``world.products``.
        view: 0 for the whole, 1 for a closer look before another backdrop, and so on by turns.
        size: side in pixels, a multiple of 4.
    """
    return render_product(world.products[index], view, size)


def render_product(product: Product, view: int = 0, size: int = 640, turn: float = 0.0) -> Image.Image:
    """As ``render_item``; ``turn`` rotates turned bodies about their axis, in turns."""
    rng = np.random.default_rng([product.seed, 31, view])
    canvas = _canvas(rng, view, size)
    studio = Studio(canvas, product, turn + 0.11 * view)
    _DRAWINGS[product.kind](studio)
    scene = choose(rng, studio.colour, studio.ground, studio.base, plain=view % 2 == 1)
    rgb = paint_scene(scene, canvas)
    rgb *= (1 - 0.9 * shadows(scene, canvas) * (1 - 0.85 * canvas.alpha))[..., None]
    rgb *= (1 - canvas.alpha)[..., None]
    rgb += canvas.rgb
    return Image.fromarray(_develop(rgb))


def _canvas(rng: np.random.Generator, view: int, size: int) -> Canvas:
    if view % 2 == 0:
        return Canvas(size)
    return Canvas(size, 1.55, (0.5 + float(rng.uniform(-0.09, 0.09)), 0.5 + float(rng.uniform(-0.1, 0.04))))


@lru_cache(maxsize=1)
def _curve() -> np.ndarray:
    """Linear light to sRGB bytes, bright parts rolled off gently."""
    light = np.arange(_LEVELS, dtype=np.float64) / (_LEVELS - 1) * 2
    rolled = np.where(light < 0.72, light, 0.72 + 0.28 * (1 - np.exp(-(light - 0.72) / 0.28)))
    return np.asarray(np.clip(np.rint(255 * rolled ** (1 / 2.2)), 0, 255), np.uint8)


def _develop(rgb: np.ndarray) -> np.ndarray:
    """sRGB bytes (size, size, 3)."""
    level = (np.clip(rgb, 0, 2) * ((_LEVELS - 1) / 2)).astype(np.uint16)
    return np.asarray(_curve()[level])
