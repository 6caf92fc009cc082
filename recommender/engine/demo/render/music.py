"""Drawings of guitars, drums and xylophones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.engine.demo.render.canvas import Paint
from recommender.engine.demo.render.studio import Studio, mirrored, shifted
from recommender.engine.demo.vocabulary import RGB

_STEEL, _BRASS = (196, 198, 202), (214, 170, 92)
_RAINBOW: tuple[RGB, ...] = (
    (206, 52, 52), (232, 125, 40), (246, 208, 74), (110, 168, 76), (54, 150, 140), (60, 110, 190),
    (92, 72, 160),
    (190, 90, 160),
)  # fmt: skip


def guitar(studio: Studio) -> None:
    """A guitar hung on the wall: acoustic, electric or a ukulele."""
    shape = studio.product.shape
    neck = studio.make("wood", (140, 92, 58)).upright()
    fret = studio.make("wood", (66, 44, 34)).upright()
    main = studio.main.upright()
    small = shape == 2
    head, nut, joint = (0.13, 0.235, 0.5) if small else (0.055, 0.16, 0.5)
    studio.box(0.5, (nut + joint) / 2 + 0.03, 0.062, joint - nut + 0.1, neck, corner=0.004, bevel=0.006)
    studio.blob(
        mirrored(
            [
                (0.52, head),
                (0.55, head + 0.005),
                (0.545, head + 0.05),
                (0.553, nut - 0.02),
                (0.53, nut),
                (0.52, nut),
            ]
        ),
        neck,
        puff=0.01,
    )
    pegs = 2 if small else 3
    for side in (-1, 1):
        for peg in range(pegs):
            y = head + 0.025 + peg * (nut - head - 0.03) / pegs
            studio.ball(0.5 + side * 0.068, y, 0.013, 0.01, studio.make("steel", _STEEL))
            studio.ball(0.5 + side * 0.03, y, 0.007, None, studio.make("steel", _STEEL))
    (_electric if shape == 1 else _hollow)(studio, main, small)
    end = 0.62 if shape == 1 else 0.575
    studio.box(0.5, (nut + end) / 2, 0.052, end - nut, fret, corner=0.003, bevel=0.003)
    count = 11 if small else 15
    for k in range(count):
        y = nut + (end - nut) * (1 - 0.925**k) / (1 - 0.925**count)
        studio.tube([(0.476, y), (0.524, y)], 0.0016, studio.make("steel", _STEEL), smooth=False)
    _strings(studio, head, 0.745 if shape != 1 else 0.72, 4 if small else 6)


def _hollow(studio: Studio, main: Paint, small: bool) -> None:
    wide = 0.86 if small else 1.0
    top, low = (0.47, 0.9) if small else (0.44, 0.93)
    waist = top + (low - top) * 0.4
    half = [(0.515, top), (0.5 + 0.13 * wide, top + 0.015), (0.5 + 0.165 * wide, top + 0.085),
        (0.5 + 0.135 * wide, waist),
            (0.5 + 0.205 * wide, low - 0.17), (0.5 + 0.19 * wide, low - 0.06),
            (0.5 + 0.1 * wide, low), (0.515, low + 0.006)]  # fmt: skip
    studio.blob(shifted(mirrored(half), 0.006, 0.008), studio.make("wood", (92, 58, 38)), puff=0.02)
    studio.blob(mirrored(half), main, puff=0.016, depth=0.7)
    binding = studio.make("plastic", (240, 230, 208))
    studio.tube(mirrored(half), 0.0035, binding, closed=True)
    studio.ball(0.5, waist + 0.005, 0.068 * wide, None, binding, flat=0.2)
    studio.ball(0.5, waist + 0.005, 0.062 * wide, None, studio.make("wood", (140, 92, 58)), flat=0.3)
    studio.ball(
        0.5, waist + 0.005, 0.055 * wide, None, studio.make("plastic", (22, 18, 18)).shaded(0.5), flat=0.5
    )
    studio.box(0.5, 0.752, 0.14 * wide, 0.026, studio.make("wood", (70, 46, 34)), corner=0.008, bevel=0.008)
    studio.box(
        0.5, 0.746, 0.1 * wide, 0.006, studio.make("plastic", (240, 236, 226)), corner=0.003, bevel=0.002
    )


def _electric(studio: Studio, main: Paint, small: bool) -> None:
    del small
    body = [(0.455, 0.6), (0.455, 0.6), (0.43, 0.5), (0.36, 0.44), (0.33, 0.5), (0.36, 0.62),
        (0.325, 0.74), (0.33, 0.86), (0.42, 0.925),
            (0.56, 0.93), (0.66, 0.87), (0.68, 0.76), (0.635, 0.65), (0.65, 0.56),
            (0.635, 0.5), (0.58, 0.52), (0.545, 0.6), (0.545, 0.6)]  # fmt: skip
    paint = replace(main, finish="gloss", grain="wood" if studio.product.seed % 2 else "plain")
    studio.blob(body, paint, puff=0.035, depth=0.9)
    guard = studio.make("plastic", (244, 240, 230) if sum(studio.second) < 300 else studio.second)
    studio.blob(
        [
            (0.545, 0.62),
            (0.6, 0.58),
            (0.625, 0.64),
            (0.605, 0.7),
            (0.64, 0.76),
            (0.6, 0.83),
            (0.53, 0.8),
            (0.45, 0.78),
            (0.44, 0.66),
        ],
        guard,
        puff=0.004,
    )
    for y in (0.645, 0.69):
        studio.box(0.5, y, 0.105, 0.03, studio.dark, corner=0.012, bevel=0.008)
    studio.box(0.5, 0.735, 0.11, 0.034, studio.make("steel", _STEEL), corner=0.006, bevel=0.008)
    for x, y in ((0.6, 0.775), (0.575, 0.835)):
        studio.ball(x, y, 0.018, None, studio.make("brass", _BRASS))


def _strings(studio: Studio, head: float, end: float, count: int) -> None:
    wire = studio.make("steel", (224, 224, 220)).shaded(1.1)
    for k in range(count):
        x = 0.5 + (k - (count - 1) / 2) * 0.038 / (count - 1)
        studio.tube([(x, head + 0.04), (0.5 + (x - 0.5) * 1.5, end)], 0.0011, wire, smooth=False)


def drum(studio: Studio) -> None:
    """A djembe, a snare drum with sticks, or bongos."""
    (_djembe, _snare, _bongo)[studio.product.shape](studio)


def _skin(studio: Studio, x: float, y: float, radius: float, tilt: float) -> None:
    studio.ball(x, y, radius, radius * tilt, studio.make("rubber", (236, 224, 200)).shaded(1.02), flat=0.35)


def _djembe(studio: Studio) -> None:
    base, tilt = 0.87, 0.2
    studio.stand(base, 0.7)
    studio.lathe(
        0.5,
        [(0.24, 0.215), (0.34, 0.21), (0.48, 0.155), (0.59, 0.09), (0.7, 0.1), (base - 0.03, 0.15)],
        studio.main,
        tilt=tilt,
    )
    rope = studio.make("cotton", studio.second)
    for ring, radius in ((0.29, 0.213), (0.46, 0.165)):
        studio.tube(
            [
                (0.5 + radius * float(np.sin(a)), ring + radius * tilt * float(np.cos(a)))
                for a in np.linspace(-1.55, 1.55, 11)
            ],
            0.0085,
            rope,
        )
    angles = np.linspace(-1.4, 1.4, 12)
    for k, a in enumerate(angles):
        b = a + (0.12 if k % 2 else -0.12)
        studio.tube(
            [
                (0.5 + 0.213 * float(np.sin(a)), 0.29 + 0.043 * float(np.cos(a))),
                (0.5 + 0.166 * float(np.sin(b)), 0.46 + 0.033 * float(np.cos(b))),
            ],
            0.0042,
            rope,
            smooth=False,
        )
    _skin(studio, 0.5, 0.24, 0.216, tilt)


def _cylinder(studio: Studio, x: float, top: float, bottom: float, radius: float, tilt: float) -> None:
    metal = studio.make(
        "brass" if studio.product.seed % 2 else "steel", _BRASS if studio.product.seed % 2 else _STEEL
    )
    studio.lathe(x, [(top, radius), (bottom, radius)], studio.main, tilt=tilt, sharp=True)
    for y in (top, bottom - 0.02):
        studio.lathe(x, [(y, radius + 0.008), (y + 0.026, radius + 0.008)], metal, tilt=tilt, sharp=True)
    for a in (-1.1, -0.55, 0.0, 0.55, 1.1):
        lug = x + radius * float(np.sin(a))
        drop = radius * tilt * float(np.cos(a))
        studio.tube([(lug, top + 0.03 + drop), (lug, bottom - 0.01 + drop)], 0.0045, metal, smooth=False)
        studio.box(lug, (top + bottom) / 2 + drop, 0.018, 0.05, metal, corner=0.006, bevel=0.007)
    _skin(studio, x, top + 0.002, radius + 0.004, tilt)


def _snare(studio: Studio) -> None:
    studio.stand(0.83, 0.62)
    _cylinder(studio, 0.5, 0.46, 0.72, 0.33, 0.24)
    stick = studio.make("wood", (216, 178, 128))
    studio.tube([(0.16, 0.31), (0.64, 0.475)], [0.008, 0.012], stick, smooth=False)
    studio.tube([(0.86, 0.27), (0.4, 0.485)], [0.008, 0.012], stick, smooth=False)
    studio.ball(0.645, 0.477, 0.017, 0.014, stick)
    studio.ball(0.395, 0.487, 0.017, 0.014, stick)


def _bongo(studio: Studio) -> None:
    studio.stand(0.8, 0.62)
    studio.box(0.52, 0.58, 0.12, 0.08, studio.dark, corner=0.01, bevel=0.01)
    _cylinder(studio, 0.31, 0.42, 0.73, 0.165, 0.22)
    _cylinder(studio, 0.68, 0.4, 0.735, 0.205, 0.22)


def xylophone(studio: Studio) -> None:
    """Bars on two rails, with mallets, seen from above."""
    bars = 8 if studio.product.shape == 0 else 12
    studio.ground, studio.base = 1.3, None
    rail = studio.make("wood", (170, 120, 78))
    studio.blob(
        [
            (0.1, 0.36),
            (0.1, 0.36),
            (0.9, 0.43),
            (0.9, 0.43),
            (0.9, 0.475),
            (0.9, 0.475),
            (0.1, 0.42),
            (0.1, 0.42),
        ],
        rail,
        puff=0.012,
        smooth=False,
    )
    studio.blob(
        [
            (0.1, 0.64),
            (0.1, 0.64),
            (0.9, 0.555),
            (0.9, 0.555),
            (0.9, 0.6),
            (0.9, 0.6),
            (0.1, 0.7),
            (0.1, 0.7),
        ],
        rail,
        puff=0.012,
        smooth=False,
    )
    width = 0.76 / bars
    for k in range(bars):
        x = 0.12 + width * (k + 0.5)
        length = 0.52 - 0.26 * k / (bars - 1)
        studio.box(x, 0.525, width * 0.8, length, _bar(studio, k, bars), corner=0.014, bevel=0.012)
        for side in (-1, 1):
            studio.ball(
                x, 0.525 + side * (0.125 - 0.06 * k / bars), 0.008, None, studio.make("steel", _STEEL)
            )
    for ends in ([(0.2, 0.9), (0.62, 0.8)], [(0.36, 0.93), (0.78, 0.84)]):
        studio.tube(ends, 0.007, studio.make("wood", (216, 178, 128)), smooth=False)
        studio.ball(*ends[1], 0.028, None, studio.accent)


def _bar(studio: Studio, place: int, bars: int) -> Paint:
    pattern, material = studio.product.pattern, studio.product.material
    if pattern == "gradient":
        return studio.make(material, _RAINBOW[place * len(_RAINBOW) // bars]).upright()
    if pattern == "two-tone" and place % 2:
        return studio.accent.upright()
    return studio.main.plain().upright()


DRAWINGS = {"guitar": guitar, "drum": drum, "xylophone": xylophone}
