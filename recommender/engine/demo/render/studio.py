"""What the drawings of products share: paints, a random stream, and short names for the forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from recommender.engine.demo.render import forms
from recommender.engine.demo.render.canvas import Canvas, Paint, linear, paint
from recommender.engine.demo.render.forms import Point, Points
from recommender.engine.demo.vocabulary import COLOURS, MATERIALS, RGB
from recommender.engine.demo.world import Product

#: Width of one repeat, and size of the grain, by kind of surface.
_CLOTH = frozenset({"cloth", "satin", "velvet", "leather"})
_DARK: RGB = (34, 34, 38)
_THIRDS: tuple[RGB, ...] = ((244, 240, 230), (226, 176, 74), (40, 46, 62), (204, 92, 72), (120, 150, 120))


class Studio:
    """One product being drawn.

    Attributes:
        canvas: the layer it is drawn on.
        product: what is drawn.
        rng: a stream of its own, the same for every view.
        main: the product's paint; ``accent`` the plain second colour in the same material.
        turn: rotation of turned bodies, in turns.
        base: y where it touches the ground, set by the drawing; None when it hangs or lies flat.
        ground: y of the floor's edge.
    """

    def __init__(self, canvas: Canvas, product: Product, turn: float = 0.0) -> None:
        self.canvas, self.product, self.turn = canvas, product, turn
        self.rng = np.random.default_rng([product.seed, 21])
        self.base: float | None = None
        self.ground = 1.3
        colour, second = COLOURS[product.colour].rgb, COLOURS[product.second_colour].rgb
        third = _THIRDS[int(self.rng.integers(len(_THIRDS)))]
        cloth = MATERIALS[product.material].finish in _CLOTH
        period = float(self.rng.uniform(0.045, 0.085) if cloth else self.rng.uniform(0.055, 0.1))
        self.main = replace(
            paint(product.material, colour, second, third), pattern=product.pattern, period=period
        )
        self.accent = paint(product.material, second)
        self.colour, self.second = colour, second
        self.dark = self.make("plastic", _DARK)
        self.soft_dark = self.make("rubber", _DARK)

    def make(self, material: str, colour: RGB) -> Paint:
        """Plain paint."""
        return paint(material, colour)

    def flat(self, colour: RGB, dim: float = 1.0) -> Paint:
        """Unlit paint, for prints and screens."""
        return Paint(linear(colour), linear(colour), linear(colour), finish="flat", dim=dim)

    def stand(self, base: float, ground: float = 0.7) -> None:
        """Say that the product stands on the floor, which begins at ``ground``."""
        self.base, self.ground = base, ground

    def vary(self, low: float, high: float) -> float:
        """A proportion of this product, the same in every view."""
        return float(self.rng.uniform(low, high))

    # -- forms ----------------------------------------------------------------------------------------------

    def blob(
        self, points: Points, material: Paint, *, puff: float = 0.05, depth: float = 1.0, smooth: bool = True,
        folds: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None, holes: Sequence[Points] = (),
    ) -> None:  # fmt: skip
        """A puffed outline."""
        self.canvas.lay(
            forms.outline(
                self.canvas, points, puff=puff, depth=depth, smooth=smooth, folds=folds, holes=holes
            ),
            material,
        )

    def tube(
        self,
        points: Points,
        radius: float | Sequence[float],
        material: Paint,
        *,
        smooth: bool = True,
        closed: bool = False,
    ) -> None:
        """A rod along a curve."""
        self.canvas.lay(forms.tube(self.canvas, points, radius, smooth=smooth, closed=closed), material)

    def lathe(
        self, cx: float, profile: Points, material: Paint, *, tilt: float = 0.16, sharp: bool = False
    ) -> None:
        """A turned body."""
        self.canvas.lay(
            forms.lathe(self.canvas, cx, profile, tilt=tilt, turn=self.turn, sharp=sharp), material
        )

    def ball(
        self, cx: float, cy: float, rx: float, ry: float | None, material: Paint, *, flat: float = 0.97
    ) -> None:
        """An ellipsoid."""
        self.canvas.lay(forms.ball(self.canvas, cx, cy, rx, ry, flat=flat), material)

    def box(
        self, cx: float, cy: float, width: float, height: float, material: Paint, *,
        corner: float = 0.02, bevel: float = 0.012, angle: float = 0.0, bulge: float = 0.0,
    ) -> None:  # fmt: skip
        """A rounded rectangle."""
        form = forms.box(
            self.canvas, cx, cy, width, height, corner=corner, bevel=bevel, angle=angle, bulge=bulge
        )
        self.canvas.lay(form, material)

    def quad(
        self, corners: Points, material: Paint, *,
        size: Point = (1.0, 1.0), facing: Point = (0.0, -0.5), corner: float = 0.0,
    ) -> None:  # fmt: skip
        """A flat rectangle in perspective."""
        self.canvas.lay(forms.quad(self.canvas, corners, size=size, facing=facing, corner=corner), material)

    # -- what many products share ---------------------------------------------------------------------------

    def opening(
        self, cx: float, y: float, radius: float, tilt: float, rim: Paint, wall: float = 0.008
    ) -> None:
        """The mouth of a vessel: its rim, and its inside in shade."""
        self.ball(cx, y, radius, radius * tilt, rim, flat=0.5)
        inner = radius - wall
        self.ball(cx, y + wall * tilt * 0.5, inner, inner * tilt, rim.plain().shaded(0.34), flat=0.7)

    def stitches(self, points: Points, colour: RGB, width: float = 0.0017) -> None:
        """A dashed seam along a curve."""
        line = forms.curve(points)
        step = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        marks = np.arange(0, step[-1], 0.012)
        thread = self.flat(colour)
        for mark in marks:
            ends = [
                tuple(np.array([np.interp(m, step, line[:, axis]) for axis in (0, 1)]))
                for m in (mark, mark + 0.007)
            ]
            self.tube(ends, width, thread, smooth=False)


def mirrored(points: Points, cx: float = 0.5) -> list[Point]:
    """A right half (top to bottom) closed by its mirror image."""
    return [*points, *((2 * cx - x, y) for x, y in reversed(points))]


def shifted(points: Points, dx: float, dy: float) -> list[Point]:
    """Points moved."""
    return [(x + dx, y + dy) for x, y in points]
