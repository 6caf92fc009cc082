"""Drawings of backpacks, bottles and tents."""

from __future__ import annotations

from dataclasses import replace

from recommender.engine.demo.render.canvas import Paint, linear
from recommender.engine.demo.render.studio import Studio, mirrored

_STEEL, _BRASS = (196, 198, 202), (214, 170, 92)


def backpack(studio: Studio) -> None:
    """A backpack seen from the front."""
    base, shape = 0.85, studio.product.shape
    studio.stand(base, 0.68)
    main = studio.main
    trim = (
        studio.accent
        if studio.product.pattern != "plain" or studio.product.seed % 2
        else main.plain().shaded(0.7)
    )
    for side in (-1, 1):
        studio.tube(
            [
                (0.5 + side * 0.16, 0.22),
                (0.5 + side * 0.29, 0.36),
                (0.5 + side * 0.3, 0.62),
                (0.5 + side * 0.22, 0.78),
            ],
            0.022,
            trim.shaded(0.7),
        )
    studio.tube([(0.44, 0.2), (0.45, 0.115), (0.55, 0.115), (0.56, 0.2)], 0.012, trim)
    if shape == 0:
        half = [
            (0.52, 0.15),
            (0.68, 0.155),
            (0.685, 0.19),
            (0.7, 0.3),
            (0.735, 0.55),
            (0.735, 0.78),
            (0.7, base),
            (0.52, base + 0.003),
        ]
    elif shape == 1:
        half = [
            (0.52, 0.165),
            (0.63, 0.185),
            (0.715, 0.3),
            (0.735, 0.5),
            (0.74, 0.76),
            (0.7, base),
            (0.52, base + 0.003),
        ]
    else:
        half = [
            (0.52, 0.2),
            (0.66, 0.215),
            (0.7, 0.3),
            (0.715, 0.5),
            (0.715, 0.76),
            (0.68, base),
            (0.52, base + 0.003),
        ]
    studio.blob(mirrored(half), main, puff=0.1, depth=0.8)
    (_roll, _classic, _hiking)[shape](studio, main, trim)
    _pocket(studio, main, trim)


def _pocket(studio: Studio, main: Paint, trim: Paint) -> None:
    studio.box(
        0.5,
        0.7,
        0.345,
        0.245,
        main.plain().shaded(0.92) if main.pattern != "two-tone" else main.in_second(),
        corner=0.05,
        bevel=0.04,
    )
    studio.tube([(0.35, 0.625), (0.5, 0.616), (0.65, 0.625)], 0.0055, studio.dark)
    studio.tube([(0.62, 0.625), (0.628, 0.66)], [0.006, 0.004], studio.make("brass", _BRASS), smooth=False)
    studio.box(
        0.5,
        0.72,
        0.085,
        0.05,
        trim if trim is not main else studio.make("leather", (150, 100, 62)),
        corner=0.006,
        bevel=0.006,
    )


def _roll(studio: Studio, main: Paint, trim: Paint) -> None:
    studio.box(0.5, 0.185, 0.37, 0.07, main.plain().shaded(1.02), corner=0.033, bevel=0.033)
    for x in (0.4, 0.6):
        studio.box(x, 0.34, 0.03, 0.36, trim, corner=0.006, bevel=0.008)
        studio.box(x, 0.42, 0.05, 0.045, studio.make("steel", _STEEL), corner=0.008, bevel=0.008)


def _classic(studio: Studio, main: Paint, trim: Paint) -> None:
    studio.tube(
        [(0.29, 0.5), (0.32, 0.33), (0.4, 0.24), (0.6, 0.24), (0.68, 0.33), (0.71, 0.5)], 0.006, studio.dark
    )
    studio.tube([(0.645, 0.28), (0.675, 0.325)], [0.007, 0.005], studio.make("brass", _BRASS), smooth=False)
    studio.stitches(
        [(0.3, 0.525), (0.33, 0.35), (0.41, 0.265), (0.59, 0.265), (0.67, 0.35), (0.7, 0.525)], studio.second
    )
    studio.box(0.5, 0.42, 0.1, 0.075, trim, corner=0.012, bevel=0.008)


