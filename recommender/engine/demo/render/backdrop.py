"""What a product stands before: a seamless sweep or a wall, a soft spot of light, and its shadows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

from recommender.engine.demo.render.canvas import Canvas, linear
from recommender.engine.demo.vocabulary import RGB


@dataclass(frozen=True)
class Scene:
    """A backdrop.

    Attributes:
        wall, floor: linear RGB (3,).
        ground: y of the floor's edge; above 1 for a wall alone.
        base: y where the product touches the ground (standing), or None (laid flat or hung).
        prop: "", "arch", "disc", "plinth" or "window".
        flip: mirrors light spots and props.
        reach: how far the shadow falls.
    """

    wall: np.ndarray
    floor: np.ndarray
    ground: float
    base: float | None
    prop: str = ""
    flip: bool = False
    reach: float = 1.0


#: Wall and floor that go together.
PAIRS: tuple[tuple[RGB, RGB], ...] = (
    ((236, 229, 220), (222, 210, 196)),
    ((224, 231, 233), (205, 214, 217)),
    ((240, 221, 210), (228, 199, 184)),
    ((219, 227, 214), (200, 211, 193)),
    ((228, 222, 236), (209, 201, 221)),
    ((245, 233, 205), (231, 213, 176)),
    ((238, 238, 238), (219, 219, 220)),
    ((206, 222, 224), (184, 205, 208)),
    ((243, 215, 214), (228, 192, 192)),
    ((214, 205, 192), (192, 180, 164)),
    ((178, 197, 190), (156, 178, 170)),
    ((196, 207, 224), (174, 187, 208)),
)


@lru_cache(maxsize=4)
def _dither(size: int) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.004, (size, size, 1)).astype(np.float32)


def choose(rng: np.random.Generator, colour: RGB, ground: float, base: float | None, plain: bool) -> Scene:
    """A scene whose colours leave the product's ``colour`` standing out."""
    gap = np.array([np.linalg.norm(np.subtract(wall, colour)) for wall, _ in PAIRS])
    weights = np.clip(gap - 50, 4, 220) ** 1.0
    wall, floor = PAIRS[int(rng.choice(len(PAIRS), p=weights / weights.sum()))]
    props = (
        ("", "", "window", "disc")
        if base is None or plain
        else ("", "arch", "disc", "window", "window", "plinth")
    )
    prop = str(rng.choice(props))
    return Scene(linear(wall), linear(floor), ground, base, prop, bool(rng.random() < 0.4))


def paint_scene(scene: Scene, canvas: Canvas) -> np.ndarray:
    """The backdrop in linear light (size, size, 3), worked out at half size since all of it is soft."""
    half = canvas.size // 2
    x = ((np.arange(half, dtype=np.float32) + 0.5) / half / canvas.zoom + canvas.left)[None, :]
    y = ((np.arange(half, dtype=np.float32) + 0.5) / half / canvas.zoom + canvas.top)[:, None]
    if scene.flip:
        x = 1 - x
    below = _ramp(scene.ground - 0.035, scene.ground + 0.035, y)
    rgb = scene.wall + (below * np.ones_like(x))[..., None] * (scene.floor - scene.wall)
    rgb *= _prop(scene, x, y)[..., None]
    spot = np.exp(-(((x - 0.36) / 0.62) ** 2 + ((y - 0.34) / 0.6) ** 2))
    fall = 0.80 + 0.30 * spot - 0.10 * _ramp(0.5, 1.2, x) - 0.05 * below * _ramp(scene.ground, 1.1, y)
    rgb = rgb * fall[..., None]
    full = np.empty((canvas.size, canvas.size, 3), np.float32)
    for channel in range(3):
        plane = Image.fromarray(np.ascontiguousarray(rgb[..., channel], np.float32))
        full[..., channel] = np.asarray(plane.resize((canvas.size, canvas.size), Image.Resampling.BILINEAR))
    return full * (1 + _dither(canvas.size))


