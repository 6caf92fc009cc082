"""The report's charts in a browser: drawn once, as wide as their place, in the colours of the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.analytics.scored import add_review, make_shop, sum_up

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Cast

#: Keeps every chart that is made, and how often each was told what to show.
WATCH = """
let library;
window.made = [];
Object.defineProperty(window, "echarts", {
  get: () => library,
  set: (found) => {
    library = new Proxy(found, { get: (all, name) => name !== "init" ? all[name] : (...how) => {
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
#: Twice a frame: what an observer of sizes has to say is said by then.
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


@pytest.fixture
def report(page: Page, live_site: str, cast: Cast, log_in: Callable[..., None]) -> Page:
    """The overview of a month in which every chart has something to show, drawn."""
    shop = make_shop()
    for day in range(1, 29):
        add_review(shop.lamp, f"Lovely light, evening {day}.", 0.9, days_ago=day, aspects=[("look", 0.8)])
        add_review(shop.phone, f"It died, day {day}.", -0.8, days_ago=day, aspects=[("battery", -0.9)])
    sum_up()
    log_in(page, cast.analyst)
    page.add_init_script(WATCH)
    page.goto(f"{live_site}/analytics/sentiment/?days=30")
    charts = page.locator("[data-chart]")
    expect(page.locator("[data-chart][data-drawn]")).to_have_count(charts.count())
    assert charts.count() >= 6
    return page


def test_each_chart_is_told_once_what_to_show_when_the_page_opens(report: Page) -> None:
    report.evaluate(SETTLED)
    told = report.evaluate("made.map((chart) => chart.told)")
    assert told == [1] * report.locator("[data-chart]").count()


def test_the_first_look_at_a_chart_does_not_move_and_the_next_one_may(report: Page) -> None:
    assert set(report.evaluate("made.map((chart) => chart.getOption().animation)")) == {False}
    report.emulate_media(reduced_motion="no-preference", color_scheme="dark")
    expect(report.locator("html")).to_have_attribute("data-bs-theme", "dark")
    report.evaluate(SETTLED)
    assert set(report.evaluate("made.map((chart) => chart.getOption().animation)")) == {True}


def test_charts_take_the_colours_of_the_device_when_it_turns_dark(report: Page) -> None:
    ink = "getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()"
    shown = "made.map((chart) => chart.getOption().textStyle.color)"
    light = report.evaluate(ink)
    assert set(report.evaluate(shown)) == {light}
    report.emulate_media(color_scheme="dark")
    expect(report.locator("html")).to_have_attribute("data-bs-theme", "dark")
    report.evaluate(SETTLED)
    assert report.evaluate(ink) != light
    assert set(report.evaluate(shown)) == {report.evaluate(ink)}


def test_charts_become_as_wide_as_their_place(report: Page) -> None:
    widths = "[...document.querySelectorAll('[data-chart]')].map((box) => box.clientWidth)"
    before = report.evaluate(widths)
    report.set_viewport_size({"width": 700, "height": 900})
    report.evaluate(SETTLED)
    narrow = report.evaluate(widths)
    assert narrow != before
    assert report.evaluate("made.map((chart) => chart.getWidth())") == narrow
