"""Somebody looks for something: by words in two languages, a picture, a sound, and what should differ."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from recommender.models import Item
from recommender.services import index
from tests.services.shop import import_shop, photo, tone

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def stocked(live_site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The site with bags and lamps in three colours, all of them encoded by the mini encoder."""
    monkeypatch.setattr(index, "REFRESH_SECONDS", 0.0)
    import_shop(tmp_path)
    return live_site


def first(page: Page) -> Any:
    return page.locator("#results .tile-link").first


@pytest.mark.parametrize(
    ("words", "title"), [("blue lamp", "Blue lamp"), ("绿色手提包", "Green bag"), ("bag", "bag")]
)
def test_words_in_either_language_find_the_thing(page: Page, stocked: str, words: str, title: str) -> None:
    page.goto(f"{stocked}/search/")
    page.fill("#q", words)
    page.keyboard.press("Enter")
    expect(first(page)).to_contain_text(title)


def test_a_picture_that_is_chosen_finds_what_looks_like_it(page: Page, stocked: str) -> None:
    page.goto(f"{stocked}/search/")
    page.set_input_files(
        "#query-image", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": photo("green")}
    )
    expect(first(page)).to_have_text("Green bag")
    expect(page.locator("[data-term=image] img")).to_be_visible()
    page.reload()
    expect(first(page)).to_have_text("Green bag")


def test_a_picture_that_is_dropped_is_searched_by(page: Page, stocked: str) -> None:
    page.goto(f"{stocked}/search/")
    page.evaluate(
        """async (bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "x.jpg", { type: "image/jpeg" }));
            document.querySelector("[data-drop]").dispatchEvent(
                new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
        }""",
        list(photo("blue", "lamp")),
    )
    expect(first(page)).to_have_text("Blue lamp")


def test_what_cannot_be_searched_by_is_told_when_it_is_dropped(page: Page, live_site: str) -> None:
    page.goto(f"{live_site}/search/")
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["words"], "x.txt", { type: "text/plain" }));
            document.querySelector("[data-drop]").dispatchEvent(
                new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
        }"""
    )
    expect(page.locator("#toasts")).to_contain_text("Only a picture or a sound")


def test_a_picture_that_is_pasted_is_searched_by(page: Page, stocked: str) -> None:
    page.goto(f"{stocked}/search/")
    page.evaluate(
        """async (bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "x.jpg", { type: "image/jpeg" }));
            const paste = { bubbles: true, cancelable: true, clipboardData: data };
            document.dispatchEvent(new ClipboardEvent("paste", paste));
        }""",
        list(photo("red")),
    )
    expect(first(page)).to_have_text("Red bag")


def test_like_this_picture_but_blue(page: Page, stocked: str) -> None:
    page.goto(f"{stocked}/search/")
    page.set_input_files("#query-image", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": photo("red")})
    expect(first(page)).to_have_text("Red bag")
    page.fill("#term-word", "blue bag")
    page.locator("[data-add-term=plus]").click()
    page.fill("#term-word", "red")
    page.locator("[data-add-term=minus]").click()
    expect(first(page)).to_have_text("Blue bag")


def test_a_sound_finds_the_thing_that_makes_it(page: Page, stocked: str) -> None:
    page.goto(f"{stocked}/search/")
    page.set_input_files("#query-audio", {"name": "x.wav", "mimeType": "audio/wav", "buffer": tone(440)})
    expect(first(page)).to_have_text("Red bag")


def test_from_an_item_to_what_is_like_it(page: Page, stocked: str) -> None:
    item = Item.objects.get(external_id="red-bag")
    page.goto(f"{stocked}/search/?item={item.pk}")
    titles = page.locator("#results .tile-link").all_inner_texts()
    assert titles
    assert "Red bag" not in titles


def test_a_file_that_is_no_picture_is_refused_with_the_reason(page: Page, stocked: str) -> None:
    page.goto(f"{stocked}/search/")
    page.set_input_files(
        "#query-image", {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture"}
    )
    expect(page.locator("#toasts")).not_to_be_empty()
    expect(page.locator("[data-term=image]")).to_be_hidden()


def test_without_an_encoder_the_words_alone_answer_and_the_page_says_so(
    page: Page, stocked: str, settings: Any
) -> None:
    from mmsite.celery import app

    settings.QUERY_TIMEOUT = 0.2
    app.conf.task_always_eager = False  # the message is queued, and nobody takes it up
    try:
        page.goto(f"{stocked}/search/?q=green+lamp")
        expect(page.locator("#results .notice")).to_contain_text("encoder is not answering")
        expect(first(page)).to_have_text("Green lamp")
    finally:
        app.conf.task_always_eager = True


def test_filters_count_what_they_would_leave(page: Page, stocked: str) -> None:
    page.goto(f"{stocked}/search/?q=bag")
    page.locator("input[name=sound]").check()
    expect(page.locator("#results .tile-link")).to_have_text(["Red bag"])
    expect(page).to_have_url(f"{stocked}/search/?q=bag&sound=1")


@pytest.mark.parametrize(("locale", "fold"), [("zh-CN", "筛选与权重"), ("en", "Filters and weights")])
def test_a_price_range_and_its_currency_are_chosen_on_a_phone(
    new_page: Callable[..., Page], live_site: str, locale: str, fold: str, no_overflow: Callable[[Any], None]
) -> None:
    for number in range(12):
        code = "EUR" if number < 4 else "USD"
        Item.objects.create(external_id=f"c{number}", title=f"Cup {number}", price=10 + number, currency=code)
    phone = new_page(locale=locale, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    phone.goto(f"{live_site}/search/?q=cup")
    phone.get_by_role("button", name=fold).click()
    phone.locator("[data-price]", has_text="$").last.click()
    expect(phone.locator("[data-price][aria-current=true]")).to_be_visible()
    count = phone.locator("[data-price][aria-current=true] .count").inner_text()
    expect(phone.locator("#results .tile-link")).to_have_count(int(count))
    expect(phone.locator("input[name=min]")).not_to_have_value("")
    expect(phone.locator("input[name=currency][value=USD]")).to_be_checked()
    expect(phone).to_have_url(re.compile(r"min=[\d.]+&currency=USD$"))
    no_overflow(phone)
    phone.locator("input[name=currency][value=EUR]").check()
    expect(phone.locator("#results .tile-link")).to_have_count(4)
    expect(phone.locator("input[name=min]")).to_have_value("")
    no_overflow(phone)
