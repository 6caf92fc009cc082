"""Charts of a report as SVG, drawn where there is no browser: numbers in, one ``<svg>`` element out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

#: From a value to its place on the page.
Scale = Callable[[float], float]
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_LABELS_MOST = 8  # along the time axis
_VOLUME_PART = 0.2  # of the height of a trend, for the bars of volume below it
_ROW = 24.0  # height of one bar with its gap


@dataclass(frozen=True, slots=True)
class Look:
    """Colours and letters, all as CSS writes them; the defaults keep 4.5:1 on white in print as well.

    Negative and positive differ in lightness too, so that they can be told apart without colour.
    """

    font: str = "sans-serif"
    ink: str = "#1c1b22"
    faint: str = "#5f5d6b"
    rule: str = "#d9d7e0"
    accent: str = "#4b3fd1"
    band: str = "#d8d4fa"
    volume: str = "#c9c6d4"
    negative: str = "#b3261e"
    neutral: str = "#b9b6c4"
    positive: str = "#1f7a4d"


@dataclass(frozen=True, slots=True)
class Point:
    """One moment of a trend; ``value`` with its interval is None where there was nothing to measure."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    volume: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar chart; ``note`` stands at its end, such as how many it rests on."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a whole, from 0 to 1, in a colour of its own."""

    label: str
    share: float
    colour: str


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from at or below ``low`` to at or above ``high``, about so many."""
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"An axis needs finite ends, not {low} and {high}.")
    if high <= low:
        low, high = low - 0.5, low + 0.5
    raw = (high - low) / max(1, about - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(one * power for one in _STEPS if one * power >= raw - 1e-12)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def trend(
    points: Sequence[Point], *, title: str, look: Look | None = None, width: float = 680, height: float = 240
) -> str:
    """A line with its band of confidence, and the volume as bars below it.

    The axis spans the values and their intervals, within -1 and 1. Where a point has no value, the
    line breaks.
    """
    look = look or Look()
    area = _Area(left=44, top=12, right=width - 12, bottom=height - 26)
    floor = area.bottom - (area.bottom - area.top) * _VOLUME_PART
    scale = ticks(*_span(points))
    step = (area.right - area.left) / max(1, len(points))
    across = [area.left + step * (place + 0.5) for place in range(len(points))]

    def down(value: float) -> float:
        return floor - (value - scale[0]) / (scale[-1] - scale[0]) * (floor - 8 - area.top)

    parts = [_grid(value, down(value), area, look) for value in scale]
    parts += _volumes(points, across, step, (floor, area.bottom), look)
    for run in _runs(points):
        parts += _band(points, run, across, down, look)
    parts += _times(points, across, area.bottom + 16, look)
    return _svg(parts, title, width, height)


def bars(rows: Sequence[Bar], *, title: str, look: Look | None = None, width: float = 680) -> str:
    """Values from -1 to 1, or whatever they span, as bars to both sides of zero, with their intervals."""
    look = look or Look()
    area = _Area(left=190, top=6, right=width - 70, bottom=6 + _ROW * len(rows))
    ends = [end for row in rows for end in (row.value, row.low, row.high) if end is not None]
    scale = ticks(min([0.0, *ends]), max([0.0, *ends]))

    def along(value: float) -> float:
        return area.left + (value - scale[0]) / (scale[-1] - scale[0]) * (area.right - area.left)

    parts = [_stand(value, along(value), area, look) for value in scale]
    for place, row in enumerate(rows):
        parts += _bar(row, area.top + _ROW * (place + 0.5), along, area, look)
    return _svg(parts, title, width, area.bottom + 22)


def shares(whole: Sequence[Part], *, title: str, look: Look | None = None, width: float = 680) -> str:
    """Parts of a whole as one bar, each named below with its share."""
    look = look or Look()
    total = sum(max(0.0, part.share) for part in whole)
    parts, at = [], 0.0
    for part in whole:
        length = width * max(0.0, part.share) / total if total else 0.0
        parts.append(_box(at, 0, length, 18, part.colour))
        at += length
    for place, part in enumerate(whole):
        x = place * width / max(1, len(whole))
        parts += [_box(x, 28, 10, 10, part.colour), _text(x + 16, 37, part.label, look, fill=look.ink)]
    return _svg(parts, title, width, 44)


# -- pieces --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Area:
    left: float
    top: float
    right: float
    bottom: float


def _span(points: Iterable[Point]) -> tuple[float, float]:
    """Ends of the axis: what the points and intervals reach, within -1 and 1."""
    reached = [end for one in points for end in (one.value, one.low, one.high) if end is not None]
    if not reached:
        return -1.0, 1.0
    return max(-1.0, min(reached)), min(1.0, max(reached))


def _runs(points: Sequence[Point]) -> list[list[int]]:
    """Places of neighbouring points that have a value."""
    runs: list[list[int]] = []
    for place, point in enumerate(points):
        if point.value is None:
            continue
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _band(points: Sequence[Point], run: list[int], across: list[float], down: Scale, look: Look) -> list[str]:
    """The interval as an area, the values as a line upon it; a lone point as a dot with a whisker."""
    middle = [(across[place], down(points[place].value or 0.0)) for place in run]
    ends = [(across[place], points[place].low, points[place].high) for place in run]
    known = [(x, down(low), down(high)) for x, low, high in ends if low is not None and high is not None]
    if len(run) == 1:
        x, y = middle[0]
        whisker = [_line(x, low, x, high, look.accent) for x, low, high in known]
        return [*whisker, f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{look.accent}"/>']
    edge = [(x, high) for x, _low, high in known] + [(x, low) for x, low, _high in reversed(known)]
    area = f'<polygon points="{_path(edge)}" fill="{look.band}"/>' if edge else ""
    line = f'<polyline points="{_path(middle)}" fill="none" stroke="{look.accent}" stroke-width="1.8"/>'
    return [area, line]


def _volumes(
    points: Sequence[Point], across: list[float], step: float, ends: tuple[float, float], look: Look
) -> list[str]:
    top, bottom = ends
    most = max((point.volume for point in points), default=0)
    if not most:
        return []
    wide = max(0.6, step * 0.7)
    tall = [(bottom - top) * point.volume / most for point in points]
    drawn = [
        _box(x - wide / 2, bottom - high, wide, high, look.volume)
        for x, high in zip(across, tall, strict=True)
        if high
    ]
    return [*drawn, _text(38, bottom, f"{most:,}", look, anchor="end")]


def _times(points: Sequence[Point], across: list[float], y: float, look: Look) -> list[str]:
    every = max(1, math.ceil(len(points) / _LABELS_MOST))
    shown = range(0, len(points), every)
    return [_text(across[place], y, points[place].label, look, anchor="middle") for place in shown]


def _grid(value: float, y: float, area: _Area, look: Look) -> str:
    strong = look.faint if value == 0 else look.rule
    line = _line(area.left, y, area.right, y, strong)
    return line + _text(area.left - 6, y + 3.5, signed(value), look, anchor="end")


def _stand(value: float, x: float, area: _Area, look: Look) -> str:
    strong = look.faint if value == 0 else look.rule
    line = _line(x, area.top, x, area.bottom, strong)
    return line + _text(x, area.bottom + 15, signed(value), look, anchor="middle")


def _bar(row: Bar, y: float, along: Scale, area: _Area, look: Look) -> list[str]:
    zero, end = along(0.0), along(row.value)
    colour = look.negative if row.value < 0 else look.positive
    drawn = [
        _text(area.left - 8, y + 3.5, _short(row.label), look, anchor="end", fill=look.ink),
        _box(min(zero, end), y - 7, abs(end - zero), 14, colour),
        _text(area.right + 8, y + 3.5, row.note, look),
    ]
    if row.low is not None and row.high is not None:
        drawn.append(_line(along(row.low), y, along(row.high), y, look.ink))
    return drawn


def signed(value: float) -> str:
    """``+0.5``, ``0``, ``−1``: with the minus sign of print, without trailing zeros."""
    text = f"{abs(value):.2f}".rstrip("0").rstrip(".")
    return text if float(text) == 0 else f"{'+' if value > 0 else '−'}{text}"


def _short(text: str, most: float = 28) -> str:
    """As much of a label as there is room for; a Chinese character takes that of two letters."""
    room = most
    for place, letter in enumerate(text):
        room -= 2 if ord(letter) > 0x2E7F else 1
        if room < 0:
            return text[: max(1, place - 1)].rstrip() + "…"
    return text


def _path(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _line(x: float, y: float, to_x: float, to_y: float, colour: str) -> str:
    ends = f'x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="1"/>'


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _text(x: float, y: float, text: str, look: Look, *, anchor: str = "start", fill: str = "") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family={quoteattr(look.font)} font-size="10" '
        f'fill="{fill or look.faint}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _svg(parts: Iterable[str], title: str, width: float, height: float) -> str:
    inside = "".join(part for part in parts if part)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label={quoteattr(title)} '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">'
        f"<title>{escape(title)}</title>{inside}</svg>"
    )