def _ramp(low: float, high: float, value: np.ndarray) -> np.ndarray:
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _prop(scene: Scene, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A factor on the backdrop's light (h, w)."""
    even = np.ones(np.broadcast_shapes(x.shape, y.shape), np.float32)
    soft = 0.004
    if scene.prop == "disc":
        return even - 0.10 * _ramp(soft, -soft, np.hypot(x - 0.5, y - 0.46) - 0.36)
    if scene.prop == "arch":
        top = np.hypot(x - 0.5, np.minimum(y - 0.42, 0)) - 0.33
        inside = _ramp(soft, -soft, top) * (1 - _ramp(scene.ground - soft, scene.ground + soft, y))
        edge = np.exp(-(((top + 0.02) / 0.03) ** 2)) * (x < 0.5)
        return even - inside * (0.16 + 0.12 * edge)
    if scene.prop == "window":
        return even - 0.17 + 0.30 * _panes(x, y)
    return even


def _panes(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Light through a window with bars, slanting over the wall."""
    u, v = x * 1.0 + y * 0.42, y * 0.9 - x * 0.28
    soft = 0.035
    panes = np.zeros(np.broadcast_shapes(x.shape, y.shape), np.float32)
    for left in (0.12, 0.44, 0.76):
        for top in (-0.2, 0.14, 0.48):
            across = _ramp(left, left + soft, u) * (1 - _ramp(left + 0.26, left + 0.26 + soft, u))
            down = _ramp(top, top + soft, v) * (1 - _ramp(top + 0.28, top + 0.28 + soft, v))
            panes += across * down
    return panes


def shadows(scene: Scene, canvas: Canvas) -> np.ndarray:
    """How much light the product takes from the backdrop (size, size), 0 for none."""
    small = canvas.size // 4
    mask = Image.fromarray((canvas.alpha * 255).astype(np.uint8)).reduce(4)
    unit = small * canvas.zoom
    if scene.base is None:
        dark = _cast(mask, unit, (0.012, 0.016), 0.012, 0.34) + _cast(mask, unit, (0.035, 0.05), 0.045, 0.30)
    else:
        base = (scene.base - canvas.top) * unit
        dark = _grounded(mask, unit, base, scene.reach)
    image = Image.fromarray((np.clip(dark, 0, 1) * 255).astype(np.uint8))
    large = image.resize((canvas.size, canvas.size), Image.Resampling.BICUBIC)
    return np.asarray(large, np.float32) / 255


def _cast(
    mask: Image.Image, unit: float, shift: tuple[float, float], blur: float, strength: float
) -> np.ndarray:
    moved = mask.transform(
        mask.size, Image.Transform.AFFINE, (1, 0, -shift[0] * unit, 0, 1, -shift[1] * unit)
    )
    return np.asarray(moved.filter(ImageFilter.GaussianBlur(blur * unit)), np.float32) / 255 * strength


def _grounded(mask: Image.Image, unit: float, base: float, reach: float) -> np.ndarray:
    """The shape laid down on the floor behind the product and to the right, and a dark line of contact."""
    dark = np.zeros(mask.size[::-1], np.float32)
    for squash, lean, blur, strength in (
        (0.30, 0.75, 0.022, 0.34),
        (0.16, 0.30, 0.04, 0.30),
        (0.055, 0.0, 0.012, 0.55),
    ):
        squash, lean = squash * (reach if lean else 1.0), lean * reach
        # a point at height h above the base is laid down at (x + lean * h, base - squash * h)
        shape = (1, lean / squash, -lean / squash * base, 0, 1 / squash, base - base / squash)
        laid = mask.transform(mask.size, Image.Transform.AFFINE, shape, Image.Resampling.BILINEAR)
        shadow = np.asarray(laid.filter(ImageFilter.GaussianBlur(blur * unit)), np.float32) / 255 * strength
        dark = dark + shadow * (1 - dark)
    return dark
