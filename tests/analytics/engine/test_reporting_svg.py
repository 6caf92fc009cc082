"""Charts drawn without a browser."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from analytics.engine.reporting import svg

NAME = "{http://www.w3.org/2000/svg}"


def drawn(chart: str) -> ElementTree.Element:
    """The chart as XML, which it must be."""
    return ElementTree.fromstring(chart)


def texts(chart: str) -> list[str]:
    return [one.text or "" for one in drawn(chart).iter(f"{NAME}text")]


def point(value: float | None, label: str = "", volume: int = 1) -> svg.Point:
    low, high = (None, None) if value is None else (value - 0.1, value + 0.1)
    return svg.Point(label, value, low, high, volume)


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (0, 0.003), (-0.31, 0.72), (5, 5), (-2e6, 3e6)])
def test_ticks_are_few_and_even_and_enclose_the_values(low: float, high: float) -> None:
    found = svg.ticks(low, high)
    gaps = [after - before for before, after in pairwise(found)]
    assert found[0] <= low
    assert found[-1] >= high
    assert 2 <= len(found) <= 8
    assert gaps == pytest.approx([gaps[0]] * len(gaps))


@pytest.mark.parametrize("end", [float("nan"), float("inf")])
def test_an_axis_without_an_end_is_refused(end: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        svg.ticks(0, end)


def test_a_trend_rises_where_its_values_rise() -> None:
    chart = svg.trend([point(-0.5), point(0.0), point(0.6)], title="Trend")
    (line,) = drawn(chart).iter(f"{NAME}polyline")
    heights = [float(pair.split(",")[1]) for pair in line.attrib["points"].split()]
    assert heights == sorted(heights, reverse=True)


def test_a_trend_breaks_where_nothing_was_measured() -> None:
    values = [0.1, 0.2, None, 0.3, 0.4, None, 0.5]
    chart = drawn(svg.trend([point(value) for value in values], title="Trend"))
    assert len(list(chart.iter(f"{NAME}polyline"))) == 2
    assert len(list(chart.iter(f"{NAME}circle"))) == 1


def test_the_band_holds_the_line() -> None:
    chart = drawn(svg.trend([point(0.1), point(0.3)], title="Trend"))
    (band,), (line,) = list(chart.iter(f"{NAME}polygon")), list(chart.iter(f"{NAME}polyline"))
    edge = [tuple(map(float, pair.split(","))) for pair in band.attrib["points"].split()]
    for x, y in (tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()):
        above, below = sorted(height for across, height in edge if across == x)
        assert above < y < below


def test_bars_of_volume_are_as_tall_as_their_counts() -> None:
    chart = drawn(svg.trend([point(0.1, volume=10), point(0.1, volume=40), point(0.1, volume=0)], title="T"))
    tall = [float(box.attrib["height"]) for box in chart.iter(f"{NAME}rect")]
    assert tall[1] == pytest.approx(4 * tall[0], abs=0.11)
    assert len(tall) == 2


def test_a_long_trend_names_only_as_many_times_as_fit() -> None:
    chart = svg.trend([point(0.1, f"day-{n}") for n in range(365)], title="Trend")
    assert 4 <= len([text for text in texts(chart) if text.startswith("day-")]) <= 8


def test_bars_go_to_both_sides_of_zero() -> None:
    rows = [svg.Bar("bad", -0.5, note="12"), svg.Bar("good", 0.5, 0.3, 0.7, note="7")]
    chart = drawn(svg.bars(rows, title="Items"))
    left, right = chart.iter(f"{NAME}rect")
    ends = float(left.attrib["x"]) + float(left.attrib["width"])
    assert ends == pytest.approx(float(right.attrib["x"]))
    assert float(left.attrib["width"]) == pytest.approx(float(right.attrib["width"]), abs=0.2)
    assert left.attrib["fill"] != right.attrib["fill"]


def test_shares_fill_the_whole_width_and_are_named() -> None:
    parts = [svg.Part("a", 0.2, "#111"), svg.Part("b", 0.5, "#222"), svg.Part("c", 0.3, "#333")]
    chart = svg.shares(parts, title="Shares", width=500)
    wide = [
        float(box.attrib["width"]) for box in drawn(chart).iter(f"{NAME}rect") if box.attrib["y"] == "0.0"
    ]
    assert wide == pytest.approx([100, 250, 150])
    assert texts(chart) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "chart",
    [
        svg.trend([point(0.1, '<b onload="x">&')], title='"<&'),
        svg.bars([svg.Bar('<b onload="x">&', 0.1)], title='"<&'),
        svg.shares([svg.Part('<b onload="x">&', 1, "#000")], title='"<&'),
    ],
)
def test_texts_stay_texts(chart: str) -> None:
    root = drawn(chart)
    assert not list(root.iter(f"{NAME}b"))
    assert root.find(f"{NAME}title").text == '"<&'  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "chart", [svg.trend([], title="T"), svg.bars([], title="T"), svg.shares([], title="T")]
)
def test_nothing_is_drawn_of_nothing_and_no_number_is_odd(chart: str) -> None:
    assert drawn(chart).tag == f"{NAME}svg"
    assert not re.search(r"\b(nan|inf)\b", chart)


def test_a_label_without_room_is_cut_and_says_so() -> None:
    long, chinese = texts(svg.bars([svg.Bar("x" * 60, 1), svg.Bar("电" * 60, 1)], title="T"))[-4:-1:2]
    assert (len(long), len(chinese)) == (28, 14)
    assert long.endswith("…")
    assert chinese.endswith("…")


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (-0.5, "−0.5"), (1.0, "+1"), (-0.001, "0"), (0.25, "+0.25")]
)
def test_numbers_carry_their_sign(value: float, shown: str) -> None:
    assert svg.signed(value) == shown
