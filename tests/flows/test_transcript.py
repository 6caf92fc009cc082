"""From a word that was heard to the second at which it is said, by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from analytics.models import SentimentScore
from recommender.models import Review
from tests.analytics.scored import make_shop, sum_up
from tests.flows.test_analyst import speak

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Cast

TEXT = "it died so awful"


@pytest.fixture
def spoken(live_site: str) -> int:
    """A review that says nothing in writing and four words aloud, one each half second; its number."""
    number = speak(make_shop())
    Review.objects.filter(pk=number).update(text="")
    score = SentimentScore.objects.get(review=number)
    places = [(word, TEXT.index(word)) for word in TEXT.split()]
    score.details |= {
        "words": [],
        "heard": [
            {
                "medium": score.details["moments"][0][0], "text": TEXT, "language": "en", "confidence": 0.8,
                "by": "planted@1", "share": 1.0, "left_out": "", "probabilities": [0.9, 0.05, 0.05],
                "timed": [
                    [word, at, at + len(word), 0.5 + order / 2, 0.9 + order / 2, 0.8]
                    for order, (word, at) in enumerate(places)
                ],
                "words": [["awful", 11, 16, -0.9]],
            }
        ],
    }  # fmt: skip
    score.heard = TEXT
    score.save()
    sum_up()
    return number


@pytest.fixture
def transcript(page: Page, live_site: str, cast: Cast, log_in: Callable[..., None], spoken: int) -> Any:
    log_in(page, cast.analyst)
    page.goto(f"{live_site}/analytics/sentiment/review/{spoken}/")
    return page.locator("[data-heard]")


def test_a_click_on_a_word_plays_its_second(page: Page, transcript: Any) -> None:
    word = transcript.get_by_role("button", name=re.compile("awful"))
    expect(word).to_have_class(re.compile(r"word-bad-4"))
    word.click()
    expect(word).to_have_class(re.compile(r"\bon\b"))
    # Said at two seconds of three.
    expect(page.locator("[data-needle]")).to_have_attribute("x", re.compile(r"^(6[6-9]|[7-9]\d)\d|^1000"))


def test_the_transcript_is_one_stop_of_the_keyboard(page: Page, transcript: Any) -> None:
    buttons = transcript.get_by_role("button")
    expect(transcript.locator('[tabindex="0"]')).to_have_count(1)
    buttons.first.focus()
    page.keyboard.press("ArrowRight")
    expect(buttons.nth(1)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(buttons.first).to_be_focused()
    expect(transcript.locator('[tabindex="0"]')).to_have_count(1)
