"""An analyst before a photo whose weight nobody has looked for, and before praise under one star."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from analytics.models import Correction
from recommender.models import Review
from tests.analytics.scored import add_review, make_shop
from tests.analytics.services.fakes import add_medium
from tests.services.importing import picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Cast


def test_the_region_appears_without_reloading(
    page: Page,
    live_site: str,
    cast: Cast,
    log_in: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("analytics.services.regions.call_once", lambda *message: None)  # the worker is busy
    score = add_review(make_shop().lamp, "Look at this.", -0.6, image_polarity=-0.6, channels="text+image")
    photo = add_medium(score.review, "image", picture("red", (320, 240)))
    log_in(page, cast.analyst)
    page.goto(f"{live_site}/analytics/sentiment/review/{score.review_id}/")
    expect(page.get_by_text("Looking for the part that weighs")).to_be_visible()
    expect(page.get_by_text("No part weighs by itself.")).to_have_count(0)
    page.get_by_label("Reason").fill("half written")
    score.details["regions"] = [[photo.pk, 0.2, 0.2, 0.4, 0.4, -0.3]]
    score.save(update_fields=["details"])
    expect(page.locator("rect.region")).to_have_count(1)
    expect(page.get_by_text("Looking for the part that weighs")).to_have_count(0)
    expect(page.get_by_label("Reason")).to_have_value("half written")


def test_sarcasm_is_labelled_by_keyboard_where_it_is_listed(
    page: Page, live_site: str, cast: Cast, log_in: Callable[..., None]
) -> None:
    shop = make_shop()
    for number in range(3):
        score = add_review(shop.lamp, f"Wonderful {number}", 0.9 - number / 10, rating=1)
        author = User.objects.create(username=f"rita-{number}")
        Review.objects.filter(pk=score.review_id).update(user=author)
    log_in(page, cast.analyst)
    page.goto(f"{live_site}/analytics/sentiment/mismatch/?rating=1")
    expect(page.locator("[data-row]")).to_have_count(3)
    expect(page.locator("[data-row]").first).to_contain_text("praise under 1 star 0.90")
    page.keyboard.press("j")
    page.keyboard.press("1")
    expect(page.locator("[data-row]")).to_have_count(2)
    assert page.url.endswith("/mismatch/?rating=1")
    assert Correction.objects.get().review.text == "Wonderful 0"
