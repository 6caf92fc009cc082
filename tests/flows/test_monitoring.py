"""An operator watches the site: a light that turns, lines that live, a look back at other times."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from analytics.services.monitoring import lights, store, watch
from analytics.services.monitoring.lights import Level, Light, green
from mmsite.measure import ANSWERS, LATENCY
from recommender.said import say
from recommender.telemetry import flush
from recommender.telemetry.buffer import BUFFER
from recommender.telemetry.transport import WINDOW, WINDOWS
from tests.conftest import Cast

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATH = "/analytics/monitoring/"


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Light]:
    """The one part there is, with a light that the test turns."""
    monkeypatch.setattr(lights, "_PARTS", {})
    monkeypatch.setattr(lights, "KEPT_SECONDS", 0.0, raising=False)
    remedy = say("Start the worker.")
    now = {"light": Light(Level.RED, say("No worker serves the queue encode."), remedy, "/manage/jobs/")}
    lights.part("workers", "Workers")(lambda moment: now["light"])
    watch.beat(time.time())
    return now


@pytest.fixture
def history(redis_server: Any, live_site: str) -> Iterator[None]:
    """Answers of ten routes in each of the last minutes, today and a day before."""
    BUFFER.forget()
    now = int(time.time()) // 10 * 10
    for start in [*range(now - 600, now, 10), *range(now - 86_400 - 600, now - 86_400, 10)]:
        redis_server.zadd(WINDOWS, {str(start): start})
        for route in range(10):
            labels = ["200", f"route {route}", "GET"]
            redis_server.hset(f"{WINDOW}{start}", json.dumps((ANSWERS.name, labels, "")), 10 * (route + 1))
            for part, amount in (("0.05", 10), ("sum", 0.4)):
                redis_server.hset(f"{WINDOW}{start}", json.dumps((LATENCY.name, labels[1:], part)), amount)
    store.move_windows()
    yield
    BUFFER.forget()


@pytest.fixture
def opened(live_site: str, log_in: Callable[..., None], cast: Cast) -> Iterator[Callable[[Page, str], None]]:
    """Opens the page as an operator and waits for its lines; it asks no more once the test is over."""
    pages: list[Page] = []

    def open_page(page: Page, query: str = "") -> None:
        pages.append(page)
        log_in(page, cast.operator)
        page.goto(f"{live_site}{PATH}{query}")
        expect(page.locator("#lines[data-drawn]")).to_be_attached()

    yield open_page
    for page in pages:
        page.goto("about:blank")


def values(page: Page, measure: str) -> list[str]:
    return page.locator(f'[data-measure="{measure}"] .line-legend .line-name').all_inner_texts()


def test_a_red_light_says_what_to_do_and_turns_green_by_itself(
    workers: dict[str, Light], page: Page, opened: Callable[..., None]
) -> None:
    opened(page)
    tile = page.locator('[data-part="workers"]')
    expect(tile).to_have_attribute("data-level", "red")
    expect(tile).to_contain_text("Start the worker.")
    expect(page.locator("[data-verdict]")).to_have_text("1 thing needs you.")
    page.evaluate("window.sameDocument = true")
    workers["light"] = green("4 workers are up.")
    expect(tile).to_have_attribute("data-level", "green")
    expect(page.locator("[data-verdict]")).to_have_text("All is well.")
    expect(page.locator("#lights-status")).to_contain_text("4 workers are up.")
    assert page.evaluate("window.sameDocument")


def test_the_keyboard_stays_where_it_is_while_lights_are_read_anew(
    workers: dict[str, Light], page: Page, opened: Callable[..., None]
) -> None:
    opened(page)
    page.get_by_role("link", name="Show the evidence").focus()
    workers["light"] = Light(Level.RED, say("Nine messages wait."), say("Start it."), "/manage/jobs/")
    expect(page.locator('[data-part="workers"]')).to_contain_text("Nine messages wait.")
    expect(page.get_by_role("link", name="Show the evidence")).to_be_focused()


def test_lines_are_drawn_with_the_heaviest_told_apart(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    opened(page)
    names = values(page, "web.requests_by_route")
    assert len(names) == 9
    assert names[-1] == "(others)"
    assert "route 9" in names
    assert "route 0" not in names
    painted = page.locator('[data-measure="web.requests"] canvas').evaluate(
        "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((part) => part > 0)"
    )
    assert painted
    table = page.locator('[data-measure="web.requests"] details')
    table.locator("summary").click()
    expect(table.locator("tbody tr")).to_have_count(1)
    expect(table.locator("tbody td").last).to_have_text("55/s")


@pytest.mark.parametrize(
    "query", ["", "?range=1d&compare=week&open=tasks,web", "?from=2026-01-02T03:04:05&open=system", "?open="]
)
def test_the_first_numbers_are_read_once(
    history: None, page: Page, opened: Callable[..., None], query: str
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page, query)
    assert len([url for url in asked if "/lines.json?" in url and "since=" not in url]) == 1


def test_the_first_numbers_are_asked_for_without_the_script_that_draws_them(
    live_site: str, log_in: Callable[..., None], page: Page, cast: Cast
) -> None:
    log_in(page, cast.operator)
    page.route("**/monitoring-lines*.js", lambda route: route.abort())
    with page.expect_request("**/lines.json?range=1h&group=web&group=tasks"):
        page.goto(f"{live_site}{PATH}")
    page.goto("about:blank")


def test_a_chart_is_drawn_when_it_comes_near_sight(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    page.set_viewport_size({"width": 400, "height": 300})
    opened(page)
    last = page.locator("[data-group][open] [data-measure]").last
    expect(last.locator("[data-plot]")).to_be_attached()
    expect(last.locator("canvas")).to_have_count(0)
    last.scroll_into_view_if_needed()
    expect(last.locator("canvas")).to_have_count(1)


def test_what_is_printed_has_every_chart_that_is_open(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    page.set_viewport_size({"width": 400, "height": 300})
    opened(page)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    charts = page.locator("[data-group][open] [data-measure]")
    expect(page.locator("[data-group][open] canvas")).to_have_count(charts.count())


def test_what_is_recorded_now_is_in_the_lines_within_two_seconds(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    opened(page, "?range=15m")
    expect(page.locator("[data-live-badge]")).to_have_class("live is-live")
    assert "418" not in values(page, "web.answers_by_status")
    ANSWERS.add(5, "418", "teapot", "GET")
    flush()
    fresh = page.locator('[data-measure="web.answers_by_status"] .line-name', has_text="418")
    expect(fresh).to_be_visible(timeout=2000)
    assert float(page.get_attribute("[data-live-badge]", "data-age") or "9") < 2


def test_values_beside_a_chart_go_on_after_another_time_was_chosen(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    opened(page, "?range=15m")
    page.get_by_role("link", name="1 hour", exact=True).click()
    expect(page.locator('[data-range="1h"]')).to_have_attribute("aria-current", "true")
    expect(page.locator("#lines[aria-busy]")).to_have_count(0)
    value = page.locator('[data-measure="web.requests"] [data-value]')
    before = value.inner_text()
    ANSWERS.add(50_000, "200", "teapot", "GET")
    flush()
    expect(value).not_to_have_text(before, timeout=5000)


def test_numbers_that_cannot_be_read_are_said_to_be_unread(
    live_site: str, log_in: Callable[..., None], page: Page, cast: Cast
) -> None:
    log_in(page, cast.operator)
    page.route("**/lines.json*", lambda route: route.abort())
    page.goto(f"{live_site}{PATH}")
    expect(page.locator("[data-live-text]")).to_have_text("The lines could not be read; trying again.")
    page.goto("about:blank")


def test_lights_that_cannot_be_read_are_said_to_be_old(
    workers: dict[str, Light], page: Page, opened: Callable[..., None]
) -> None:
    opened(page)
    page.route("**/monitoring/lights/", lambda route: route.abort())
    expect(page.locator("#lights-stale")).to_be_visible(timeout=15_000)
    page.unroute("**/monitoring/lights/")
    expect(page.locator("#lights-stale")).to_be_hidden(timeout=30_000)


def test_a_time_that_ends_before_it_begins_is_refused_at_its_field(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    opened(page)
    page.locator("[data-own]").click()
    page.fill("#lines-from", "2026-01-02T03:00:00")
    page.fill("#lines-to", "2026-01-01T03:00:00")
    page.get_by_role("button", name="Apply").click()
    told = page.locator("#lines-to").evaluate("field => field.validationMessage")
    assert told == "The end must lie after the beginning."
    assert "from=" not in page.url


@pytest.mark.parametrize(
    "query", ["?range=foo&from=abc", "?to=2026-01-01T00:00:00", "?from=9&to=5&compare=x"]
)
def test_an_address_that_makes_no_sense_shows_the_usual_time(
    history: None, page: Page, opened: Callable[..., None], query: str
) -> None:
    opened(page, query)
    expect(page.locator('[data-range="1h"]')).to_have_attribute("aria-current", "true")
    expect(page.locator("[data-live-badge]")).to_have_class("live is-live")
    expect(page.locator('[name="compare"]')).to_have_value("")


def test_a_choice_is_in_the_address_and_back_undoes_it(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    opened(page)
    page.get_by_role("link", name="1 day", exact=True).click()
    expect(page.get_by_role("link", name="1 day", exact=True)).to_have_attribute("aria-current", "true")
    assert "range=1d" in page.url
    page.get_by_label("Compare with").select_option("day")
    assert "compare=day" in page.url
    table = page.locator('[data-measure="web.requests"] details')
    table.locator("summary").click()
    expect(table.locator("tbody th")).to_have_text(["Answers", "Answers, before"])
    page.go_back()
    expect(table.locator("tbody th")).to_have_text(["Answers"])
    page.go_back()
    expect(page.get_by_role("link", name="1 hour", exact=True)).to_have_attribute("aria-current", "true")


def drag_over_a_chart(page: Page) -> None:
    plot = page.locator('[data-measure="web.requests"] .u-over')
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 40, steps=4)
    page.mouse.up()
    expect(page.locator("[data-live-badge]")).to_contain_text("Not live")


def test_dragging_over_a_chart_shows_that_time_in_all(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    opened(page, "?range=15m")
    drag_over_a_chart(page)
    assert "from=" in page.url
    assert "to=" in page.url
    assert page.locator("#lines-from").input_value()


def test_dragging_over_a_chart_is_one_choice(history: None, page: Page, opened: Callable[..., None]) -> None:
    opened(page)
    before = page.evaluate("history.length")
    drag_over_a_chart(page)
    assert page.evaluate("history.length") == before + 1


def test_the_cross_hair_tells_the_same_moment_in_every_chart(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    opened(page, "?range=15m")
    page.locator('[data-measure="web.p95"]').scroll_into_view_if_needed()  # else it is not drawn
    page.locator('[data-measure="web.p95"] .u-over').wait_for()
    page.locator('[data-measure="web.requests"] .u-over').hover()
    moment = page.locator('[data-measure="web.requests"] [data-at]').inner_text()
    assert moment
    assert page.locator('[data-measure="web.p95"] [data-at]').inner_text() == moment


def test_a_hidden_line_is_hidden_for_whoever_gets_the_address(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    opened(page)
    button = page.locator('[data-measure="web.requests_by_route"] .line-legend button').first
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    page.goto(page.url)
    expect(page.locator("#lines[data-drawn]")).to_be_attached()
    expect(button).to_have_attribute("aria-pressed", "false")


def test_the_page_fits_a_phone_in_chinese(
    workers: dict[str, Light],
    history: None,
    new_page: Callable[..., Page],
    opened: Callable[..., None],
    no_overflow: Callable[..., None],
) -> None:
    phone = new_page(viewport={"width": 390, "height": 844}, locale="zh-CN", is_mobile=True, has_touch=True)
    opened(phone, "?range=1d&compare=day")
    no_overflow(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    expect(phone.locator("[data-verdict]")).to_have_text("有 1 项需要您处理。")
    assert values(phone, "web.requests_by_route")[-1] == "（其他）"


def test_a_closed_group_is_read_when_it_is_opened_and_stays_so_for_whoever_gets_the_address(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    opened(page, "?range=15m&open=tasks")
    chart = page.locator('[data-measure="web.requests"]')
    expect(chart).to_be_hidden()
    page.locator("#group-web summary h3").click()
    expect(chart.locator("canvas").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"/analytics/monitoring/\?range=15m$"))
    page.locator("#group-tasks summary h3").click()
    expect(page).to_have_url(re.compile(r"open=web$"))
    page.reload()
    expect(page.locator("#group-web")).to_have_attribute("open", "")
    expect(page.locator("#group-tasks")).not_to_have_attribute("open", "")


def test_an_address_of_a_chart_opens_its_group(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    opened(page, "?range=15m&open=tasks#chart-web.requests")
    expect(page.locator('[data-measure="web.requests"]').locator("canvas").first).to_be_visible()
