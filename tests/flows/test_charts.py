"""The report's charts in a browser: drawn once, as wide as their place, in the colours of the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.analytics.scored import add_review, make_shop, sum_up

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.conftest import Cast

#: Keeps every chart that is made, and how often each was told what to show; `failing` of them are not made.
WATCH = """
let library;
let failing = 0;
window.made = [];
Object.defineProperty(window, "echarts", {
  get: () => library,
  set: (found) => {
    library = new Proxy(found, { get: (all, name) => name !== "init" ? all[name] : (...how) => {
      if (failing-- > 0) throw new Error("no canvas is left");
      const chart = all.init(...how);
      const tell = chart.setOption.bind(chart);
      chart.told = 0;
      chart.setOption = (...what) => { chart.told += 1; return tell(...what); };
      window.made.push(chart);
      return chart;
    } });
  },
});
"""
#: Two frames on: what an observer of sizes has to say is said by then.
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
TOLD = "made.map((chart) => chart.told)"
MOVES = "made.map((chart) => chart.getOption().animation)"


@pytest.fixture
def month(live_site: str) -> str:
    """Address of the overview of a month in which every chart has something to show."""
    shop = make_shop()
    for day in range(1, 29):
        add_review(shop.lamp, f"Lovely light, evening {day}.", 0.9, days_ago=day, aspects=[("look", 0.8)])
        add_review(shop.phone, f"It died, day {day}.", -0.8, days_ago=day, aspects=[("battery", -0.9)])
    sum_up()
    return f"{live_site}/analytics/sentiment/?days=30"


@pytest.fixture
def report(page: Page, month: str, cast: Cast, log_in: Callable[..., None]) -> Page:
    """Its page, drawn."""
    log_in(page, cast.analyst)
    page.add_init_script(WATCH)
    page.goto(month)
    all_are_drawn(page)
    return page


def all_are_drawn(page: Page) -> int:
    """Wait for it; how many charts there are."""
    charts = page.locator("[data-chart]").count()
    expect(page.locator("[data-chart][data-drawn]")).to_have_count(charts)
    assert charts >= 6
    return charts


def turn(page: Page, scheme: Any, **media: Any) -> None:
    """The device becomes dark, or light."""
    page.emulate_media(color_scheme=scheme, **media)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
    page.evaluate(SETTLED)


def test_each_chart_is_told_once_what_to_show_when_the_page_opens(report: Page) -> None:
    report.evaluate(SETTLED)
    assert report.evaluate(TOLD) == [1] * report.locator("[data-chart]").count()


def test_charts_of_another_state_take_the_place_of_those_before(report: Page) -> None:
    before = report.locator("[data-chart]").count()
    report.get_by_role("link", name="7 days").first.click()
    report.wait_for_url("**days=7**")
    report.wait_for_function(f"made.length > {before}")
    now = all_are_drawn(report)
    report.evaluate(SETTLED)
    assert (
        report.evaluate("made.map((chart) => Boolean(chart.isDisposed()))") == [True] * before + [False] * now
    )
    assert report.evaluate(TOLD)[before:] == [1] * now


def test_a_chart_that_is_folded_away_and_shown_again_is_not_drawn_anew(report: Page) -> None:
    for shown in ("none", ""):
        report.evaluate(
            "(way) => document.querySelectorAll('[data-chart]').forEach((box) => box.style.display = way)",
            shown,
        )
        report.evaluate(SETTLED)
    assert set(report.evaluate(TOLD)) == {1}


def test_the_first_look_at_a_chart_does_not_move_and_the_next_one_may(report: Page) -> None:
    assert set(report.evaluate(MOVES)) == {False}
    turn(report, "dark", reduced_motion="no-preference")
    assert set(report.evaluate(MOVES)) == {True}


def test_nothing_moves_for_readers_who_want_it_still(report: Page) -> None:
    turn(report, "dark", reduced_motion="reduce")
    assert set(report.evaluate(TOLD)) == {2}
    assert set(report.evaluate(MOVES)) == {False}


def test_words_are_all_there_at_once_when_they_are_drawn_anew(report: Page) -> None:
    report.goto(report.url.replace("/sentiment/", "/sentiment/terms/"))
    expect(report.locator("[data-chart][data-drawn]").first).to_be_attached()
    opacities = """made.flatMap((chart) => chart.getZr().storage.getDisplayList()
      .filter((one) => one.type === "tspan").map((one) => one.style.opacity ?? 1))"""
    first = report.evaluate(opacities)
    turn(report, "dark", reduced_motion="no-preference")
    assert min(first) > 0.5
    assert report.evaluate(opacities) == first


def test_charts_take_the_colours_of_the_device_when_it_turns_dark_and_light_again(report: Page) -> None:
    ink = "getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()"
    shown = "made.map((chart) => chart.getOption().textStyle.color)"
    light = report.evaluate(ink)
    assert set(report.evaluate(shown)) == {light}
    turn(report, "dark")
    dark = report.evaluate(ink)
    assert dark != light
    assert set(report.evaluate(shown)) == {dark}
    turn(report, "light")
    assert set(report.evaluate(shown)) == {light}


def test_charts_become_as_wide_as_their_place(report: Page) -> None:
    widths = "[...document.querySelectorAll('[data-chart]')].map((box) => box.clientWidth)"
    before = report.evaluate(widths)
    report.set_viewport_size({"width": 700, "height": 900})
    report.evaluate(SETTLED)
    narrow = report.evaluate(widths)
    assert narrow != before
    assert report.evaluate("made.map((chart) => chart.getWidth())") == narrow


def test_a_chart_says_in_words_what_it_shows(report: Page) -> None:
    for box in report.locator("[data-chart]").all():
        data = report.locator(f"#{box.get_attribute('data-chart')}").evaluate(
            "(one) => JSON.parse(one.textContent)"
        )
        assert data["description"]
        assert box.get_attribute("aria-label") == data["description"]


def test_bars_of_blame_are_striped_and_those_of_praise_are_not(report: Page) -> None:
    patterns = report.evaluate("""() => made.flatMap((chart) => {
      const series = chart.getModel().getSeriesByType("bar")[0];
      if (series.coordinateSystem.getBaseAxis().dim === "x") return []; // how many reviews: no side of nought
      const data = series.getData();
      return data.mapArray("x", (value, at) => [value, data.getItemVisual(at, "decal").symbol]);
    })""")
    assert {symbol for value, symbol in patterns if value < 0} == {"rect"}
    assert {symbol for value, symbol in patterns if value > 0} == {"none"}


def test_a_chart_that_fails_shows_its_table_and_leaves_the_others(
    browser: Browser, month: str, cast: Cast, log_in: Callable[..., None]
) -> None:
    with browser.new_context(locale="en") as context:
        page = context.new_page()
        told: list[str] = []
        page.on("pageerror", lambda error: told.append(str(error)))
        log_in(page, cast.analyst)
        page.add_init_script(WATCH.replace("failing = 0", "failing = 1"))
        page.goto(month)
        charts = page.locator("[data-chart]").count()
        expect(page.locator("[data-chart][data-drawn]")).to_have_count(charts - 1)
        expect(page.locator(".chart-failed .chart-error")).to_have_count(1)
        expect(page.locator(".chart-failed .chart-error")).to_be_visible()
        turn(page, "dark")
        assert set(page.evaluate(TOLD)) == {2}
        assert told == ["no canvas is left"]