def _hiking(studio: Studio, main: Paint, trim: Paint) -> None:
    lid = mirrored([(0.52, 0.15), (0.66, 0.165), (0.72, 0.22), (0.71, 0.33), (0.66, 0.355), (0.52, 0.36)])
    studio.blob(lid, trim, puff=0.06, depth=0.8)
    for x in (0.41, 0.59):
        studio.box(x, 0.43, 0.022, 0.2, studio.dark, corner=0.006, bevel=0.006)
        studio.box(x, 0.45, 0.04, 0.05, studio.make("plastic", (60, 60, 64)), corner=0.008, bevel=0.008)
    for side in (-1, 1):
        studio.box(0.5 + side * 0.225, 0.68, 0.05, 0.2, main.plain().shaded(0.75), corner=0.022, bevel=0.02)
        studio.tube([(0.5 + side * 0.215, 0.42), (0.5 + side * 0.12, 0.48)], 0.006, studio.dark, smooth=False)


def bottle(studio: Studio) -> None:
    """A drinking bottle."""
    base, tilt, shape = 0.87, 0.14, studio.product.shape
    studio.stand(base, 0.7)
    main = studio.main
    cap = (
        studio.accent
        if studio.vary(0, 1) < 0.5
        else studio.make("bamboo", (214, 176, 112))
        if studio.vary(0, 1) < 0.5
        else studio.dark
    )
    if studio.product.material == "glass":
        water = Paint(
            linear((196, 226, 236)), linear((255, 255, 255)), linear((255, 255, 255)), "glass", clear=0.7
        )
        studio.lathe(0.5, [(0.47, 0.112), (base - 0.035, 0.11)], water, tilt=tilt)
    if shape == 0:
        studio.lathe(
            0.5,
            [
                (0.25, 0.055),
                (0.29, 0.06),
                (0.36, 0.105),
                (0.42, 0.125),
                (base - 0.035, 0.125),
                (base - 0.02, 0.115),
            ],
            main,
            tilt=tilt,
        )
        studio.lathe(0.5, [(0.13, 0.05), (0.145, 0.065), (0.25, 0.067)], cap, tilt=tilt)
        studio.ball(0.5, 0.133, 0.052, 0.009, cap.shaded(1.05), flat=0.3)
    elif shape == 1:
        studio.lathe(
            0.5,
            [
                (0.27, 0.125),
                (0.3, 0.13),
                (0.34, 0.165),
                (0.4, 0.175),
                (base - 0.04, 0.175),
                (base - 0.022, 0.16),
            ],
            main,
            tilt=tilt,
        )
        studio.tube(
            [(0.395, 0.23), (0.39, 0.13), (0.5, 0.085), (0.61, 0.13), (0.605, 0.23)], 0.014, cap.shaded(0.85)
        )
        studio.lathe(0.5, [(0.185, 0.12), (0.2, 0.138), (0.28, 0.14)], cap, tilt=tilt)
        studio.ball(0.5, 0.187, 0.122, 0.017, cap.shaded(1.05), flat=0.3)
    else:
        studio.lathe(
            0.5,
            [
                (0.3, 0.12),
                (0.34, 0.135),
                (0.48, 0.12),
                (0.58, 0.118),
                (0.68, 0.135),
                (base - 0.035, 0.13),
                (base - 0.02, 0.115),
            ],
            main,
            tilt=tilt,
        )
        studio.lathe(0.5, [(0.22, 0.07), (0.245, 0.115), (0.31, 0.125)], cap, tilt=tilt)
        studio.lathe(
            0.5,
            [(0.145, 0.032), (0.16, 0.04), (0.23, 0.042)],
            studio.make("rubber", (236, 236, 232)),
            tilt=tilt,
        )
    if studio.product.pattern == "plain" and studio.product.material != "glass":
        studio.box(
            0.5, 0.6, 0.05, 0.05, replace(studio.accent, finish="matte"), corner=0.012, bevel=0.003, angle=45
        )


def tent(studio: Studio) -> None:
    """A pitched tent with its door open."""
    (_dome, _ridge, _bell)[studio.product.shape](studio)


def _ropes(studio: Studio, ends: list[tuple[tuple[float, float], tuple[float, float]]]) -> None:
    for top, peg in ends:
        studio.tube([top, peg], 0.0022, studio.make("cotton", (226, 220, 204)), smooth=False)
        studio.tube(
            [(peg[0], peg[1] - 0.015), (peg[0] + 0.004, peg[1] + 0.012)],
            0.004,
            studio.make("steel", _STEEL),
            smooth=False,
        )


