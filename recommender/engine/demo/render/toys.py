"""Drawings of soft toys and toy vehicles."""

from __future__ import annotations

from dataclasses import replace

from recommender.engine.demo.render.canvas import Paint, linear
from recommender.engine.demo.render.studio import Studio


def teddy(studio: Studio) -> None:
    """A bear, a rabbit or a cat that sits."""
    base, shape = 0.86, studio.product.shape
    studio.stand(base, 0.68)
    fur = replace(studio.main, scale=1.3)
    pale = replace(studio.make(studio.product.material, studio.second), scale=1.3)
    head_y = 0.36 if shape != 1 else 0.42
    _ears(studio, shape, head_y, fur, pale)
    for side in (-1, 1):
        studio.tube(
            [(0.5 + side * 0.14, 0.55), (0.5 + side * 0.23, 0.62), (0.5 + side * 0.26, 0.7)],
            [0.055, 0.062, 0.055],
            fur.plain(),
        )
    studio.ball(0.5, 0.66, 0.2, 0.21, fur)
    studio.ball(0.5, 0.68, 0.125, 0.14, pale)
    for side in (-1, 1):
        studio.tube(
            [(0.5 + side * 0.12, 0.78), (0.5 + side * 0.24, 0.79)], [0.075, 0.078], fur.plain(), smooth=False
        )
        studio.ball(0.5 + side * 0.262, 0.79, 0.055, 0.062, pale)
    studio.ball(0.5, head_y, 0.185, 0.165, fur.plain() if fur.pattern == "two-tone" else fur)
    _face(studio, shape, head_y, fur, pale)
    _bow(studio, head_y + 0.165)


def _ears(studio: Studio, shape: int, y: float, fur: Paint, pale: Paint) -> None:
    for side in (-1, 1):
        if shape == 0:
            studio.ball(0.5 + side * 0.145, y - 0.13, 0.07, None, fur.plain())
            studio.ball(0.5 + side * 0.145, y - 0.125, 0.042, None, pale)
        elif shape == 1:
            ear = [(0.5 + side * 0.07, y - 0.1), (0.5 + side * 0.1, y - 0.23), (0.5 + side * 0.125, y - 0.32)]
            studio.tube(ear, [0.04, 0.052, 0.03], fur.plain())
            studio.tube([(x, h + 0.01) for x, h in ear], [0.02, 0.03, 0.012], pale)
        else:
            x = 0.5 + side * 0.125
            tip = (0.5 + side * 0.175, y - 0.235)
            studio.blob([(x - 0.075, y - 0.09), tip, tip, (x + 0.075, y - 0.06)], fur.plain(), puff=0.05)
            studio.blob(
                [(x - 0.04, y - 0.1), (tip[0], tip[1] + 0.05), (tip[0], tip[1] + 0.05), (x + 0.04, y - 0.08)],
                pale,
                puff=0.03,
            )


def _face(studio: Studio, shape: int, y: float, fur: Paint, pale: Paint) -> None:
    studio.ball(0.5, y + 0.055, 0.088, 0.068, pale)
    bead = Paint(linear((26, 22, 22)), linear((0, 0, 0)), linear((0, 0, 0)), "gloss")
    for side in (-1, 1):
        studio.ball(0.5 + side * 0.075, y - 0.025, 0.021, None, bead)
        studio.ball(
            0.5 + side * 0.12,
            y + 0.04,
            0.03,
            0.022,
            replace(studio.flat((240, 140, 140)), clear=0.6),
            flat=0.1,
        )
    nose = bead if shape == 0 else replace(bead, colour=linear((214, 110, 120)))
    studio.ball(0.5, y + 0.025, 0.027, 0.019, nose)
    thread = studio.flat((52, 40, 40))
    studio.tube([(0.5, y + 0.045), (0.5, y + 0.065)], 0.0028, thread, smooth=False)
    studio.tube(
        [(0.462, y + 0.068), (0.478, y + 0.085), (0.5, y + 0.068), (0.522, y + 0.085), (0.538, y + 0.068)],
        0.0028,
        thread,
    )
    if shape == 2:
        for side in (-1, 1):
            for lean in (-0.012, 0.012):
                studio.tube(
                    [(0.5 + side * 0.07, y + 0.055 + lean * 0.5), (0.5 + side * 0.19, y + 0.05 + lean * 2)],
                    0.0018,
                    thread,
                    smooth=False,
                )


def _bow(studio: Studio, y: float) -> None:
    ribbon = studio.make(
        "silk", [(196, 60, 60), (60, 90, 150), (226, 170, 70), (90, 130, 96)][studio.product.seed % 4]
    )
    for side in (-1, 1):
        studio.blob(
            [(0.5, y), (0.5 + side * 0.075, y - 0.04), (0.5 + side * 0.085, y + 0.035)], ribbon, puff=0.03
        )
        studio.tube(
            [(0.5, y), (0.5 + side * 0.035, y + 0.075)], [0.01, 0.013], ribbon.shaded(0.85), smooth=False
        )
    studio.ball(0.5, y, 0.02, None, ribbon)


