"""Drawings of dresses, T-shirts, sneakers and handbags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from recommender.engine.demo.render.canvas import Paint
from recommender.engine.demo.render.studio import Studio, mirrored

Folds = Callable[[np.ndarray, np.ndarray], np.ndarray]
_WOOD = (196, 150, 100)
_STEEL = (190, 192, 196)


def _drape(studio: Studio, start: float, waves: float, depth: float) -> Folds:
    """Folds that fan out below ``start``."""
    phase, lean = studio.vary(0, 6), studio.vary(-0.6, 0.6)

    def folds(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        down = np.clip((y - start) / 0.4, 0, 1.2)
        fan = (x - 0.5) / (0.09 + 0.16 * down)
        wave = np.sin(waves * fan + phase + lean * y * 4) + 0.5 * np.sin(1.7 * waves * fan + 2 * phase)
        return np.asarray(depth * down * wave)

    return folds


def _creases(studio: Studio, depth: float) -> Folds:
    """A few soft diagonal creases."""
    a, b, c = studio.vary(0, 6), studio.vary(-5, 5), studio.vary(14, 22)

    def folds(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        side = np.abs(x - 0.5) * 4
        waves = np.sin(c * (y + 0.5 * np.abs(x - 0.5)) + a) * side + np.sin(9 * x + b * y + a) * 0.7
        return np.asarray(depth * waves)

    return folds


def _hanger(studio: Studio, y: float, half: float) -> None:
    metal = studio.make("steel", _STEEL)
    studio.tube(
        [
            (0.5, y),
            (0.5, y - 0.045),
            (0.52, y - 0.06),
            (0.525, y - 0.085),
            (0.5, y - 0.1),
            (0.478, y - 0.088),
        ],
        0.0045,
        metal,
    )
    studio.tube([(0.5 - half, y + 0.055), (0.44, y + 0.012), (0.5, y), (0.56, y + 0.012),
        (0.5 + half, y + 0.055)],
                [0.009, 0.011, 0.009], studio.make("wood", _WOOD))  # fmt: skip


def dress(studio: Studio) -> None:
    """A dress on a hanger: A-line, slip or wrap."""
    main, shape = studio.main, studio.product.shape
    flare, hem = studio.vary(0.19, 0.27), studio.vary(0.86, 0.92)
    _hanger(studio, 0.15, 0.13 if shape != 1 else 0.1)
    inside = main.plain().shaded(0.5)
    if shape == 1:
        for side in (-1, 1):
            studio.tube([(0.5 + side * 0.08, 0.19), (0.5 + side * 0.075, 0.3)], 0.005, main.plain())
        half = [(0.53, 0.315), (0.575, 0.27), (0.58, 0.27), (0.6, 0.33), (0.585, 0.43), (0.61, 0.56),
                (0.6 + flare * 0.4, hem), (0.6 + flare * 0.4, hem), (0.55, hem + 0.012)]  # fmt: skip
    else:
        studio.blob(mirrored([(0.52, 0.19), (0.57, 0.185), (0.58, 0.26), (0.53, 0.3)]), inside, puff=0.03)
        sleeve = studio.vary(0, 1) < 0.5 or shape == 2
        arm = (
            [(0.68, 0.28), (0.715, 0.36), (0.715, 0.36), (0.65, 0.385), (0.615, 0.34), (0.615, 0.34)]
            if sleeve
            else [(0.625, 0.23), (0.61, 0.32)]
        )
        neck = [(0.505, 0.335), (0.505, 0.335)] if shape == 2 else [(0.515, 0.25), (0.545, 0.225)]
        half = [*neck, (0.565, 0.183), (0.565, 0.183), (0.61, 0.2), *arm, (0.578, 0.455), (0.578, 0.455),
                (0.64, 0.6), (0.55 + flare, hem), (0.55 + flare, hem), (0.56, hem + 0.02)]  # fmt: skip
    studio.blob(mirrored(half), main, puff=0.07, depth=0.5, folds=_drape(studio, 0.42, 7.0, 0.0075))
    belt = studio.accent if studio.product.pattern != "plain" else main.plain().shaded(0.6)
    if shape == 2:
        studio.tube([(0.44, 0.285), (0.5, 0.345), (0.562, 0.45)], 0.0035, main.plain().shaded(0.7))
        studio.tube([(0.555, 0.46), (0.575, 0.53), (0.568, 0.6)], [0.012, 0.009], belt)
        studio.tube([(0.555, 0.46), (0.6, 0.51), (0.605, 0.57)], [0.012, 0.009], belt)
    if shape != 1:
        studio.blob(
            [(0.421, 0.44), (0.5, 0.452), (0.579, 0.44), (0.58, 0.468), (0.5, 0.48), (0.42, 0.468)],
            belt,
            puff=0.012,
        )


def tshirt(studio: Studio) -> None:
    """A T-shirt laid flat."""
    main, shape = studio.main, studio.product.shape
    width, hem = studio.vary(0.185, 0.215), studio.vary(0.83, 0.88)
    side = 0.5 + width
    cuff = main.plain().shaded(0.86) if studio.vary(0, 1) < 0.5 else studio.accent
    depth = 0.345 if shape == 1 else 0.275
    studio.blob(
        mirrored([(0.52, 0.195), (0.58, 0.185), (0.57, 0.25), (0.52, depth + 0.01)]),
        main.plain().shaded(0.45),
        puff=0.03,
    )
    long = shape == 2
    sleeve = [(side + 0.13, 0.5), (side + 0.15, 0.76), (side + 0.15, 0.76), (side + 0.085, 0.77),
        (side + 0.085, 0.77),
              (side + 0.045, 0.52), (side + 0.003, 0.38), (side + 0.003, 0.38)] if long else [
              (side + 0.145, 0.4), (side + 0.145, 0.4), (side + 0.06, 0.465),
              (side + 0.06, 0.465), (side + 0.003, 0.385), (side + 0.003, 0.385)]  # fmt: skip
    neck = [(0.503, depth), (0.503, depth)] if shape == 1 else [(0.53, depth), (0.565, 0.245)]
    half = [*neck, (0.586, 0.183), (0.586, 0.183), (0.66, 0.205), (side + 0.03, 0.25),
        *sleeve, (side - 0.008, 0.6),
            (side + 0.004, hem), (side + 0.004, hem), (0.6, hem + 0.008)]  # fmt: skip
    studio.blob(mirrored(half), main, puff=0.055, depth=0.42, folds=_creases(studio, 0.0035))
    collar = [
        (0.412, 0.186),
        (0.435, 0.245),
        (0.47, depth - 0.004),
        (0.53, depth - 0.004),
        (0.565, 0.245),
        (0.588, 0.186),
    ]
    if shape == 1:
        collar = [(0.412, 0.186), (0.455, 0.27), (0.5, depth - 0.002), (0.545, 0.27), (0.588, 0.186)]
    studio.tube(collar, 0.0105, cuff)
    studio.stitches(
        [(0.5 - width + 0.004, hem - 0.02), (0.5, hem - 0.012), (side - 0.004, hem - 0.02)],
        studio.second,
        0.0012,
    )
    if studio.product.pattern == "plain" and studio.vary(0, 1) < 0.6:
        _print(studio)
    elif shape != 2:
        studio.box(side - 0.085, 0.42, 0.085, 0.095, main.plain().shaded(0.93), corner=0.012, bevel=0.006)


def _print(studio: Studio) -> None:
    """A simple sun, wave or mountain on the chest."""
    ink = replace(studio.accent, finish="matte", grain="weave")
    kind = int(studio.rng.integers(3))
    if kind == 0:
        studio.ball(0.5, 0.45, 0.075, None, ink, flat=0.2)
        for row in range(3):
            studio.box(0.5, 0.465 + 0.022 * row, 0.18, 0.008, studio.main.plain(), corner=0, bevel=0.0)
    elif kind == 1:
        studio.blob([(0.4, 0.53), (0.4, 0.53), (0.47, 0.4), (0.47, 0.4), (0.51, 0.46), (0.51, 0.46),
            (0.54, 0.42), (0.54, 0.42),
                     (0.6, 0.53), (0.6, 0.53)], ink, puff=0.003, smooth=False)  # fmt: skip
        studio.ball(0.565, 0.385, 0.022, None, ink, flat=0.2)
    else:
        for row in range(4):
            y = 0.41 + 0.03 * row
            studio.tube([(0.4 + 0.02 * i, y + 0.008 * (-1) ** i) for i in range(11)], 0.005, ink)


def sneaker(studio: Studio) -> None:
    """A shoe seen from the side, its toe to the left."""
    shape = studio.product.shape
    base = 0.76
    studio.stand(base, 0.62)
    white = studio.make("rubber", (238, 236, 230))
    main, trim = studio.main, studio.accent
    top = {0: 0.36, 1: 0.2, 2: 0.37}[shape]
    heel = 0.875
    _tongue(studio, top)
    upper = [(0.115, 0.69), (0.115, 0.69), (0.112, 0.63), (0.15, 0.575), (0.25, 0.545), (0.38, 0.475),
        (0.49, top + 0.05),
             (0.53, top), (0.53, top), (0.62, top + 0.045), (0.74, top + 0.06), (0.835, top - 0.015),
             (0.852, top - 0.01),
             (0.858, top + 0.13), (heel, 0.6), (0.868, 0.69), (0.868, 0.69)]  # fmt: skip
    studio.blob(upper, main, puff=0.11, depth=0.85)
    studio.blob([(0.115, 0.69), (0.115, 0.69), (0.112, 0.63), (0.15, 0.578), (0.24, 0.549),
        (0.275, 0.6), (0.27, 0.69), (0.27, 0.69)],
                white if shape == 0 else main.plain().shaded(0.9), puff=0.08)  # fmt: skip
    studio.blob(
        [
            (0.75, 0.69),
            (0.75, 0.69),
            (0.77, 0.57),
            (0.8, top + 0.1),
            (0.858, top + 0.1),
            (heel, 0.6),
            (0.868, 0.69),
            (0.868, 0.69),
        ],
        trim,
        puff=0.06,
    )
    _side_mark(studio, trim, shape, top)
    studio.blob([(0.37, 0.495), (0.5, top + 0.055), (0.545, top + 0.02), (0.575, top + 0.06),
        (0.53, top + 0.13), (0.43, 0.57), (0.35, 0.55)],
                main.plain().shaded(0.92), puff=0.03, depth=0.6)  # fmt: skip
    _laces(studio, top, white)
    _sole(studio, base, shape, white)


def _tongue(studio: Studio, top: float) -> None:
    inner = studio.make("cotton", studio.second).shaded(0.5)
    studio.blob(
        [
            (0.5, top + 0.1),
            (0.53, top - 0.03),
            (0.6, top - 0.06),
            (0.7, top + 0.0),
            (0.84, top - 0.03),
            (0.84, top + 0.1),
        ],
        inner,
        puff=0.05,
    )
    studio.blob(
        [(0.47, top + 0.07), (0.5, top - 0.035), (0.55, top - 0.065), (0.6, top - 0.045), (0.57, top + 0.09)],
        studio.main.plain(),
        puff=0.03,
    )


def _side_mark(studio: Studio, trim: Paint, shape: int, top: float) -> None:
    if shape == 2:
        studio.tube([(0.3, 0.64), (0.45, 0.6), (0.58, 0.52), (0.72, 0.5)], [0.006, 0.018, 0.012], trim)
        studio.tube([(0.36, 0.66), (0.52, 0.63), (0.74, 0.56)], [0.004, 0.012, 0.008], trim)
    elif shape == 0:
        for lean in (0.0, 0.055):
            studio.tube([(0.53 + lean, 0.67), (0.585 + lean, 0.5)], 0.011, trim, smooth=False)
    else:
        studio.ball(0.66, 0.42, 0.055, None, trim, flat=0.4)
        studio.ball(0.66, 0.42, 0.04, None, studio.main.plain(), flat=0.3)


def _laces(studio: Studio, top: float, lace: Paint) -> None:
    rows = 5
    for row in range(rows):
        t = row / (rows - 1)
        x, y = 0.39 + 0.13 * t, 0.515 - (0.515 - top - 0.07) * t
        studio.tube([(x - 0.028, y + 0.008), (x + 0.015, y + 0.022), (x + 0.05, y + 0.062)], 0.0085, lace)
        studio.ball(x + 0.05, y + 0.062, 0.007, None, studio.dark)


def _sole(studio: Studio, base: float, shape: int, white: Paint) -> None:
    if shape == 2:
        sole = [(0.09, 0.7), (0.1, 0.665), (0.3, 0.675), (0.5, 0.66), (0.7, 0.64), (0.89, 0.62),
            (0.925, 0.66), (0.905, base - 0.03),
                (0.8, base), (0.2, base), (0.12, base - 0.02)]  # fmt: skip
        studio.blob(sole, white, puff=0.03)
        studio.tube([(0.14, 0.715), (0.4, 0.705), (0.65, 0.7), (0.88, 0.67)], 0.007, studio.accent)
    else:
        studio.box(0.49, base - 0.037, 0.79, 0.075, white, corner=0.028, bevel=0.022)
        studio.box(0.49, base - 0.03, 0.78, 0.008, studio.accent, corner=0.004, bevel=0.004)
    studio.box(0.49, base - 0.005, 0.7, 0.012, studio.soft_dark, corner=0.006, bevel=0.006)


def handbag(studio: Studio) -> None:
    """A bag on the floor: tote, satchel or bucket."""
    (_tote, _satchel, _bucket)[studio.product.shape](studio)


def _tote(studio: Studio) -> None:
    base = 0.83
    studio.stand(base, 0.68)
    main, trim = (
        studio.main,
        studio.accent if studio.product.pattern == "two-tone" else studio.main.plain().shaded(0.72),
    )
    reach = studio.vary(0.13, 0.2)
    studio.tube(
        [(0.38, 0.44), (0.385, 0.44 - reach), (0.5, 0.33 - reach), (0.615, 0.44 - reach), (0.62, 0.44)],
        0.0115,
        trim.shaded(0.75),
    )
    studio.blob(
        mirrored(
            [
                (0.51, 0.415),
                (0.76, 0.405),
                (0.76, 0.405),
                (0.745, 0.62),
                (0.72, base - 0.01),
                (0.71, base),
                (0.6, base + 0.004),
            ]
        ),
        main,
        puff=0.055,
        depth=0.6,
    )
    studio.tube([(0.25, 0.412), (0.5, 0.425), (0.75, 0.412)], 0.009, trim)
    studio.stitches([(0.25, 0.435), (0.5, 0.447), (0.75, 0.435)], studio.second)
    studio.tube(
        [
            (0.365, 0.52),
            (0.37, 0.47),
            (0.372, 0.45 - reach),
            (0.5, 0.345 - reach),
            (0.628, 0.45 - reach),
            (0.63, 0.47),
            (0.635, 0.52),
        ],
        0.013,
        trim,
    )
    for x in (0.367, 0.633):
        studio.box(x, 0.515, 0.045, 0.055, trim, corner=0.012, bevel=0.01)
        studio.ball(x, 0.525, 0.009, None, studio.make("brass", (214, 170, 92)))
    studio.box(0.5, 0.56, 0.1, 0.05, trim, corner=0.008, bevel=0.006)


def _satchel(studio: Studio) -> None:
    base = 0.82
    studio.stand(base, 0.68)
    main, brass = studio.main, studio.make("brass", (214, 170, 92))
    trim = studio.accent if studio.product.pattern == "two-tone" else studio.main.plain().shaded(0.8)
    studio.tube([(0.23, 0.5), (0.2, 0.3), (0.36, 0.15), (0.64, 0.15), (0.8, 0.3), (0.77, 0.5)], 0.011, trim)
    studio.box(0.5, 0.615, 0.6, 0.4, main.plain().shaded(0.88), corner=0.06, bevel=0.045)
    studio.tube([(0.42, 0.42), (0.43, 0.355), (0.57, 0.355), (0.58, 0.42)], 0.013, trim)
    flap = [
        (0.19, 0.43),
        (0.22, 0.405),
        (0.78, 0.405),
        (0.81, 0.43),
        (0.8, 0.6),
        (0.74, 0.665),
        (0.5, 0.685),
        (0.26, 0.665),
        (0.2, 0.6),
    ]
    studio.blob(flap, main, puff=0.05, depth=0.7)
    studio.stitches(
        [
            (0.215, 0.45),
            (0.217, 0.59),
            (0.265, 0.645),
            (0.5, 0.665),
            (0.735, 0.645),
            (0.783, 0.59),
            (0.785, 0.45),
        ],
        studio.second,
    )
    for x in (0.35, 0.65):
        studio.box(x, 0.63, 0.042, 0.17, trim, corner=0.012, bevel=0.01)
        studio.box(x, 0.67, 0.062, 0.052, brass, corner=0.01, bevel=0.01)
        studio.box(x, 0.67, 0.036, 0.028, trim, corner=0.004, bevel=0.004)


def _bucket(studio: Studio) -> None:
    base = 0.82
    studio.stand(base, 0.68)
    main, trim = (
        studio.main,
        studio.accent if studio.product.pattern == "two-tone" else studio.main.plain().shaded(0.75),
    )
    studio.tube([(0.3, 0.44), (0.3, 0.2), (0.5, 0.1), (0.7, 0.2), (0.7, 0.44)], 0.012, trim)
    studio.lathe(
        0.5,
        [(0.38, 0.215), (0.45, 0.225), (0.7, 0.24), (base - 0.07, 0.225), (base - 0.035, 0.205)],
        main,
        tilt=0.15,
    )
    studio.opening(0.5, 0.38, 0.215, 0.15, trim, 0.014)
    studio.tube([(0.285, 0.45), (0.4, 0.487), (0.5, 0.495), (0.6, 0.487), (0.715, 0.45)], 0.006, trim)
    for lean in (-0.03, 0.035):
        studio.tube([(0.5, 0.495), (0.5 + lean, 0.56), (0.5 + lean * 1.5, 0.64)], 0.006, trim)
        studio.ball(0.5 + lean * 1.5, 0.648, 0.013, 0.02, studio.make("brass", (214, 170, 92)))


DRAWINGS = {"dress": dress, "tshirt": tshirt, "sneaker": sneaker, "handbag": handbag}
