"""Which part of a photo speaks: parts are covered in turn, and the change of its reading is their weight.

Occlusion as in Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks" (2014). It costs one
encoding a part, so it is done when somebody looks at a review, by the worker that holds the encoder.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from django.core.cache import cache
from django.db import transaction
from PIL import Image

from analytics.contracts import Spoken
from analytics.models import SentimentScore
from analytics.services.scoring.content import photo_encoder, prompts_for
from analytics.services.scoring.model import current_scorer
from recommender.errors import MediaError, RecommenderError
from recommender.models import Media
from recommender.models.telling import error_in, kept_error, translated_error
from recommender.services.calls import call_once
from recommender.services.sources import open_picture

if TYPE_CHECKING:
    from analytics.engine.sentiment import Scorer
    from recommender.engine.encoders import Encoder

log = logging.getLogger(__name__)

State = Literal["awaited", "none", "found"]
TASK = "analytics.tasks.find_regions"
GRID = 5
#: Cells a side of what is covered: single cells seldom hide a whole thing.
_COVER = 2
_GREY = (124, 117, 104)
_MOST = 3  # regions a photo
_LEAST = 0.01  # of polarity; less is noise
_SIZE = 480
#: What went wrong is told for so long; meanwhile who looks has it tried again.
_TOLD_SECONDS = 60


def state_of(score: SentimentScore) -> State:
    """Whether a part weighs; "none" also where no photo was read, "awaited" until somebody has had a look."""
    if score.image_polarity is None:
        return "none"
    if "regions" not in score.details:
        return "awaited"
    return "found" if score.details["regions"] else "none"


def problem_of(score: SentimentScore) -> str:
    """Why a look at a review's photos came to nothing a moment ago, in the reader's language; or ""."""
    told = cache.get(_problem(score.pk))
    return translated_error(error_in(told)) if told else ""


def ask_for_regions(score: SentimentScore) -> bool:
    """Have the regions of a review's photos found, where they are not known; True while they are awaited."""
    if state_of(score) != "awaited":
        return False
    call_once(TASK, score.pk)
    return True


def find_regions(score_id: int) -> int:
    """Find and keep ``details["regions"]``; says how many there are. Once for each scoring of the review.

    What keeps the encoder, the scorer or the media storage from it is told, and nothing is kept: they are
    looked for when somebody looks again.
    """
    score = SentimentScore.objects.filter(pk=score_id, image_polarity__isnull=False).first()
    if score is None or "regions" in score.details:
        return 0
    try:
        regions = _found(score)
    except RecommenderError as error:
        log.warning("Regions of review %s: %s", score.review_id, error)
        cache.set(_problem(score.pk), kept_error(error), _TOLD_SECONDS)
        return 0
    _keep(score, regions)
    return len(regions)


def _problem(score_id: int) -> str:
    return f"regions-problem:{score_id}"


def _found(score: SentimentScore) -> list[list[Any]]:
    """[medium, x, y, width, height, weight] of all its photos, the weightiest first."""
    scorer, encoder = current_scorer(), photo_encoder()
    prompts = prompts_for(encoder, scorer)
    regions: list[list[Any]] = []
    for medium in Media.objects.ready().filter(review=score.review_id, kind=Media.Kind.IMAGE):
        try:
            regions += [[medium.pk, *region] for region in _regions(medium, encoder, scorer, prompts)]
        except MediaError as error:  # no part of it will ever weigh
            log.warning("A photo of review %s: %s", score.review_id, error)
    return sorted(regions, key=lambda region: -abs(region[-1]))


def _keep(score: SentimentScore, regions: list[list[Any]]) -> None:
    """Beside what is there now, unless the review was scored anew meanwhile."""
    with transaction.atomic():
        row = (
            SentimentScore.objects.select_for_update().filter(pk=score.pk, scored_at=score.scored_at).first()
        )
        if row is not None:
            row.details["regions"] = regions
            row.save(update_fields=["details"])


def _regions(
    medium: Media, encoder: Encoder, scorer: Scorer, prompts: np.ndarray | None
) -> list[list[float]]:
    """The weightiest [x, y, width, height, weight] of one photo; places are shares of its sides."""
    picture = _picture(medium)
    boxes = _boxes()
    vectors = encoder.encode_images([picture, *(_covered(picture, box) for box in boxes)])
    read = scorer.score([Spoken(images=vector[None], prompts=prompts) for vector in vectors])
    polarities = [one.channels["image"].polarity if "image" in one.channels else float("nan") for one in read]
    weights = polarities[0] - np.array(polarities[1:])  # what its absence takes away
    chosen: list[list[float]] = []
    for number in np.argsort(-np.abs(np.nan_to_num(weights))):
        box = boxes[number]
        if len(chosen) < _MOST and abs(weights[number]) >= _LEAST and not _overlaps(box, chosen):
            chosen.append([*(round(side, 4) for side in box), round(float(weights[number]), 4)])
    return chosen


def _picture(medium: Media) -> Image.Image:
    return open_picture(medium.derived(f"{_SIZE}.webp"))


def _boxes() -> list[tuple[float, float, float, float]]:
    """(x, y, width, height) of what is covered, in shares of the sides, each a cell further than the last."""
    places = range(GRID - _COVER + 1)
    return [(column / GRID, row / GRID, _COVER / GRID, _COVER / GRID) for row in places for column in places]


def _covered(picture: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    x, y, width, height = box
    left, top = round(x * picture.width), round(y * picture.height)
    size = (max(1, round(width * picture.width)), max(1, round(height * picture.height)))
    copy = picture.copy()
    copy.paste(_GREY, (left, top, left + size[0], top + size[1]))
    return copy


def _overlaps(box: tuple[float, float, float, float], chosen: list[list[float]]) -> bool:
    x, y, width, height = box
    return any(
        x < other[0] + other[2] - 1e-9 and other[0] < x + width - 1e-9
        and y < other[1] + other[3] - 1e-9 and other[1] < y + height - 1e-9
        for other in chosen
    )  # fmt: skip