def toycar(studio: Studio) -> None:
    """A racer, a van or a truck seen from the side."""
    base = 0.75
    studio.stand(base, 0.58)
    (_racer, _van, _truck)[studio.product.shape](studio)
    wheels = {0: (0.27, 0.74), 1: (0.28, 0.72), 2: (0.26, 0.6, 0.78)}[studio.product.shape]
    radius = 0.085
    tyre = (
        studio.make("rubber", (48, 48, 52))
        if studio.product.material != "wood"
        else studio.make("wood", (120, 80, 52))
    )
    for x in wheels:
        studio.ball(x, base - radius, radius, None, tyre, flat=0.9)
        studio.ball(x, base - radius, radius * 0.62, None, studio.accent, flat=0.6)
        studio.ball(x, base - radius, radius * 0.2, None, studio.make("steel", (196, 198, 202)))


def _glass(studio: Studio) -> Paint:
    return Paint(linear((150, 190, 210)), linear((255, 255, 255)), linear((255, 255, 255)), "gloss")


def _racer(studio: Studio) -> None:
    main = studio.main
    studio.blob(
        [(0.58, 0.53), (0.6, 0.42), (0.7, 0.38), (0.82, 0.38), (0.86, 0.42), (0.84, 0.53)],
        studio.accent,
        puff=0.05,
    )
    studio.ball(0.5, 0.475, 0.068, None, studio.make("plastic", studio.second))
    studio.box(0.475, 0.478, 0.07, 0.028, _glass(studio), corner=0.012, bevel=0.008)
    body = [
        (0.08, 0.66),
        (0.09, 0.6),
        (0.2, 0.545),
        (0.4, 0.51),
        (0.58, 0.51),
        (0.74, 0.47),
        (0.9, 0.5),
        (0.93, 0.6),
        (0.91, 0.68),
        (0.5, 0.695),
        (0.14, 0.69),
    ]
    studio.blob(body, main, puff=0.1, depth=0.9)
    studio.ball(0.56, 0.6, 0.055, None, studio.make("plastic", (244, 242, 236)), flat=0.3)
    studio.tube(
        [(0.555, 0.573), (0.565, 0.573), (0.565, 0.628)], 0.007, studio.flat((40, 40, 44)), smooth=False
    )


def _van(studio: Studio) -> None:
    main = studio.main
    body = [
        (0.12, 0.68),
        (0.115, 0.55),
        (0.15, 0.5),
        (0.21, 0.37),
        (0.27, 0.31),
        (0.8, 0.3),
        (0.87, 0.35),
        (0.88, 0.66),
        (0.86, 0.69),
        (0.5, 0.7),
        (0.15, 0.7),
    ]
    studio.blob(body, main, puff=0.08, depth=0.9)
    studio.blob(
        [
            (0.13, 0.56),
            (0.5, 0.565),
            (0.875, 0.56),
            (0.88, 0.66),
            (0.86, 0.69),
            (0.5, 0.7),
            (0.15, 0.7),
            (0.125, 0.66),
        ],
        studio.accent,
        puff=0.05,
        depth=0.7,
    )
    window = _glass(studio)
    studio.blob(
        [(0.195, 0.49), (0.235, 0.385), (0.265, 0.36), (0.345, 0.36), (0.345, 0.49)],
        window,
        puff=0.02,
        smooth=True,
    )
    for x in (0.45, 0.6, 0.75):
        studio.box(x, 0.425, 0.115, 0.125, window, corner=0.025, bevel=0.015)
    studio.ball(0.135, 0.61, 0.024, 0.032, studio.make("plastic", (250, 232, 170)))
    studio.tube([(0.25, 0.3), (0.8, 0.29)], 0.009, studio.make("wood", (176, 128, 80)), smooth=False)


def _truck(studio: Studio) -> None:
    main = studio.main
    studio.box(0.5, 0.655, 0.8, 0.06, studio.soft_dark, corner=0.02, bevel=0.02)
    load = studio.accent
    studio.blob(
        [
            (0.4, 0.62),
            (0.4, 0.62),
            (0.42, 0.39),
            (0.42, 0.39),
            (0.92, 0.39),
            (0.92, 0.39),
            (0.9, 0.62),
            (0.9, 0.62),
        ],
        load,
        puff=0.025,
        smooth=False,
    )
    for x in (0.52, 0.62, 0.72, 0.82):
        studio.tube([(x, 0.41), (x - 0.004, 0.61)], 0.008, load.shaded(0.9), smooth=False)
    cab = [
        (0.1, 0.67),
        (0.1, 0.53),
        (0.14, 0.5),
        (0.18, 0.37),
        (0.22, 0.34),
        (0.37, 0.34),
        (0.385, 0.37),
        (0.385, 0.66),
        (0.36, 0.68),
        (0.13, 0.68),
    ]
    studio.blob(cab, main, puff=0.06, depth=0.9)
    studio.blob(
        [(0.18, 0.49), (0.215, 0.385), (0.24, 0.375), (0.335, 0.375), (0.34, 0.49)], _glass(studio), puff=0.02
    )
    studio.ball(0.12, 0.6, 0.018, 0.026, studio.make("plastic", (250, 232, 170)))


DRAWINGS = {"teddy": teddy, "toycar": toycar}
