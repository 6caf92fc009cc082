"""Drawings of lamps, mugs, vases, kettles, chairs, cushions and rugs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.engine.demo.render.canvas import Paint
from recommender.engine.demo.render.studio import Studio, mirrored

_BRASS, _STEEL, _OAK = (214, 170, 92), (196, 198, 202), (188, 140, 92)


def lamp(studio: Studio) -> None:
    """A table lamp that is on."""
    base, shape = 0.84, studio.product.shape
    studio.stand(base, 0.7)
    metal = studio.make("brass", _BRASS) if studio.vary(0, 1) < 0.6 else studio.make("wood", _OAK)
    foot = studio.accent if studio.vary(0, 1) < 0.5 else metal
    glow = replace(
        studio.main,
        dim=1.28,
        finish="matte" if studio.main.finish not in ("metal", "glass") else studio.main.finish,
    )
    if shape == 1:
        studio.lathe(0.5, [(0.66, 0.09), (0.7, 0.13), (base - 0.03, 0.135)], foot, tilt=0.2)
        studio.ball(0.5, 0.66, 0.09, 0.02, metal)
        studio.ball(0.5, 0.43, 0.24, None, glow)
        return
    studio.lathe(
        0.5,
        [(base - 0.075, 0.02), (base - 0.055, 0.12), (base - 0.03, 0.135), (base - 0.02, 0.135)],
        foot,
        tilt=0.2,
    )
    if shape == 0:
        body = [(0.5, 0.03), (0.55, 0.05), (0.63, 0.1), (0.7, 0.095), (base - 0.06, 0.05)]
        studio.tube([(0.5, 0.42), (0.5, 0.55)], 0.011, metal, smooth=False)
        studio.lathe(0.5, body, foot, tilt=0.15)
        studio.ball(0.5, 0.485, 0.245, 0.03, glow.plain().shaded(1.2), flat=0.2)
        studio.lathe(0.5, [(0.2, 0.135), (0.445, 0.245)], glow, tilt=0.16, sharp=True)
        studio.ball(0.5, 0.2, 0.133, 0.02, glow.plain().shaded(1.1), flat=0.3)
    else:
        studio.lathe(0.5, [(0.45, 0.035), (0.62, 0.045), (base - 0.06, 0.09)], foot, tilt=0.18)
        studio.ball(0.5, 0.468, 0.29, 0.045, glow.plain().shaded(1.15), flat=0.2)
        studio.lathe(
            0.5, [(0.215, 0.005), (0.235, 0.11), (0.29, 0.2), (0.37, 0.265), (0.435, 0.29)], glow, tilt=0.13
        )


def mug(studio: Studio) -> None:
    """A mug with its handle to the right."""
    base, shape = 0.79, studio.product.shape
    studio.stand(base, 0.6)
    main, tilt = studio.main, 0.2
    top = 0.33
    profile = {
        0: [(top, 0.215), (0.5, 0.215), (base - 0.06, 0.21), (base - 0.045, 0.195)],
        1: [(top, 0.19), (0.42, 0.215), (0.56, 0.25), (0.68, 0.22), (base - 0.04, 0.15)],
        2: [(top, 0.235), (0.5, 0.205), (base - 0.04, 0.15)],
    }[shape]
    edge = 0.69 if shape != 1 else 0.72
    handle = (
        studio.accent
        if studio.product.pattern == "two-tone" or studio.product.seed % 5 == 0
        else main.plain()
    )
    studio.tube(
        [(edge, 0.44), (edge + 0.1, 0.42), (edge + 0.15, 0.52), (edge + 0.09, 0.63), (edge - 0.02, 0.66)],
        [0.024, 0.026, 0.022],
        handle,
    )
    studio.lathe(0.5, profile, main, tilt=tilt)
    radius = profile[0][1]
    studio.opening(0.5, top, radius, tilt, main.plain(), 0.012)
    drink = [(74, 44, 28), (116, 74, 40), (196, 150, 96), (150, 84, 30)][studio.product.seed % 4]
    studio.ball(
        0.5,
        top + 0.012,
        radius - 0.02,
        (radius - 0.02) * tilt * 0.86,
        studio.make("plastic", drink),
        flat=0.12,
    )
    if studio.product.seed % 3 == 0:
        for lean in (-0.05, 0.03):
            steam = replace(studio.flat((255, 255, 255)), clear=0.93)
            studio.tube(
                [(0.5 + lean, 0.31), (0.53 + lean, 0.25), (0.49 + lean, 0.19), (0.52 + lean, 0.12)],
                [0.012, 0.016, 0.004],
                steam,
            )


def vase(studio: Studio) -> None:
    """A vase, often with a few stems."""
    base, shape, tilt = 0.86, studio.product.shape, 0.16
    studio.stand(base, 0.7)
    wide = studio.vary(0.9, 1.12)
    profile = {
        0: [(0.36, 0.06), (0.44, 0.05), (0.53, 0.07), (0.66, 0.17), (0.76, 0.165), (base - 0.025, 0.09)],
        1: [(0.36, 0.105), (0.4, 0.085), (0.46, 0.11), (0.56, 0.19), (0.68, 0.185), (base - 0.02, 0.085)],
        2: [(0.38, 0.115), (0.5, 0.12), (0.7, 0.12), (base - 0.03, 0.115)],
    }[shape]
    profile = [(y, radius * wide) for y, radius in profile]
    top, radius = profile[0]
    if studio.vary(0, 1) < 0.7:
        studio.ball(0.5, top, radius, radius * tilt, studio.main.plain().shaded(0.4), flat=0.5)
        _stems(studio, top, radius)
        studio.lathe(0.5, profile, studio.main, tilt=tilt)
        studio.tube(
            [
                (0.5 + radius * float(np.sin(a)), top + radius * tilt * float(np.cos(a)))
                for a in np.linspace(-1.5, 1.5, 9)
            ],
            0.006,
            studio.main.plain(),
        )
        return
    studio.lathe(0.5, profile, studio.main, tilt=tilt)
    studio.opening(0.5, top, radius, tilt, studio.main.plain(), 0.01)
    if shape == 1:
        for side in (-1, 1):
            studio.tube(
                [(0.5 + side * radius * 0.8, 0.42), (0.5 + side * 0.2, 0.41), (0.5 + side * 0.19, 0.53)],
                0.013,
                studio.main.plain(),
            )


def _stems(studio: Studio, top: float, radius: float) -> None:
    leaf = studio.make("cotton", [(92, 118, 74), (130, 138, 92), (70, 104, 84)][int(studio.rng.integers(3))])
    bloom = studio.make(
        "felt",
        [(236, 196, 120), (232, 150, 140), (240, 236, 226), (200, 170, 210)][int(studio.rng.integers(4))],
    )
    flowers = studio.vary(0, 1) < 0.55
    for stem in range(5):
        lean = (stem - 2) * 0.065 + studio.vary(-0.02, 0.02)
        tip = (0.5 + lean * 1.9, top - studio.vary(0.16, 0.26) + abs(lean) * 0.5)
        bend = (0.5 + lean * 0.7, top - 0.1)
        studio.tube([(0.5 + lean * 0.3, top + 0.02), bend, tip], 0.0035, leaf.shaded(0.8))
        for step in (0.35, 0.6, 0.82):
            x, y = bend[0] + (tip[0] - bend[0]) * step, bend[1] + (tip[1] - bend[1]) * step
            for side in (-1, 1):
                studio.tube(
                    [(x, y), (x + side * 0.022, y - 0.016), (x + side * 0.042, y - 0.012)],
                    [0.003, 0.011, 0.002],
                    leaf,
                )
        if flowers:
            for petal in range(6):
                a = petal * np.pi / 3
                studio.ball(tip[0] + 0.019 * np.cos(a), tip[1] + 0.017 * np.sin(a), 0.017, None, bloom)
            studio.ball(tip[0], tip[1], 0.012, None, studio.make("felt", (196, 140, 60)))


def kettle(studio: Studio) -> None:
    """A kettle with its spout to the left."""
    base, tilt = 0.8, 0.14
    studio.stand(base, 0.64)
    main = studio.main
    grip = studio.make("wood", _OAK) if studio.vary(0, 1) < 0.5 else studio.dark
    if studio.product.shape == 0:
        studio.tube([(0.35, 0.58), (0.25, 0.5), (0.17, 0.4)], [0.055, 0.03, 0.024], main.plain())
        studio.tube(
            [(0.36, 0.44), (0.33, 0.24), (0.5, 0.17), (0.67, 0.24), (0.64, 0.44)], [0.012, 0.02, 0.012], grip
        )
        profile = [
            (0.4, 0.13),
            (0.43, 0.17),
            (0.55, 0.235),
            (0.68, 0.255),
            (base - 0.055, 0.24),
            (base - 0.035, 0.22),
        ]
    else:
        studio.tube(
            [(0.36, 0.7), (0.25, 0.69), (0.25, 0.52), (0.2, 0.37), (0.13, 0.36)],
            [0.032, 0.018, 0.013],
            main.plain(),
        )
        studio.tube([(0.6, 0.43), (0.8, 0.4), (0.82, 0.55), (0.78, 0.68)], 0.019, grip)
        profile = [(0.39, 0.12), (0.42, 0.135), (0.6, 0.175), (base - 0.05, 0.215), (base - 0.032, 0.205)]
    studio.lathe(0.5, profile, main, tilt=tilt)
    top, radius = profile[0]
    studio.lathe(
        0.5,
        [(top - 0.04, 0.02), (top - 0.025, radius * 0.75), (top + 0.005, radius)],
        main.plain(),
        tilt=tilt,
    )
    studio.ball(0.5, top - 0.055, 0.026, None, grip)


def chair(studio: Studio) -> None:
    """A dining chair, a lounge chair or a stool."""
    (_dining, _lounge, _stool)[studio.product.shape](studio)


def _legs(
    studio: Studio, ends: list[tuple[tuple[float, float], tuple[float, float]]], material: Paint
) -> None:
    for top, foot in ends:
        studio.tube([top, foot], [0.017, 0.011], material, smooth=False)


def _frame(studio: Studio) -> Paint:
    if studio.product.material == "wood":
        return studio.main.plain().upright()
    return (
        studio.make("wood", (150, 104, 66) if studio.product.seed % 2 else (206, 164, 116)).upright()
        if studio.product.seed % 3
        else studio.dark
    )


def _dining(studio: Studio) -> None:
    base = 0.87
    studio.stand(base, 0.66)
    frame, main = _frame(studio), studio.main
    _legs(
        studio, [((0.36, 0.56), (0.34, base - 0.06)), ((0.68, 0.56), (0.71, base - 0.06))], frame.shaded(0.7)
    )
    studio.tube([(0.345, 0.6), (0.325, 0.3), (0.33, 0.17)], 0.015, frame)
    studio.tube([(0.66, 0.6), (0.675, 0.3), (0.67, 0.17)], 0.015, frame)
    back = mirrored(
        [(0.52, 0.145), (0.66, 0.15), (0.695, 0.2), (0.685, 0.36), (0.65, 0.4), (0.52, 0.41)], 0.5
    )
    if studio.product.seed % 2:
        studio.blob(back, main, puff=0.05, depth=0.6)
    else:
        for row in range(3):
            studio.blob([(0.335, 0.17 + 0.085 * row), (0.5, 0.155 + 0.085 * row),
                (0.665, 0.17 + 0.085 * row), (0.665, 0.215 + 0.085 * row),
                         (0.5, 0.2 + 0.085 * row),
                         (0.335, 0.215 + 0.085 * row)], main, puff=0.02)  # fmt: skip
    studio.blob(
        [
            (0.31, 0.55),
            (0.35, 0.525),
            (0.65, 0.525),
            (0.69, 0.55),
            (0.745, 0.635),
            (0.72, 0.665),
            (0.28, 0.665),
            (0.255, 0.635),
        ],
        main.shaded(1.06),
        puff=0.05,
        depth=0.5,
    )
    studio.tube([(0.27, 0.665), (0.73, 0.665)], 0.012, frame, smooth=False)
    _legs(studio, [((0.285, 0.66), (0.255, base)), ((0.715, 0.66), (0.745, base))], frame)


def _lounge(studio: Studio) -> None:
    base = 0.84
    studio.stand(base, 0.64)
    frame, main = _frame(studio), studio.main
    _legs(studio, [((0.3, 0.7), (0.27, base - 0.03)), ((0.7, 0.7), (0.73, base - 0.03))], frame.shaded(0.7))
    studio.blob(
        mirrored([(0.52, 0.215), (0.66, 0.22), (0.74, 0.29), (0.75, 0.5), (0.72, 0.66), (0.52, 0.67)]),
        main.shaded(0.95),
        puff=0.09,
        depth=0.9,
    )
    for x in (0.43, 0.57):
        studio.ball(x, 0.37, 0.011, None, main.plain().shaded(0.6))
    for side in (-1, 1):
        x = 0.5 + side * 0.275
        studio.box(x, 0.585, 0.12, 0.24, main.plain(), corner=0.06, bevel=0.055)
    studio.box(0.5, 0.61, 0.46, 0.115, main.shaded(1.08), corner=0.05, bevel=0.045)
    studio.box(0.5, 0.7, 0.6, 0.08, main.plain().shaded(0.85), corner=0.035, bevel=0.035)
    _legs(studio, [((0.27, 0.73), (0.23, base)), ((0.73, 0.73), (0.77, base))], frame)


def _stool(studio: Studio) -> None:
    base = 0.86
    studio.stand(base, 0.66)
    frame, main = _frame(studio), studio.main
    _legs(studio, [((0.5, 0.4), (0.5, base - 0.08))], frame.shaded(0.7))
    studio.tube([(0.33, 0.64), (0.5, 0.615), (0.67, 0.64)], 0.009, frame.shaded(0.85))
    _legs(studio, [((0.37, 0.42), (0.29, base)), ((0.63, 0.42), (0.71, base))], frame)
    studio.lathe(
        0.5,
        [(0.3, 0.2), (0.32, 0.232), (0.35, 0.24), (0.39, 0.232), (0.4, 0.215)],
        main.plain() if main.grain in ("wood", "bamboo") else main,
        tilt=0.2,
    )
    studio.ball(0.5, 0.305, 0.212, 0.212 * 0.21, main.shaded(1.04), flat=0.3)


def cushion(studio: Studio) -> None:
    """A cushion leaning on the wall."""
    shape = studio.product.shape
    main = studio.main
    piping = studio.accent if studio.product.pattern != "plain" else main.plain().shaded(0.8)
    if shape == 1:
        studio.stand(0.86, 0.68)

        def pleats(x: np.ndarray, y: np.ndarray) -> np.ndarray:
            rays = np.cos(22 * np.arctan2(y - 0.52, x - 0.5))
            return 0.006 * rays * np.clip(np.hypot(x - 0.5, y - 0.52) / 0.3, 0, 1)

        ring = [
            (0.5 + 0.33 * float(np.cos(a)), 0.52 + 0.33 * float(np.sin(a)))
            for a in np.linspace(0, 2 * np.pi, 14, endpoint=False)
        ]
        studio.blob(ring, main, puff=0.3, depth=0.75, folds=pleats)
        studio.tube(ring, 0.009, piping, closed=True)
        studio.ball(0.5, 0.52, 0.032, None, piping)
        return
    width, height = (0.6, 0.6) if shape == 0 else (0.78, 0.4)
    studio.stand(0.52 + height / 2 + 0.03, 0.7)
    w, h = width / 2, height / 2
    ring = [
        (-w, -h),
        (-w, -h),
        (0, -h * 0.9),
        (w, -h),
        (w, -h),
        (w * 0.92, 0),
        (w, h),
        (w, h),
        (0, h * 0.93),
        (-w, h),
        (-w, h),
        (-w * 0.92, 0),
    ]
    points = [(0.5 + x, 0.53 + y) for x, y in ring]

    def tuck(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        across, down = np.abs(x - 0.5), np.abs(y - 0.53)
        return 0.011 * np.sin(17 * (across - down)) * np.clip(across * down * 16, 0, 1)

    studio.blob(points, main, puff=0.25 if shape == 0 else 0.19, depth=0.62, folds=tuck)
    studio.tube(points, 0.0065, piping, closed=True)
    if studio.vary(0, 1) < 0.35:
        for x, y in ((-w, -h), (w, -h), (w, h), (-w, h)):
            for k in range(5):
                studio.tube(
                    [(0.5 + x, 0.53 + y), (0.5 + x * 1.05 + 0.008 * (k - 2), 0.53 + y + 0.05)],
                    [0.006, 0.003],
                    piping,
                )


def rug(studio: Studio) -> None:
    """A rug on the floor, seen from its short side."""
    studio.ground = 0.24
    studio.base = None
    main = replace(studio.main, period=studio.vary(0.13, 0.2), scale=1.6)
    corners = [(0.27, 0.32), (0.73, 0.32), (0.93, 0.86), (0.07, 0.86)]
    if studio.product.shape == 1:
        corners = [(0.23, 0.3), (0.77, 0.3), (0.93, 0.84), (0.07, 0.84)]
        studio.quad([(x, y + 0.012) for x, y in corners], main.plain().shaded(0.5), size=(1, 1), corner=0.5)
        studio.quad(corners, main, size=(1, 1), corner=0.5, facing=(-0.1, -0.4))
        return
    for (x0, y0), (x1, y1), drop in ((corners[0], corners[1], -0.016), (corners[3], corners[2], 0.032)):
        for k in range(41):
            x, y = x0 + (x1 - x0) * k / 40, y0 + (y1 - y0) * k / 40
            studio.tube(
                [(x, y), (x + (x - 0.5) * 0.03, y + drop)],
                0.0028,
                studio.make("cotton", (232, 224, 206)),
                smooth=False,
            )
    studio.quad([(x, y + 0.01) for x, y in corners], main.plain().shaded(0.45), size=(1, 1.3), corner=0.01)
    studio.quad(
        corners,
        main.in_second() if studio.vary(0, 1) < 0.5 else main,
        size=(1, 1.3),
        facing=(-0.1, -0.4),
        corner=0.01,
    )
    inner = [(0.302, 0.345), (0.698, 0.345), (0.868, 0.825), (0.132, 0.825)]
    studio.quad(inner, main, size=(0.9, 1.2), facing=(-0.1, -0.4))


DRAWINGS = {
    "lamp": lamp,
    "mug": mug,
    "vase": vase,
    "kettle": kettle,
    "chair": chair,
    "cushion": cushion,
    "rug": rug,
}
