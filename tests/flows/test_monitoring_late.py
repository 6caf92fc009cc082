"""An operator chooses while earlier answers are still on their way: what was chosen last is what is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.flows.test_monitoring import history, opened

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

__all__ = ["history", "opened"]


def test_a_choice_whose_answer_comes_late_is_still_shown(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    opened(page, "?compare=day")
    table = page.locator('[data-measure="web.requests"] details')
    table.locator("summary").click()
    expect(table.locator("tbody th")).to_have_text(["Answers", "Answers, before"])
    late: list[Route] = []
    whole = re.compile(r"lines\.json\?(?!.*(compare|since))")
    page.route(whole, lambda route: late.append(route))
    # The next last steps are asked for a second later, or once the page has the focus.
    with page.expect_response(re.compile(r"lines\.json\?.*since")):
        pass
    with page.expect_request(whole):
        page.get_by_label("Compare with").select_option("")
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    late[0].continue_()
    expect(table.locator("tbody th")).to_have_text(["Answers"])


def test_a_question_that_was_overtaken_holds_nothing_up_and_spoils_nothing(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    opened(page)
    late: list[Route] = []
    page.route(re.compile(r"lines\.json\?range=1d"), lambda route: late.append(route))
    with page.expect_request(re.compile(r"lines\.json\?range=1d")):
        page.get_by_role("link", name="1 day", exact=True).click()
    page.get_by_role("link", name="6 hours", exact=True).click()
    expect(page.locator("#lines:not([aria-busy])")).to_be_attached()
    with page.expect_response(re.compile(r"lines\.json\?range=6h.*since")):
        pass
    with page.expect_event("requestfailed"):
        late[0].abort()
    with page.expect_response(re.compile(r"lines\.json\?range=6h.*since")):
        pass
    expect(page.locator("[data-live-badge]")).to_have_class("live is-live")


def test_a_group_that_was_closed_before_its_answer_came_is_drawn_once_it_is_opened_again(
    history: None, page: Page, opened: Callable[..., None]
) -> None:
    opened(page, "?open=tasks")
    late: list[Route] = []
    both = re.compile(r"lines\.json\?.*group=web&group=tasks(?!.*since)")
    page.route(both, lambda route: route.continue_() if late else late.append(route))
    group = page.locator('[data-group="web"]')
    with page.expect_request(both):
        group.locator("summary").first.click()
    group.locator("summary").first.click()
    expect(page).to_have_url(re.compile(r"open=tasks$"))
    late[0].continue_()
    group.locator("summary").first.click()
    table = page.locator('[data-measure="web.requests"] details')
    table.locator("summary").click()
    expect(table.locator("tbody th")).to_have_text(["Answers"])
