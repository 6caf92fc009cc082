"""Somebody without a mouse: the keyboard goes on where it was when something on the page goes away."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from recommender.models import Interaction, Item

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from tests.conftest import Cast


def test_a_filter_keeps_the_keyboard_when_the_facets_follow(
    page: Page, live_site: str, showroom: list[Item]
) -> None:
    page.goto(f"{live_site}/search/?min=20")
    page.locator("input[name=category]").first.focus()
    for _step in range(2):
        with page.expect_response(re.compile(r"/search/\?min=20&category=\d")):
            page.keyboard.press("ArrowDown")
        expect(page.locator("input[name=category]:checked")).to_be_focused()


def test_a_term_that_is_dropped_leaves_the_keyboard_among_the_terms(
    page: Page, live_site: str, showroom: list[Item]
) -> None:
    page.goto(f"{live_site}/search/?q=bag&plus=red&minus=blue")
    page.get_by_role("button", name="Remove red").press("Enter")
    expect(page.get_by_role("button", name="Remove blue")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#term-word")).to_be_focused()


def take_back(page: Page, pressed: str) -> None:
    """What was just done, once the line at the foot offers it."""
    undo = page.locator("#toasts button")
    expect(undo).to_be_visible()
    if pressed == "the button":
        undo.press("Enter")
    else:
        page.keyboard.press(pressed)


@pytest.mark.parametrize("pressed", ["the button", "Control+z"])
def test_a_card_that_is_hidden_leaves_the_keyboard_at_the_next(
    page: Page, live_site: str, showroom: list[Item], pressed: str
) -> None:
    page.goto(live_site)
    hidden, after = page.locator("#grid .tile").nth(1), page.locator("#grid .tile").nth(2)
    hidden.locator("[data-act=hide]").press("Enter")
    expect(after.locator(".tile-link")).to_be_focused()
    take_back(page, pressed)
    expect(hidden).to_be_visible()
    expect(after.locator(".tile-link")).to_be_focused()
    expect(page.locator("#toasts button")).to_have_count(0)


def test_a_hiding_is_taken_back_though_the_server_has_not_answered_yet(
    page: Page, live_site: str, showroom: list[Item]
) -> None:
    held: list[Route] = []
    page.route("**/act/hide/", lambda route: held.append(route))
    page.goto(live_site)
    hidden = page.locator("#grid .tile").nth(1)
    with page.expect_request("**/act/hide/"):
        hidden.locator("[data-act=hide]").press("Enter")
    expect(hidden).to_be_hidden()
    page.keyboard.press("Control+z")
    with page.expect_response("**/undo/*/"):
        held[0].continue_()
    expect(hidden).to_be_visible()
    expect(page.locator("#toasts button")).to_have_count(0)
    assert not Interaction.objects.filter(kind="hide").exists()


def test_of_two_acts_that_are_not_answered_yet_the_last_is_taken_back(
    page: Page, live_site: str, showroom: list[Item]
) -> None:
    held: list[Route] = []
    page.route("**/act/like/", lambda route: held.append(route))
    page.goto(live_site)
    first, second = (page.locator("#grid [data-act=like]").nth(number) for number in (0, 1))
    for like in (first, second):
        with page.expect_request("**/act/like/"):
            like.press("Enter")
    page.keyboard.press("Control+z")
    with page.expect_response("**/act/like/"):
        held[0].continue_()
    with page.expect_response("**/undo/*/"):
        held[1].continue_()
    expect(second).to_have_attribute("aria-pressed", "false")
    expect(first).to_have_attribute("aria-pressed", "true")
    liked = Interaction.objects.filter(kind="like").values_list("item_id", flat=True)
    assert [str(pk) for pk in liked] == [first.get_attribute("data-item")]


def test_what_is_taken_back_leaves_the_keyboard_in_the_history(
    page: Page, live_site: str, showroom: list[Item]
) -> None:
    for item in showroom[:3]:
        page.goto(f"{live_site}/item/{item.pk}/")
    page.goto(f"{live_site}/history/")
    events = page.locator(".event")
    for left in (2, 1):
        events.first.get_by_role("button").press("Enter")
        expect(events).to_have_count(left)
        expect(events.first.get_by_role("button")).to_be_focused()


def test_a_review_that_was_sent_is_where_the_keyboard_goes_on(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], showroom: list[Item]
) -> None:
    log_in(page, cast.member)
    page.goto(f"{live_site}/item/{showroom[0].pk}/")
    page.locator("#review-form [type=submit]").press("Enter")
    expect(page.locator("#review-form [role=alert]")).to_be_focused()
    page.locator("#id_text").fill("Holds everything.")
    page.locator("#review-form [type=submit]").press("Enter")
    expect(page.locator(".review").first).to_be_focused()


@pytest.mark.parametrize("pressed", ["the button", "Control+z"])
def test_stars_go_up_with_the_arrow_are_given_once_and_can_be_taken_back(
    page: Page, live_site: str, showroom: list[Item], pressed: str
) -> None:
    page.goto(f"{live_site}/item/{showroom[0].pk}/")
    page.locator("#rate-2").focus()
    with page.expect_response(re.compile("/act/rating/")):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
    expect(page.locator("#rate-4")).to_be_checked()
    assert [one.value for one in Interaction.objects.filter(kind="rating")] == [4.0]
    take_back(page, pressed)
    expect(page.locator(".rate input:checked")).to_have_count(0)


def test_a_star_that_was_clicked_counts_though_one_leaves_at_once(
    page: Page, live_site: str, showroom: list[Item]
) -> None:
    page.goto(f"{live_site}/item/{showroom[0].pk}/")
    # Within the event, so before anything else could be clicked.
    page.evaluate("""() => {
        window.sent = null;
        document.addEventListener("htmx:beforeRequest",
            (event) => { window.sent = event.detail.requestConfig.path; });
        document.addEventListener("change", () => queueMicrotask(() => { window.sentAtOnce = window.sent; }));
    }""")
    page.locator("label[for=rate-3]").click()
    assert "/act/rating/" in page.evaluate("window.sentAtOnce")


@pytest.mark.parametrize(("locale", "again"), [("zh-CN", "重试"), ("en", "Try again")])
def test_cards_that_did_not_come_are_asked_for_again(
    new_page: Callable[..., Page], live_site: str, showroom: list[Item], locale: str, again: str
) -> None:
    page = new_page(locale=locale, viewport={"width": 390, "height": 844})
    page.route("**/*offset=*", lambda route: route.abort())
    page.goto(live_site)
    cards = page.locator("#grid > .tile")
    first = cards.count()
    cards.last.scroll_into_view_if_needed()
    page.get_by_role("button", name=again).click()
    expect(page.locator("#toasts")).not_to_be_empty()
    page.unroute("**/*offset=*")
    page.get_by_role("button", name=again).click()
    expect(cards.nth(first).locator(".tile-link")).to_be_focused()
