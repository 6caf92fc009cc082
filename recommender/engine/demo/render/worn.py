"""Drawings of hats, watches and sunglasses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.engine.demo.render.canvas import Paint, linear
from recommender.engine.demo.render.studio import Studio, mirrored


def hat(studio: Studio) -> None:
    """A fedora, a beanie or a cap."""
    (_fedora, _beanie, _cap)[studio.product.shape](studio)


def _fedora(studio: Studio) -> None:
    studio.stand(0.735, 0.6)
    main = studio.main
    studio.ball(0.5, 0.645, 0.4, 0.095, main.shaded(0.55), flat=0.8)
    studio.ball(0.5, 0.632, 0.4, 0.092, main, flat=0.42)
    crown = mirrored(
        [(0.515, 0.3), (0.58, 0.275), (0.655, 0.3), (0.69, 0.4), (0.715, 0.56), (0.72, 0.63), (0.6, 0.662)]
    )
    studio.blob(
        crown,
        main,
        puff=0.15,
        depth=0.9,
        folds=lambda x, y: -0.02 * np.exp(-(((x - 0.5) / 0.035) ** 2) - ((y - 0.33) / 0.1) ** 2),
    )
    band = studio.make("silk", studio.second)
    studio.blob(
        [
            (0.287, 0.555),
            (0.285, 0.62),
            (0.4, 0.652),
            (0.5, 0.658),
            (0.6, 0.652),
            (0.715, 0.62),
            (0.713, 0.555),
            (0.6, 0.583),
            (0.5, 0.59),
            (0.4, 0.583),
        ],
        band,
        puff=0.02,
    )
    studio.blob(
        [(0.66, 0.565), (0.7, 0.555), (0.715, 0.6), (0.7, 0.64), (0.665, 0.63)], band.shaded(0.85), puff=0.02
    )


def _beanie(studio: Studio) -> None:
    studio.stand(0.79, 0.64)
    main = studio.main
    studio.ball(0.5, 0.2, 0.085, None, replace(studio.make("plush", studio.second), scale=1.2))
    ribs = lambda x, y: 0.004 * np.abs(np.sin((x - 0.5) * 75 / (0.6 + 0.6 * np.clip((y - 0.2) / 0.4, 0, 1))))  # noqa: E731
    studio.blob(
        mirrored([(0.53, 0.245), (0.64, 0.29), (0.735, 0.42), (0.76, 0.6), (0.755, 0.68), (0.6, 0.7)]),
        main,
        puff=0.2,
        folds=ribs,
    )
    studio.blob(mirrored([(0.52, 0.605), (0.765, 0.59), (0.785, 0.62), (0.785, 0.75), (0.765, 0.785),
        (0.52, 0.8)]),
                main.plain() if main.pattern == "plain" else main.in_second(),
                    puff=0.06, folds=lambda x, y: 0.0055 * np.abs(np.sin((x - 0.5) * 62)))  # fmt: skip
    studio.box(0.6, 0.7, 0.075, 0.06, studio.make("leather", (150, 100, 62)), corner=0.006, bevel=0.006)


def _cap(studio: Studio) -> None:
    studio.stand(0.72, 0.6)
    main, brim = studio.main, studio.accent if studio.product.pattern == "two-tone" else studio.main.plain()
    dome = [
        (0.36, 0.67),
        (0.36, 0.67),
        (0.37, 0.52),
        (0.43, 0.38),
        (0.56, 0.31),
        (0.7, 0.35),
        (0.8, 0.47),
        (0.83, 0.66),
        (0.83, 0.66),
        (0.6, 0.69),
    ]
    studio.blob(dome, main, puff=0.2, depth=0.95)
    studio.blob(
        [
            (0.1, 0.705),
            (0.2, 0.635),
            (0.36, 0.61),
            (0.5, 0.625),
            (0.565, 0.665),
            (0.5, 0.7),
            (0.33, 0.7),
            (0.2, 0.725),
        ],
        brim,
        puff=0.05,
        depth=0.5,
    )
    studio.tube([(0.115, 0.706), (0.25, 0.7), (0.42, 0.69), (0.55, 0.672)], 0.006, brim.shaded(0.6))
    for points in ([(0.56, 0.312), (0.47, 0.45), (0.46, 0.64)], [(0.56, 0.312), (0.64, 0.46), (0.66, 0.685)]):
        studio.stitches(points, studio.second)
    studio.ball(0.56, 0.312, 0.018, 0.012, brim)
    studio.ball(0.5, 0.5, 0.05, 0.058, studio.make("felt", studio.second), flat=0.4)
    studio.box(0.5, 0.5, 0.03, 0.03, main.plain(), corner=0.004, bevel=0.003, angle=45)


def watch(studio: Studio) -> None:
    """A watch seen from the front."""
    product = studio.product
    strap = studio.main
    steel = studio.make(
        "brass" if product.material == "brass" or studio.vary(0, 1) < 0.35 else "steel", (200, 202, 206)
    )
    width = studio.vary(0.17, 0.2)
    for side in (-1, 1):
        ends = [
            (0.5 - width / 2, 0.5 + side * 0.17),
            (0.5 + width / 2, 0.5 + side * 0.17),
            (0.5 + width * 0.4, 0.5 + side * 0.46),
            (0.5 - width * 0.4, 0.5 + side * 0.46),
        ]
        studio.blob(
            [point for corner in ends for point in (corner, corner)],
            strap,
            puff=0.03,
            depth=0.8,
            smooth=False,
        )
        if product.material in ("leather", "rubber"):
            for edge in (-0.4, 0.4):
                studio.stitches(
                    [(0.5 + width * edge, 0.5 + side * 0.2), (0.5 + width * edge * 0.83, 0.5 + side * 0.45)],
                    studio.second,
                )
        else:
            for link in range(7):
                y = 0.5 + side * (0.215 + 0.036 * link)
                studio.box(0.5, y, width * (0.98 - 0.024 * link), 0.03, strap, corner=0.006, bevel=0.008)
    _case(studio, steel)


def _case(studio: Studio, steel: Paint) -> None:
    dial = replace(studio.make("plastic", studio.second), finish="satin")
    ink = studio.flat((240, 240, 236)) if sum(studio.second) < 380 else studio.flat((36, 38, 44))
    studio.box(0.735, 0.5, 0.05, 0.045, steel, corner=0.01, bevel=0.012)
    if studio.product.shape == 0:
        studio.ball(0.5, 0.5, 0.225, None, steel, flat=0.95)
        studio.ball(0.5, 0.5, 0.2, None, steel.shaded(0.6), flat=0.85)
        studio.ball(0.5, 0.5, 0.188, None, dial, flat=0.12)
    else:
        studio.box(0.5, 0.5, 0.42, 0.42, steel, corner=0.09, bevel=0.03)
        studio.box(0.5, 0.5, 0.36, 0.36, steel.shaded(0.55), corner=0.07, bevel=0.012)
        studio.box(0.5, 0.5, 0.345, 0.345, dial, corner=0.065, bevel=0.004, bulge=0.1)
    for hour in range(12):
        a = hour * np.pi / 6
        start, end = (0.13 if hour % 3 == 0 else 0.145), 0.162
        ends = [(0.5 + r * np.sin(a), 0.5 - r * np.cos(a)) for r in (start, end)]
        studio.tube(ends, 0.0055 if hour % 3 == 0 else 0.003, ink, smooth=False)
    for angle, length, thick in ((-0.95, 0.085, 0.0075), (0.98, 0.13, 0.0055), (2.6, 0.14, 0.002)):
        tip = (0.5 + length * np.sin(angle), 0.5 - length * np.cos(angle))
        studio.tube(
            [(0.5, 0.5), tip],
            [thick, thick * 0.6],
            studio.flat((210, 60, 50)) if thick < 0.003 else ink,
            smooth=False,
        )
    studio.ball(0.5, 0.5, 0.012, None, steel)
    glass = Paint(
        linear((235, 240, 245)), linear((255, 255, 255)), linear((255, 255, 255)), "glass", clear=0.97
    )
    studio.ball(0.5, 0.5, 0.186, None, glass, flat=0.6)


def sunglasses(studio: Studio) -> None:
    """A pair of sunglasses standing on the floor, seen from the front."""
    studio.stand(0.665, 0.5)
    frame, shape = studio.main, studio.product.shape
    metal = studio.product.material in ("brass", "steel")
    thick = 0.0085 if metal else studio.vary(0.014, 0.021)
    tint = linear(studio.second)
    lens = Paint(tint * 0.35 + 0.01, tint * 0.05, tint, "gloss", pattern="gradient")
    for side in (-1, 1):
        temple = [(0.5 + side * 0.375, 0.455), (0.5 + side * 0.345, 0.4), (0.5 + side * 0.28, 0.35)]
        studio.tube(temple, [thick * 0.9, thick * 0.5], frame.shaded(0.6))
        points = [(0.5 + side * x, y) for x, y in _lens(shape)]
        studio.blob(points, replace(lens, clear=0.12), puff=0.12, depth=0.5)
        studio.tube(
            [(0.5 + side * 0.1, 0.61), (0.5 + side * 0.2, 0.5)],
            0.012,
            Paint(tint, tint, tint, "glass", clear=0.93),
            smooth=False,
        )
        studio.tube(points, thick, frame, closed=True)
        studio.tube(
            [(0.5 + side * 0.365, 0.455), (0.5 + side * 0.395, 0.45)],
            thick * 1.15,
            frame.plain(),
            smooth=False,
        )
    studio.tube([(0.44, 0.505), (0.47, 0.478), (0.53, 0.478), (0.56, 0.505)], thick * 0.9, frame)
    if metal or shape == 0:
        studio.tube([(0.43, 0.44), (0.5, 0.432), (0.57, 0.44)], thick * 0.55, frame)


def _lens(shape: int) -> list[tuple[float, float]]:
    """Outline of the right lens about the bridge, x from the middle."""
    if shape == 0:
        angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        return [(0.215 + 0.155 * float(np.cos(a)), 0.52 + 0.142 * float(np.sin(a))) for a in angle]
    if shape == 1:
        return [
            (0.065, 0.44),
            (0.1, 0.415),
            (0.33, 0.41),
            (0.37, 0.44),
            (0.36, 0.57),
            (0.31, 0.64),
            (0.15, 0.645),
            (0.09, 0.6),
        ]
    return [
        (0.065, 0.47),
        (0.12, 0.425),
        (0.28, 0.395),
        (0.4, 0.365),
        (0.39, 0.47),
        (0.345, 0.595),
        (0.25, 0.645),
        (0.14, 0.62),
        (0.08, 0.55),
    ]


DRAWINGS = {"hat": hat, "watch": watch, "sunglasses": sunglasses}