def _dome(studio: Studio) -> None:
    base = 0.78
    studio.stand(base, 0.6)
    main, trim = studio.main, studio.accent
    dome = [
        (0.12, base),
        (0.12, base),
        (0.17, 0.58),
        (0.3, 0.38),
        (0.47, 0.29),
        (0.64, 0.33),
        (0.8, 0.5),
        (0.89, base),
        (0.89, base),
    ]
    studio.blob(dome, main, puff=0.32, depth=0.7)
    studio.blob(
        [
            (0.47, 0.29),
            (0.6, 0.38),
            (0.68, 0.56),
            (0.7, base),
            (0.7, base),
            (0.89, base),
            (0.89, base),
            (0.8, 0.5),
            (0.64, 0.33),
        ],
        trim.shaded(0.78),
        puff=0.1,
        depth=0.4,
    )
    studio.blob(
        [
            (0.3, base),
            (0.3, base),
            (0.34, 0.58),
            (0.43, 0.45),
            (0.5, 0.45),
            (0.57, 0.58),
            (0.59, base),
            (0.59, base),
        ],
        studio.make("nylon", (48, 44, 46)).shaded(0.6),
        puff=0.02,
    )
    studio.blob(
        [(0.3, base), (0.3, base), (0.34, 0.58), (0.43, 0.45), (0.4, 0.6), (0.33, base), (0.33, base)],
        trim,
        puff=0.02,
    )
    studio.tube(
        [(0.12, base), (0.2, 0.53), (0.33, 0.36), (0.47, 0.288), (0.58, 0.36), (0.67, 0.55), (0.7, base)],
        0.0065,
        studio.make("aluminium", _STEEL),
    )
    _ropes(studio, [((0.2, 0.53), (0.06, 0.79)), ((0.8, 0.5), (0.95, 0.78))])


def _ridge(studio: Studio) -> None:
    base = 0.79
    studio.stand(base, 0.6)
    main, trim = studio.main, studio.accent
    side = [(0.4, 0.27), (0.74, 0.235), (0.93, 0.7), (0.62, base)]
    studio.quad([side[0], side[1], side[2], side[3]], main, size=(0.36, 0.55), facing=(0.45, -0.35))
    front = [(0.4, 0.265), (0.4, 0.265), (0.63, base), (0.63, base), (0.13, base), (0.13, base)]
    studio.blob(front, main.shaded(1.05), puff=0.02, depth=0.4, smooth=False)
    studio.blob(
        [(0.4, 0.36), (0.4, 0.36), (0.52, base), (0.52, base), (0.26, base), (0.26, base)],
        studio.make("nylon", (48, 44, 46)).shaded(0.55),
        puff=0.01,
        smooth=False,
    )
    for points in (
        [(0.4, 0.36), (0.3, 0.62), (0.2, 0.66), (0.26, base)],
        [(0.4, 0.36), (0.49, 0.62), (0.58, 0.66), (0.52, base)],
    ):
        studio.blob(points, trim, puff=0.03, depth=0.7)
    studio.tube([(0.4, 0.235), (0.4, 0.36)], 0.007, studio.make("wood", (176, 128, 80)), smooth=False)
    studio.tube([(0.4, 0.268), (0.74, 0.235)], 0.005, trim, smooth=False)
    _ropes(studio, [((0.4, 0.25), (0.05, 0.8)), ((0.74, 0.235), (0.96, 0.66))])


def _bell(studio: Studio) -> None:
    base = 0.8
    studio.stand(base, 0.6)
    main, trim = studio.main, studio.accent
    tilt = 0.1
    studio.lathe(0.5, [(0.6, 0.36), (base - 0.035, 0.355)], main.plain().shaded(0.92), tilt=tilt, sharp=True)
    studio.lathe(0.5, [(0.17, 0.012), (0.24, 0.045), (0.4, 0.17), (0.61, 0.375)], main, tilt=tilt)
    studio.blob(
        [
            (0.5, 0.42),
            (0.5, 0.42),
            (0.57, 0.64),
            (0.575, base),
            (0.575, base),
            (0.425, base),
            (0.425, base),
            (0.43, 0.64),
        ],
        studio.make("nylon", (56, 48, 44)).shaded(0.6),
        puff=0.01,
    )
    for side in (-1, 1):
        studio.blob(
            [
                (0.5, 0.42),
                (0.5 + side * 0.08, 0.63),
                (0.5 + side * 0.14, 0.68),
                (0.5 + side * 0.085, base - 0.005),
                (0.5 + side * 0.06, 0.66),
            ],
            trim,
            puff=0.03,
            depth=0.7,
        )
    studio.ball(0.5, 0.165, 0.018, None, studio.make("wood", (176, 128, 80)))
    _ropes(studio, [((0.17, 0.615), (0.06, 0.8)), ((0.83, 0.615), (0.94, 0.8))])


DRAWINGS = {"backpack": backpack, "bottle": bottle, "tent": tent}
