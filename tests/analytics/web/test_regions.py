"""The part of a photo that weighs: awaited, found without a reload, or why it cannot be looked for."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from analytics.models import SentimentScore
from analytics.services import regions
from analytics.web.review import MOST_LOOKS
from recommender.errors import EncoderError
from tests.analytics.scored import add_review, make_shop
from tests.analytics.services.fakes import add_medium
from tests.conftest import Cast

pytestmark = pytest.mark.django_db
NONE, LOOKING, FRAMED = "No part weighs by itself.", "Looking for the part that weighs", "Framed: the part"


@pytest.fixture
def score() -> SentimentScore:
    """A review with a photo that was read and not looked at part by part."""
    score = add_review(make_shop().lamp, "Look at this.", image_polarity=-0.6, channels="text+image")
    add_medium(score.review, "image")
    return score


@pytest.fixture
def analyst(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.analyst)
    return client


def page(score: SentimentScore) -> str:
    return reverse("sentiment_review", args=[score.review_id])


def fragment(score: SentimentScore) -> str:
    return reverse("sentiment_regions", args=[score.review_id])


def look(score: SentimentScore, *found: list[Any]) -> None:
    """What a worker finds in the photo."""
    medium = score.review.media.get().pk
    score.details["regions"] = [[medium, *one] for one in found]
    score.save(update_fields=["details"])


@pytest.mark.parametrize(
    ("language", "looking", "none"),
    [("zh-hans", "正在寻找起作用的部分", "没有单独起作用的部分。"), ("en", LOOKING, NONE)],
)
def test_the_first_visitor_is_told_that_it_is_being_looked_for(
    score: SentimentScore, cast: Cast, language: str, looking: str, none: str
) -> None:
    client = Client(headers={"accept-language": language})
    client.force_login(cast.analyst)
    shown = client.get(page(score)).content.decode()
    assert (looking in shown, none in shown) == (True, False)


def test_the_page_asks_again_until_a_region_appears(score: SentimentScore, analyst: Client) -> None:
    assert f'hx-get="{fragment(score)}?beat=1"' in analyst.get(page(score)).content.decode()
    waiting = analyst.get(fragment(score), {"beat": 1})
    assert f'hx-get="{fragment(score)}?beat=2"' in waiting.content.decode()
    assert "HX-Retarget" not in waiting
    look(score, [0.2, 0.2, 0.4, 0.4, -0.3])
    found = analyst.get(fragment(score), {"beat": 2})
    assert (found["HX-Retarget"], found["HX-Reswap"]) == ("#photos", "innerHTML")
    shown = found.content.decode()
    assert (FRAMED in shown, 'class="region region-bad"' in shown, LOOKING in shown) == (True, True, False)


def test_after_a_number_of_times_it_asks_no_more_and_offers_to_look_again(
    score: SentimentScore, analyst: Client
) -> None:
    shown = analyst.get(fragment(score), {"beat": MOST_LOOKS}).content.decode()
    assert "hx-get" not in shown
    assert f'<a class="link" href="{page(score)}">Look again</a>' in shown


def test_without_javascript_there_is_a_way_to_look_again(score: SentimentScore, analyst: Client) -> None:
    shown = analyst.get(page(score)).content.decode()
    assert f'<noscript><p><a class="link" href="{page(score)}">' in shown
    look(score, [0.2, 0.2, 0.4, 0.4, -0.3])
    assert FRAMED in analyst.get(page(score)).content.decode()


def test_that_no_part_weighs_is_said_once_it_was_looked_at(score: SentimentScore, analyst: Client) -> None:
    look(score)
    shown = analyst.get(page(score)).content.decode()
    assert (NONE in shown, LOOKING in shown) == (True, False)


def test_nothing_is_said_of_a_photo_that_was_not_read(score: SentimentScore, analyst: Client) -> None:
    SentimentScore.objects.update(image_polarity=None)
    shown = analyst.get(page(score)).content.decode()
    assert (NONE in shown, LOOKING in shown) == (False, False)


def test_why_it_could_not_be_looked_for_is_told_and_it_is_asked_again(
    score: SentimentScore, analyst: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unloadable() -> Any:
        raise EncoderError("The weights are gone.", "Fetch them.")

    monkeypatch.setattr(regions, "photo_encoder", unloadable)
    regions.find_regions(score.pk)
    shown = analyst.get(fragment(score), {"beat": 3}).content.decode()
    assert "could not be looked for: The weights are gone. Fetch them." in " ".join(shown.split())
    assert "beat=4" in shown
