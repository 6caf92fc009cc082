"""Somebody without an account looks around, by mouse, by thumb and by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from recommender.models import Interaction

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from recommender.models import Item


def test_a_guest_likes_saves_and_finds_it_again(page: Page, live_site: str, showroom: list[Item]) -> None:
    page.goto(live_site)
    assert not page.context.cookies(live_site) or all(
        cookie["name"] != "visitor" for cookie in page.context.cookies(live_site)
    )
    card = page.locator(".grid .tile").first
    title = card.locator(".tile-link").inner_text()
    card.hover()
    save = card.locator("[data-act=save]")
    with page.expect_response(lambda answer: "/act/save/" in answer.url):
        save.click()
    expect(save).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#toasts")).to_contain_text("Saved")
    page.goto(f"{live_site}/saved/")
    expect(page.locator(".tile-link")).to_have_text([title])


def test_hiding_can_be_undone_from_the_toast(page: Page, live_site: str, showroom: list[Item]) -> None:
    page.goto(live_site)
    card = page.locator(".grid .tile").first
    item = card.get_attribute("data-item")
    card.hover()
    card.locator("[data-act=hide]").click()
    hidden = page.locator(f".grid .tile[data-item='{item}']")
    expect(hidden).to_be_hidden()
    with page.expect_response(lambda answer: "/undo/" in answer.url):
        page.locator("#toasts button").click()
    expect(hidden).to_be_visible()
    assert not Interaction.objects.filter(kind="hide").exists()


def test_a_switch_goes_back_when_the_server_does_not_answer(
    page: Page, live_site: str, showroom: list[Item]
) -> None:
    page.goto(live_site)
    page.route("**/act/like/", lambda route: route.abort())
    card = page.locator(".grid .tile").first
    card.hover()
    like = card.locator("[data-act=like]")
    like.click()
    expect(page.locator("#toasts")).to_contain_text("did not work")
    expect(like).to_have_attribute("aria-pressed", "false")


def test_more_cards_come_while_scrolling_and_none_comes_twice(
    page: Page, live_site: str, showroom: list[Item]
) -> None:
    page.goto(live_site)
    cards = page.locator("#grid .tile")
    before = cards.count()
    page.locator(".footer-site").scroll_into_view_if_needed()
    expect(cards.nth(before)).to_be_attached()
    items = [card.get_attribute("data-item") for card in cards.all()]
    assert len(items) == len(set(items))
    page.locator(".footer-site").scroll_into_view_if_needed()
    expect(page.locator(".feed-end")).to_be_attached()


def test_a_like_takes_a_dislike_back_on_the_page_too(
    page: Page, live_site: str, showroom: list[Item]
) -> None:
    page.goto(f"{live_site}/item/{showroom[0].pk}/")
    dislike, like = (page.locator(f".item-acts [data-act={kind}]") for kind in ("dislike", "like"))
    dislike.click()
    expect(page.locator("#toasts")).to_contain_text("less of this")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    expect(dislike).to_have_attribute("aria-pressed", "false")


def test_an_item_shows_its_picture_large_and_what_is_like_it(
    page: Page, live_site: str, showroom: list[Item]
) -> None:
    page.goto(f"{live_site}/item/{showroom[0].pk}/")
    expect(page.get_by_role("heading", level=1)).to_have_text(showroom[0].title)
    page.locator("[data-zoom]").first.click()
    expect(page.locator("#zoom")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#zoom")).to_be_hidden()


@pytest.mark.parametrize(
    "path", ["/", "/search/?q=red", "/search/", "/history/", "/saved/", "/accounts/login/"]
)
def test_a_phone_never_scrolls_sideways(
    path: str, phone: Page, live_site: str, showroom: list[Item], no_overflow: Callable[[Any], None]
) -> None:
    phone.goto(live_site + path)
    no_overflow(phone)


def test_an_item_fits_a_phone(
    phone: Page, live_site: str, showroom: list[Item], no_overflow: Callable[[Any], None]
) -> None:
    phone.goto(f"{live_site}/item/{showroom[0].pk}/")
    no_overflow(phone)


def test_the_site_can_be_used_by_keyboard(page: Page, live_site: str, showroom: list[Item]) -> None:
    page.goto(live_site)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator(".grid .tile-link").first.focus()
    page.keyboard.press("Tab")
    like = page.locator(".grid .tile").first.locator("[data-act=like]")
    expect(like).to_be_focused()
    with page.expect_response(lambda answer: "/act/like/" in answer.url):
        page.keyboard.press("Enter")
    expect(like).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("/")
    page.keyboard.type("blue lamp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_site}/search/?q=blue+lamp")


def test_a_slider_moves_by_keyboard_and_is_remembered(
    page: Page, live_site: str, showroom: list[Item]
) -> None:
    page.goto(live_site)
    page.locator("#mixer-body input[name=audio]").focus()
    with page.expect_response(lambda answer: "/preferences/mixture/" in answer.url):
        page.keyboard.press("Home")
    page.reload()
    expect(page.locator("#mixer-body input[name=audio]")).to_have_value("0")


def test_the_theme_is_chosen_once_and_stays(page: Page, live_site: str, showroom: list[Item]) -> None:
    page.goto(live_site)
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
    page.locator("[data-theme-form] button").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.goto(f"{live_site}/search/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_interface_speaks_chinese_after_one_press(
    page: Page, live_site: str, showroom: list[Item]
) -> None:
    page.goto(live_site)
    page.get_by_role("button", name="切换到中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.get_by_role("link", name="登录").first).to_be_visible()
    expect(page.locator(".chips")).to_contain_text("灯具")
    expect(page.locator(".grid .tile-link").first).to_contain_text("号")
    page.goto(f"{live_site}/search/")
    expect(page.get_by_role("heading", name="写出来，拍下来，或放出它的声音。")).to_be_visible()
