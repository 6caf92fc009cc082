"""The part of a photo that speaks is found, kept, and found once."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from analytics.contracts import Reading, Sentiment, Spoken
from analytics.models import SentimentScore
from analytics.services import regions, scoring
from recommender.engine.encoders.base import EncoderInfo, unit_rows
from recommender.errors import EncoderError
from recommender.services import stored
from tests.analytics.services.fakes import WordScorer, add_medium, make_review, scorer

__all__ = ["scorer"]
pytestmark = pytest.mark.django_db


class RednessEncoder:
    """The first axis of a vector is the share of red in the picture."""

    info = EncoderInfo("redness", "planted", 2, "0", ("image",))
    image_size = 64

    def __init__(self) -> None:
        self.pictures = 0

    def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        self.pictures += len(images)
        bands = [np.asarray(image).astype(int) for image in images]
        reds = [np.mean(one[..., 0] > one[..., 1] + 100) for one in bands]
        return unit_rows(np.array([[red, 1.0] for red in reds]))


class Reddish(WordScorer):
    """The redder, the more negative."""

    def score(self, batch: Sequence[Spoken]) -> list[Sentiment]:
        return [self._of(spoken) for spoken in batch]

    def _of(self, spoken: Spoken) -> Sentiment:
        if spoken.images is None:
            return super()._one(spoken)
        red = min(1.0, 4 * float(spoken.images[0, 0]))
        reading = Reading((red, 1.0 - red, 0.0))
        return Sentiment(reading, {"image": reading})


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch, scorer: WordScorer) -> RednessEncoder:
    made = RednessEncoder()
    reddish = Reddish()
    for module in ("analytics.services.scoring.content", "analytics.services.regions"):
        monkeypatch.setattr(f"{module}.photo_encoder", lambda: made)
    monkeypatch.setattr("analytics.engine.sentiment.load_scorer", lambda folder=None: reddish)
    return made


def picture(x: int, y: int) -> bytes:
    """White, with a red square of a fifth of the side, its corner at (x, y) fifths."""
    image = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(image).rectangle((40 * x, 40 * y, 40 * x + 39, 40 * y + 39), fill="red")
    out = io.BytesIO()
    image.save(out, "WEBP", lossless=True)
    return out.getvalue()


def with_photo(content: bytes) -> SentimentScore:
    review = make_review("")
    add_medium(review, "image", content)
    scoring.score_pending()
    return SentimentScore.objects.get(review=review)


def unloadable() -> Any:
    raise EncoderError("The weights are gone.", "Fetch.")


@pytest.mark.parametrize("place", [(0, 0), (2, 2), (4, 3)])
def test_the_region_covers_what_makes_the_photo_speak(
    place: tuple[int, int], encoder: RednessEncoder
) -> None:
    score = with_photo(picture(*place))
    assert regions.find_regions(score.pk) == 1
    score.refresh_from_db()
    ((medium, x, y, width, height, weight),) = score.details["regions"]
    assert medium == score.review.media.get().pk
    assert weight < 0
    assert x <= place[0] / 5 + 1e-6
    assert x + width >= (place[0] + 1) / 5 - 1e-6
    assert y <= place[1] / 5 + 1e-6
    assert y + height >= (place[1] + 1) / 5 - 1e-6


def test_regions_are_found_once_for_each_scoring(encoder: RednessEncoder) -> None:
    score = with_photo(picture(1, 1))
    regions.find_regions(score.pk)
    before = encoder.pictures
    assert regions.find_regions(score.pk) == 0
    assert encoder.pictures == before
    score.refresh_from_db()
    assert not regions.ask_for_regions(score)
    scoring.score_review(score.review)
    score.refresh_from_db()
    assert "regions" not in score.details


def test_a_photo_whose_file_is_gone_has_no_regions(encoder: RednessEncoder) -> None:
    score = with_photo(picture(1, 1))
    for entry in stored.files_below("derived"):
        stored.remove(entry.name)
    assert regions.find_regions(score.pk) == 0
    score.refresh_from_db()
    assert score.details["regions"] == []


def test_regions_are_not_found_missing_while_the_photo_cannot_be_had(
    encoder: RednessEncoder, media_away: Any
) -> None:
    score = with_photo(picture(1, 1))
    with media_away():
        assert regions.find_regions(score.pk) == 0
    score.refresh_from_db()
    assert "regions" not in score.details
    assert regions.problem_of(score)
    assert regions.find_regions(score.pk) == 1


def test_an_encoder_that_cannot_be_loaded_is_told_and_nothing_is_kept(
    encoder: RednessEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = with_photo(picture(1, 1))
    with monkeypatch.context() as patch:
        patch.setattr("analytics.services.regions.photo_encoder", unloadable)
        assert regions.find_regions(score.pk) == 0
    score.refresh_from_db()
    assert (regions.state_of(score), regions.problem_of(score)) == ("awaited", "The weights are gone. Fetch.")
    assert regions.find_regions(score.pk) == 1


def test_one_photo_that_cannot_be_read_leaves_the_regions_of_the_other(encoder: RednessEncoder) -> None:
    score = with_photo(picture(1, 1))
    add_medium(score.review, "image")
    assert regions.find_regions(score.pk) == 1


def test_it_is_known_whether_a_part_weighs_is_still_looked_for(encoder: RednessEncoder) -> None:
    score = with_photo(picture(1, 1))
    states = []
    for details in ({}, {"regions": []}, {"regions": [[1, 0, 0, 1, 1, -0.5]]}):
        score.details = details
        states.append(regions.state_of(score))
    score.image_polarity, score.details = None, {}
    assert [*states, regions.state_of(score)] == ["awaited", "none", "found", "none"]


def test_a_look_asks_for_regions_where_there_is_a_photo(
    encoder: RednessEncoder, django_capture_on_commit_callbacks: Any
) -> None:
    score = with_photo(picture(3, 3))
    with django_capture_on_commit_callbacks(execute=True):
        assert regions.ask_for_regions(score)
    score.refresh_from_db()
    assert len(score.details["regions"]) == 1


def test_a_review_without_photos_is_not_asked_for(encoder: RednessEncoder) -> None:
    review = make_review("good")
    scoring.score_pending()
    score = SentimentScore.objects.get(review=review)
    assert not regions.ask_for_regions(score)
    assert regions.find_regions(score.pk) == 0
