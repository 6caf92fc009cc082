"""Scoring while somebody waits, by way of a worker: for models that a web process must not load."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from analytics.contracts import (
    AspectOpinion,
    Heard,
    HeardWord,
    Moment,
    Reading,
    Sentiment,
    Spoken,
    Transcript,
    Word,
)
from analytics.services.scoring.content import photo_encoder, prompts_for
from analytics.services.scoring.model import current_scorer
from recommender.errors import RecommenderError, ScorerUnavailable
from recommender.models.telling import error_in, kept_error
from recommender.services import calls, queries
from recommender.services.stored import local_file

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from analytics.engine.sentiment import Scorer

log = logging.getLogger(__name__)

TASK = "analytics.tasks.score_now"
#: After a time-out, for so long nobody waits longer than for a worker that is well.
_PAUSE_SECONDS, _PATIENCE_SECONDS = 5.0, 1.0
_silent_until = float("-inf")


# -- the web process asks -----------------------------------------------------------------------------------


def ask_worker(
    text: str, image: UploadedFile | None, sound: UploadedFile | None, language: str = ""
) -> tuple[Sentiment, str]:
    """What a worker finds, and the key of its scorer.

    Raises:
        ScorerUnavailable: no worker answered in time, or its model cannot be loaded.
        RecommenderError: a file cannot be read.
    """
    question = {"text": text, "language": language}
    if image is not None:
        question["image"] = queries.receive_media("image", image)
    if sound is not None:
        question["audio"] = queries.receive_media("audio", sound)
    told = _asked(question)
    if "error" in told:
        kind = RecommenderError if told.get("permanent", True) else ScorerUnavailable
        raise error_in(told, kind)
    return of_message(told["sentiment"]), told["model"]


def _asked(question: Mapping[str, Any]) -> dict[str, Any]:
    global _silent_until
    patience = settings.SENTIMENT_TIMEOUT
    if time.monotonic() < _silent_until:
        patience = min(_PATIENCE_SECONDS, patience)
    try:
        told = calls.ask(TASK, question, patience)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("A question to the scorer was not sent: %s.", error)
        raise ScorerUnavailable(_("Redis does not answer."), _("Try again in a minute.")) from error
    if told is None:
        _silent_until = time.monotonic() + _PAUSE_SECONDS
        raise ScorerUnavailable(
            _("No worker has scored it within {seconds} s.").format(seconds=f"{patience:g}"),
            _("Try again soon; an operator sees on the monitoring page whether the query worker runs."),
        )
    trust_again()
    return told


def trust_again() -> None:
    """Wait for the worker as long as for one that is well."""
    global _silent_until
    _silent_until = float("-inf")


# -- a worker answers ---------------------------------------------------------------------------------------


def answer_question(question: Mapping[str, Any]) -> dict[str, Any]:
    """For ``ask_worker``: ``sentiment`` and ``model``; or what went wrong, as ``kept_error`` tells it."""
    try:
        scorer = current_scorer()
    except RecommenderError as error:
        return kept_error(error) | {"permanent": False}
    try:
        (found,) = scorer.score([_spoken(question, scorer)])
    except RecommenderError as error:
        return kept_error(error)
    return {"sentiment": asdict(found), "model": scorer.key}


def _spoken(question: Mapping[str, Any], scorer: Scorer) -> Spoken:
    from recommender.engine.preprocess.audio import load_clip

    images = prompts = None
    if name := question.get("image"):
        images, prompts = _vector(name, scorer)
    clips = ()
    if name := question.get("audio"):
        with local_file(name) as path:
            clips = (load_clip(path),)
    return Spoken(
        text=question.get("text", ""),
        images=images,
        clips=clips,
        prompts=prompts,
        language=question.get("language", ""),
    )


def _vector(name: str, scorer: Scorer) -> tuple[np.ndarray, np.ndarray | None]:
    """(1, dim) of a stored picture, and the prompts that go with it."""
    from recommender.engine.preprocess.image import open_image

    encoder = photo_encoder()
    prompts = prompts_for(encoder, scorer)
    with local_file(name) as path:
        picture = open_image(path, fit=getattr(encoder, "decode_size", 0))
    return encoder.encode_images([picture]), prompts


def of_message(told: Mapping[str, Any]) -> Sentiment:
    """A sentiment as it was before it went through ``asdict`` and JSON."""
    return Sentiment(
        overall=_reading(told["overall"]) if told["overall"] else None,
        channels={name: _reading(one) for name, one in told["channels"].items()},
        abstained=told["abstained"],
        reason=told["reason"],
        disagreement=told["disagreement"],
        aspects=tuple(
            AspectOpinion(one["aspect"], one["polarity"], _words(one["words"]), one["clip"])
            for one in told["aspects"]
        ),
        words=_words(told["words"]),
        moments=tuple(Moment(**one) for one in told["moments"]),
        missing=told["missing"],
        heard=tuple(_heard(one) for one in told["heard"]),
    )


def _reading(told: Mapping[str, Any]) -> Reading:
    return Reading(tuple(told["probabilities"]))


def _heard(told: Mapping[str, Any]) -> Heard:
    words = tuple(HeardWord(**one) for one in told["transcript"]["words"])
    return Heard(
        clip=told["clip"],
        transcript=Transcript(**{**told["transcript"], "words": words}),
        reading=_reading(told["reading"]) if told["reading"] else None,
        share=told["share"],
        words=_words(told["words"]),
        left_out=told["left_out"],
    )


def _words(told: list[Mapping[str, Any]]) -> tuple[Word, ...]:
    return tuple(Word(**one) for one in told)
