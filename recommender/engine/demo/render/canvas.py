"""A transparent layer in linear light on which shaded forms are laid, back to front.

Coordinates are those of the whole picture: x to the right and y downwards from 0 to 1. A form is a window of
pixels with its coverage, the direction it faces and its surface coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommender.engine.demo.render.grain import SIZE as TILE
from recommender.engine.demo.render.grain import tile
from recommender.engine.demo.render.light import SIZE as TABLE
from recommender.engine.demo.render.light import finish
from recommender.engine.demo.render.pattern import layers
from recommender.engine.demo.vocabulary import MATERIALS, RGB

Window = tuple[int, int, int, int]  # left, top, right, bottom in pixels


def linear(rgb: RGB) -> np.ndarray:
    """sRGB bytes to linear light (3,)."""
    return np.asarray((np.array(rgb, np.float32) / 255) ** 2.2, np.float32)


@dataclass(frozen=True)
class Form:
    """A window of the picture: coverage, normal (x, y) and surface coordinates, each (h, w) float32."""

    window: Window
    alpha: np.ndarray
    nx: np.ndarray
    ny: np.ndarray
    u: np.ndarray
    v: np.ndarray


@dataclass(frozen=True)
class Paint:
    """What a surface is made of.

    Attributes:
        colour, second, third: linear RGB (3,).
        finish, grain: names in ``light`` and ``grain``.
        pattern: name in ``pattern``.
        period: width of one repeat of the pattern, in the picture's units.
        scale: size of the grain, 1 for one texel a pixel at 640 pixels.
        turn: grain runs upwards rather than across.
        clear: share of light let through, for glass.
        dim: factor on the light, for parts in shade.
    """

    colour: np.ndarray
    second: np.ndarray
    third: np.ndarray
    finish: str = "matte"
    grain: str = "plain"
    pattern: str = "plain"
    period: float = 0.08
    scale: float = 1.0
    turn: bool = False
    clear: float = 0.0
    dim: float = 1.0

    def plain(self) -> Paint:
        """The same without its pattern."""
        return replace(self, pattern="plain")

    def in_second(self) -> Paint:
        """Plain, in the second colour."""
        return replace(self, colour=self.second, pattern="plain")

    def shaded(self, dim: float) -> Paint:
        """The same with less (or more) light."""
        return replace(self, dim=self.dim * dim)

    def upright(self) -> Paint:
        """The same with its grain turned by a quarter."""
        return replace(self, turn=not self.turn)


def paint(material: str, colour: RGB, second: RGB = (240, 238, 232), third: RGB = (220, 190, 90)) -> Paint:
    """Plain paint of a material by its English name."""
    known = MATERIALS[material]
    shown = linear(colour)
    if known.finish == "metal":
        metal = linear((205, 205, 208) if material != "brass" else (214, 170, 92))
        shown = 0.72 * shown * 1.25 + 0.28 * metal
    if material in ("wood", "bamboo", "rattan", "straw"):  # a stain lets the natural hue through
        natural = linear((186, 134, 84) if material == "wood" else (214, 176, 112))
        shown = 0.72 * shown + 0.28 * natural
    return Paint(
        shown, linear(second), linear(third), known.finish, known.grain,
        clear=0.62 if known.finish == "glass" else 0.0,
    )  # fmt: skip


class Canvas:
    """Premultiplied linear RGB (size, size, 3) and coverage (size, size), with a zoom."""

    def __init__(self, size: int, zoom: float = 1.0, centre: tuple[float, float] = (0.5, 0.5)) -> None:
        self.size = size
        self.zoom = zoom
        self.scale = size * zoom  # pixels a unit
        self.left = centre[0] - 0.5 / zoom
        self.top = centre[1] - 0.5 / zoom
        self.rgb = np.zeros((size, size, 3), np.float32)
        self.alpha = np.zeros((size, size), np.float32)

    def window(self, x0: float, y0: float, x1: float, y1: float) -> Window | None:
        """Pixels that cover a rectangle with a margin of two; None where none of it is in the picture."""
        left = max(0, int((x0 - self.left) * self.scale) - 2)
        top = max(0, int((y0 - self.top) * self.scale) - 2)
        right = min(self.size, int((x1 - self.left) * self.scale) + 3)
        bottom = min(self.size, int((y1 - self.top) * self.scale) + 3)
        return (left, top, right, bottom) if right > left and bottom > top else None

    def places(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates of pixel centres: x (1, w) and y (h, 1)."""
        x = (np.arange(window[0], window[2], dtype=np.float32) + 0.5) / self.scale + self.left
        y = (np.arange(window[1], window[3], dtype=np.float32) + 0.5) / self.scale + self.top
        return x[None, :], y[:, None]

    def lay(self, form: Form | None, material: Paint) -> None:
        """Shade a form and lay it over what is there."""
        if form is None:
            return
        rgb, alpha = self._shade(form, material)
        left, top, right, bottom = form.window
        under = self.rgb[top:bottom, left:right]
        keep = (1 - alpha)[..., None]
        under *= keep
        under += rgb
        cover = self.alpha[top:bottom, left:right]
        cover += alpha * (1 - cover)

    def _shade(self, form: Form, material: Paint) -> tuple[np.ndarray, np.ndarray]:
        """Premultiplied colour (h, w, 3) and coverage (h, w)."""
        grain = tile(material.grain)
        across, down = (form.v, form.u) if material.turn else (form.u, form.v)
        texels = 640 / material.scale
        column = (across * texels).astype(np.int32) & (TILE - 1)
        row = (down * texels).astype(np.int32) & (TILE - 1)
        flat = row * TILE + column
        nx, ny = form.nx, form.ny
        tint: np.ndarray | float = 1.0
        if material.grain != "plain":
            first, second = (grain.dy, grain.dx) if material.turn else (grain.dx, grain.dy)
            nx = nx - first.ravel()[flat]
            ny = ny - second.ravel()[flat]
            tint = grain.tint.ravel()[flat]
        table = finish(material.finish)
        where = _cell(ny) * TABLE + _cell(nx)
        body = table.body.ravel()[where] * tint * material.dim
        gloss = table.gloss.ravel()[where]
        rgb = self._colours(form, material) * body[..., None]
        alpha = form.alpha
        if material.clear:
            solid = (1 - material.clear) + material.clear * np.clip(
                1.4 * gloss + 0.9 * (nx**2 + ny**2) ** 3, 0, 1
            )
            alpha = alpha * solid
            return rgb * alpha[..., None] + (gloss * form.alpha)[..., None], np.clip(
                alpha + gloss * 0.3, 0, 1
            ) * form.alpha
        rgb += gloss[..., None]
        rgb *= alpha[..., None]
        return rgb, alpha

    def _colours(self, form: Form, material: Paint) -> np.ndarray:
        """Colour without light, (h, w, 3) or (3,)."""
        if material.pattern == "plain":
            return np.broadcast_to(material.colour, (*form.u.shape, 3)).copy()
        soft = 2.2 / (self.scale * material.period)
        u, v = form.u / material.period, form.v / material.period
        second, third = layers(material.pattern, u, v, soft, form.v)
        shown = material.colour + second[..., None] * (material.second - material.colour)
        if third is not None:
            shown += third[..., None] * (material.third - shown)
        return np.asarray(shown, np.float32)


def _cell(component: np.ndarray) -> np.ndarray:
    return np.clip((component + 1) * (TABLE / 2), 0, TABLE - 1).astype(np.int32)
