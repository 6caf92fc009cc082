"""Drawings of headphones, speakers, keyboards and phones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.engine.demo.render.canvas import Paint, linear
from recommender.engine.demo.render.studio import Studio

_STEEL = (196, 198, 202)


def headphones(studio: Studio) -> None:
    """Headphones standing on their cups."""
    studio.stand(0.83, 0.68)
    main, over = studio.main, studio.product.shape == 0
    pad = studio.make("leather", studio.second)
    steel = studio.make("steel", _STEEL)
    rise = studio.vary(0.13, 0.17)
    cup_y, rx, ry = (0.63, 0.115, 0.19) if over else (0.64, 0.1, 0.135)
    band = [
        (0.235, cup_y - 0.1),
        (0.225, 0.42),
        (0.29, rise + 0.07),
        (0.42, rise),
        (0.58, rise),
        (0.71, rise + 0.07),
        (0.775, 0.42),
        (0.765, cup_y - 0.1),
    ]
    studio.tube(band, 0.011, steel)
    studio.tube(
        [(x, y + 0.028 * (1 - abs(x - 0.5) * 2)) for x, y in band[2:6]], [0.02, 0.034, 0.034, 0.02], pad
    )
    studio.tube(band[2:6], [0.022, 0.031, 0.031, 0.022], main.plain())
    for side in (-1, 1):
        x = 0.5 + side * 0.255
        studio.box(
            0.5 + side * 0.272, cup_y - ry * 0.85, 0.035, 0.13, main.plain(), corner=0.014, bevel=0.012
        )
        studio.ball(x - side * 0.055, cup_y, rx * 0.75, ry * 0.97, pad.shaded(0.72))
        studio.ball(x - side * 0.03, cup_y, rx * 0.85, ry, pad)
        studio.ball(x + side * 0.02, cup_y, rx * 0.86, ry * 0.95, main)
        studio.ball(x + side * 0.035, cup_y, rx * 0.62, ry * 0.72, steel.shaded(0.9), flat=0.7)
        studio.ball(x + side * 0.038, cup_y, rx * 0.56, ry * 0.66, main, flat=0.5)
        studio.ball(x + side * 0.04, cup_y, rx * 0.17, ry * 0.14, steel)


def speaker(studio: Studio) -> None:
    """A tower, a portable or a round speaker."""
    (_tower, _portable, _round)[studio.product.shape](studio)


def _driver(studio: Studio, x: float, y: float, radius: float) -> None:
    cone = studio.make("rubber", studio.second if sum(studio.second) < 500 else (52, 52, 56))
    studio.ball(x, y, radius * 1.13, None, studio.make("steel", _STEEL), flat=0.9)
    studio.ball(x, y, radius, None, studio.soft_dark, flat=0.95)
    studio.ball(x, y, radius * 0.82, None, cone.shaded(0.9), flat=-0.75)
    studio.ball(x, y, radius * 0.36, None, cone, flat=0.9)


def _tower(studio: Studio) -> None:
    base = 0.87
    studio.stand(base, 0.7)
    main = studio.main.upright()
    studio.blob([(0.66, 0.135), (0.66, 0.135), (0.735, 0.165), (0.735, 0.165), (0.735, base - 0.045),
        (0.735, base - 0.045), (0.66, base), (0.66, base)],
                main.shaded(0.5), puff=0.004, smooth=False)  # fmt: skip
    studio.box(0.48, 0.5, 0.38, 0.74, main, corner=0.014, bevel=0.01)
    studio.box(
        0.48,
        0.5,
        0.345,
        0.705,
        studio.accent.shaded(0.92) if studio.product.pattern != "plain" else main.shaded(0.88),
        corner=0.01,
        bevel=0.005,
    )
    _driver(studio, 0.48, 0.66, 0.13)
    _driver(studio, 0.48, 0.385, 0.085)
    _driver(studio, 0.48, 0.225, 0.04)
    studio.box(0.48, 0.845, 0.09, 0.01, studio.make("steel", _STEEL), corner=0.004, bevel=0.003)


def _grille(studio: Studio) -> Paint:
    known = studio.main
    if known.grain in ("linen", "weave"):
        return known
    return replace(known, grain="canvas", finish="cloth", scale=1.1)


def _portable(studio: Studio) -> None:
    base = 0.745
    studio.stand(base, 0.6)
    main, grille = studio.main, _grille(studio)
    studio.tube(
        [(0.22, 0.44), (0.24, 0.32), (0.5, 0.28), (0.76, 0.32), (0.78, 0.44)],
        0.015,
        studio.make("leather", studio.second),
    )
    studio.box(0.5, 0.575, 0.72, 0.34, main.plain(), corner=0.1, bevel=0.06)
    studio.box(0.5, 0.58, 0.65, 0.27, grille, corner=0.07, bevel=0.03, bulge=0.1)
    studio.box(0.5, 0.418, 0.26, 0.018, studio.dark, corner=0.009, bevel=0.006)
    for x in (0.42, 0.5, 0.58):
        studio.ball(x, 0.418, 0.012, 0.006, studio.make("steel", _STEEL))
    studio.box(0.73, 0.675, 0.075, 0.022, studio.make("steel", _STEEL), corner=0.004, bevel=0.004)


def _round(studio: Studio) -> None:
    base = 0.82
    studio.stand(base, 0.66)
    studio.lathe(
        0.5,
        [(0.3, 0.13), (0.33, 0.2), (0.42, 0.255), (0.56, 0.27), (0.7, 0.25), (base - 0.05, 0.2)],
        _grille(studio),
        tilt=0.17,
    )
    studio.lathe(0.5, [(base - 0.065, 0.212), (base - 0.035, 0.19)], studio.accent.shaded(0.9), tilt=0.17)
    studio.ball(0.5, 0.305, 0.14, 0.03, studio.main.plain(), flat=0.5)
    studio.ball(0.5, 0.303, 0.125, 0.026, studio.dark, flat=0.3)
    for turn in range(8):
        a = turn * np.pi / 4
        studio.ball(
            0.5 + 0.1 * np.cos(a), 0.303 + 0.02 * np.sin(a), 0.008, 0.003, studio.flat((120, 214, 236))
        )


def keyboard(studio: Studio) -> None:
    """A keyboard on a desk, its far edge narrower."""
    studio.ground, studio.base = 0.2, None
    rows, columns = (5, 14) if studio.product.shape == 0 else (4, 11)
    case = studio.main if studio.product.pattern != "two-tone" else studio.main.plain()
    top, left, right, bottom = 0.36, 0.12, 0.88, 0.74
    if rows == 4:
        top, left, right, bottom = 0.34, 0.17, 0.83, 0.74
    near = 0.06
    corners = [(left + near, top), (right - near, top), (right, bottom), (left, bottom)]
    studio.quad(
        [(x, y + 0.03) for x, y in corners],
        case.plain().shaded(0.42),
        size=(1, 0.5),
        corner=0.035,
        facing=(0, 0.5),
    )
    studio.quad(corners, case, size=(1, 0.5), corner=0.035, facing=(-0.1, -0.45))
    studio.quad(
        _within(corners, 0.025, 0.06, 0.975, 0.94), case.plain().shaded(0.3), size=(1, 0.5), corner=0.02
    )
    key = studio.make(
        "plastic",
        (236, 234, 228)
        if sum(studio.colour) < 420
        else studio.second
        if sum(studio.second) > 260
        else (70, 72, 78),
    )
    accent = studio.make(
        "plastic", studio.second if key.colour[0] != linear(studio.second)[0] else studio.colour
    )
    _keys(studio, corners, rows, columns, key, accent)


def _within(
    corners: list[tuple[float, float]], u0: float, v0: float, u1: float, v1: float
) -> list[tuple[float, float]]:
    """Corners of a part of a trapezoid whose upper and lower sides are level."""
    (ax, ay), (bx, _), (cx, cy), (dx, _) = corners

    def place(u: float, v: float) -> tuple[float, float]:
        low, high = ax + (dx - ax) * v, bx + (cx - bx) * v
        return low + (high - low) * u, ay + (cy - ay) * v

    return [place(u0, v0), place(u1, v0), place(u1, v1), place(u0, v1)]


def _keys(
    studio: Studio, corners: list[tuple[float, float]], rows: int, columns: int, key: Paint, accent: Paint
) -> None:
    for row in range(rows):
        v0, v1 = 0.085 + 0.83 * row / rows, 0.085 + 0.83 * (row + 0.86) / rows
        edges = np.linspace(0.04, 0.96, columns + 1)
        spans = [(edges[i], edges[i + 1]) for i in range(columns)]
        if row == rows - 1:
            spans = [*spans[:3], (spans[3][0], spans[columns - 5][1]), *spans[columns - 4 :]]
        elif row % 2:
            spans = [
                (spans[0][0], spans[1][0] + 0.02),
                *[(a + 0.02, b + 0.02) for a, b in spans[1:-1]],
                (spans[-1][0] + 0.02, spans[-1][1]),
            ]
        for place, (u0, u1) in enumerate(spans):
            special = (
                (row == 0 and place == 0)
                or (place == len(spans) - 1 and row in (1, 2))
                or (row == rows - 1 and place == 3)
            )
            material = accent if special else key
            part = _within(corners, u0 + 0.002, v0, u1 - 0.004, v1)
            studio.quad(
                [(x, y + 0.007) for x, y in part], material.shaded(0.55), size=((u1 - u0), 0.09), corner=0.01
            )
            studio.quad(
                [(x + (0.5 - x) * 0.006, y - 0.003) for x, y in part],
                material,
                size=((u1 - u0), 0.09),
                corner=0.014,
                facing=(-0.16, -0.42),
            )


def phone(studio: Studio) -> None:
    """A phone seen from behind, another from the front, leaning."""
    base = 0.86
    studio.stand(base, 0.68)
    steel = studio.make("aluminium", studio.colour)
    rugged = studio.product.shape == 1
    corner = 0.03 if rugged else 0.05
    body = replace(
        studio.main,
        finish="gloss" if studio.main.finish in ("glass", "gloss") else studio.main.finish,
        clear=0.0,
    )
    _back(studio, body, steel, corner, rugged)
    _front(studio, steel, corner, rugged)


def _back(studio: Studio, body: Paint, steel: Paint, corner: float, rugged: bool) -> None:
    studio.box(
        0.39,
        0.48,
        0.345,
        0.7,
        studio.soft_dark if rugged else steel,
        corner=corner + 0.008,
        bevel=0.014,
        angle=-5,
    )
    studio.box(0.39, 0.48, 0.322, 0.677, body, corner=corner, bevel=0.008, angle=-5, bulge=0.06)
    studio.box(0.302, 0.245, 0.125, 0.14, body.plain().shaded(0.86), corner=0.034, bevel=0.008, angle=-5)
    lens = Paint(linear((18, 20, 28)), linear((0, 0, 0)), linear((0, 0, 0)), "gloss")
    for x, y in ((0.276, 0.217), (0.325, 0.245), (0.284, 0.277)):
        studio.ball(x, y, 0.026, None, steel)
        studio.ball(x, y, 0.02, None, lens)
        studio.ball(x - 0.005, y - 0.005, 0.005, None, studio.flat((120, 150, 220)))


def _front(studio: Studio, steel: Paint, corner: float, rugged: bool) -> None:
    studio.box(
        0.63,
        0.53,
        0.335,
        0.66,
        studio.soft_dark if rugged else steel,
        corner=corner + 0.008,
        bevel=0.013,
        angle=6,
    )
    studio.box(0.63, 0.53, 0.315, 0.64, studio.flat((14, 14, 18)), corner=corner, bevel=0.004, angle=6)
    wall = Paint(
        linear(studio.second) * 0.9 + 0.05,
        linear(studio.colour),
        linear((250, 230, 200)),
        "flat",
        pattern="gradient",
    )
    studio.box(0.63, 0.53, 0.292, 0.615, wall, corner=corner - 0.008, bevel=0.002, angle=6)
    glow = studio.flat((255, 246, 230))
    studio.ball(0.66, 0.47, 0.055, None, replace(glow, clear=0.25), flat=0.1)
    for row in range(3):
        wave = [
            (0.515 + 0.05 * k + row * -0.012, 0.62 + 0.055 * row + 0.018 * (-1) ** (k + row))
            for k in range(5)
        ]
        studio.tube(wave, 0.012, replace(glow, clear=0.55))
    studio.box(0.664, 0.243, 0.06, 0.014, studio.flat((8, 8, 10)), corner=0.007, bevel=0.002, angle=6)


DRAWINGS = {"headphones": headphones, "speaker": speaker, "keyboard": keyboard, "phone": phone}
