"""Somebody hums into the microphone, and what sounds like it is found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from recommender.engine.preprocess.audio import load_clip
from recommender.services import index
from recommender.services.stored import local_file
from tests.conftest import CHROMIUM_FLAGS, chromium_program
from tests.services.shop import import_shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

#: A microphone that beeps, and that nobody has to allow.
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture(scope="module")
def browser(browser: Browser) -> Iterator[Browser]:
    """Another Chromium, with a microphone."""
    flags = [*CHROMIUM_FLAGS, *MICROPHONE]
    chromium = browser.browser_type.launch(executable_path=chromium_program(), headless=True, args=flags)
    yield chromium
    chromium.close()


def test_a_sound_that_is_recorded_is_searched_by(
    page: Page, live_site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "REFRESH_SECONDS", 0.0)
    import_shop(tmp_path)
    page.goto(f"{live_site}/search/")
    button = page.get_by_role("button", name="Record a sound")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.evaluate("() => new Promise((done) => setTimeout(done, 1500))")  # a recording has a length
    with page.expect_response("**/search/media/") as taken:
        button.click()
    assert taken.value.status == 200, taken.value.text()
    expect(page.locator("[data-term=audio]")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/search/\?audio=queries"))
    expect(page.locator("#results .tile-link").first).to_be_visible()
    expect(page.locator("#results [role=alert], #results .notice-warning")).to_have_count(0)
    with local_file(taken.value.json()["name"]) as path:
        sound = load_clip(path)
    assert 1.0 < sound.seconds < 10.0
    assert np.abs(sound.samples).max() > 0.01, "it was heard"
