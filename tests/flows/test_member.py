"""A member whose feed follows what they do, who says what they think, and who can take it back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import expect

from recommender.models import Embedding, EncoderSpace, Interaction, Review
from recommender.services import index, train
from tests.services.shop import QUICK_ENCODER, photo, tone

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from recommender.models import Item
    from tests.conftest import Cast

DIM = 8
KINDS, COLOURS = ("bag", "lamp", "chair"), ("red", "blue", "green", "yellow")


@pytest.fixture
def known(showroom: list[Item], monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[Item]:
    """The showroom with vectors that say kind and colour, an index and an item graph."""
    monkeypatch.setattr(index, "REFRESH_SECONDS", 0.0)
    monkeypatch.setattr(train, "CHECK_SECONDS", 0.0)
    settings.ENCODER = QUICK_ENCODER
    space = EncoderSpace.objects.create(
        spec="s", name="n", weights_hash="h", dim=DIM, preprocessing="p", modalities=["image"], state="active"
    )
    for item in showroom:
        kind, colour, _number = item.external_id.split("-")
        values = np.zeros(DIM, np.float32)
        values[KINDS.index(kind)], values[3 + COLOURS.index(colour)] = 0.8, 0.6
        Embedding.objects.create(
            space=space,
            item=item,
            media=item.media.get(),
            modality="image",
            state="ready",
            vector=values.astype("<f2").tobytes(),
        )
    index.rebuild_index(force=True)
    train.refresh_graph(force=True)
    return showroom


def shown(page: Page, count: int = 8) -> list[str]:
    return page.locator("#grid .tile-link").all_inner_texts()[:count]


def test_the_next_feed_follows_a_members_click_and_says_why(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], known: list[Item]
) -> None:
    log_in(page, cast.member)
    page.goto(f"{live_site}/item/{known[0].pk}/")
    with page.expect_response(lambda answer: "/act/like/" in answer.url):
        page.locator(".item-acts [data-act=like]").click()
    page.goto(live_site)
    first = page.locator(".tile").filter(has_text="because you liked Red bag 0").first
    expect(first).to_be_visible()
    alike = [title for title in shown(page) if "bag" in title or title.startswith("Red")]
    assert len(alike) >= 6
    assert known[0].title not in page.locator("#grid .tile-link").all_inner_texts()


def test_what_was_done_is_listed_and_can_be_taken_back(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], known: list[Item]
) -> None:
    Interaction.objects.create(user=cast.member, item=known[5], kind="like")
    log_in(page, cast.member)
    page.goto(f"{live_site}/history/")
    entry = page.locator("main").get_by_text(known[5].title)
    expect(entry).to_be_visible()
    with page.expect_response(lambda answer: "/undo/" in answer.url):
        page.get_by_role("button", name="Take back").click()
    expect(entry).to_be_hidden()
    assert not Interaction.objects.filter(kind="like").exists()


def test_the_item_says_how_it_would_be_ranked(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], known: list[Item]
) -> None:
    Interaction.objects.create(user=cast.member, item=known[0], kind="like")
    log_in(page, cast.member)
    page.goto(f"{live_site}/item/{known[1].pk}/")
    page.locator(".why-box summary").click()
    expect(page.locator("#why")).to_contain_text("Looks alike")
    expect(page.locator("#why a").first).to_have_attribute("href", f"/item/{known[0].pk}/")


def test_a_review_with_stars_photo_and_voice_appears_at_once(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], known: list[Item]
) -> None:
    log_in(page, cast.member)
    page.goto(f"{live_site}/item/{known[2].pk}/")
    page.fill("#id_text", "Sturdy and bright.")
    page.locator("label[for=review-5]").click()
    page.set_input_files(
        "input[name=photos]", {"name": "mine.jpg", "mimeType": "image/jpeg", "buffer": photo("red")}
    )
    page.set_input_files("#id_voice", {"name": "say.wav", "mimeType": "audio/wav", "buffer": tone(300)})
    page.get_by_role("button", name="Publish").click()
    reviews = page.locator("#reviews")
    expect(reviews).to_contain_text("Sturdy and bright.")
    review = Review.objects.get()
    assert review.rating == 5
    assert sorted(review.media.values_list("kind", flat=True)) == ["audio", "image"]


def test_an_empty_review_is_sent_back_with_the_reason(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], known: list[Item]
) -> None:
    log_in(page, cast.member)
    page.goto(f"{live_site}/item/{known[2].pk}/")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#review-form [role=alert]")).to_be_visible()
    assert not Review.objects.exists()


def test_what_a_guest_liked_comes_along_when_they_sign_up(
    page: Page, live_site: str, known: list[Item]
) -> None:
    page.goto(f"{live_site}/item/{known[0].pk}/")
    with page.expect_response(lambda answer: "/act/like/" in answer.url):
        page.locator(".item-acts [data-act=like]").click()
    page.goto(f"{live_site}/accounts/sign-up/")
    page.fill("#id_username", "newcomer")
    page.fill("#id_password1", "a-long-enough-secret")
    page.fill("#id_password2", "a-long-enough-secret")
    page.locator("main button[type=submit]").click()
    expect(page).to_have_url(f"{live_site}/")
    assert Interaction.objects.get(kind="like").user.get_username() == "newcomer"


@pytest.mark.parametrize("path", ["/", "/history/", "/saved/", "/accounts/profile/", "/shortcuts/"])
def test_a_members_pages_fit_a_phone(
    path: str,
    phone: Page,
    live_site: str,
    cast: Cast,
    log_in: Callable[..., None],
    known: list[Item],
    no_overflow: Callable[[Any], None],
    tmp_path: Path,
) -> None:
    Interaction.objects.create(user=cast.member, item=known[0], kind="save")
    log_in(phone, cast.member)
    phone.goto(live_site + path)
    no_overflow(phone)
