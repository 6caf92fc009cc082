"""Parts that the settings put in place of the scorer's own: workers load them, pages ask what was told."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from analytics.engine.sentiment import recogniser as recognisers
from analytics.engine.sentiment.recogniser import SpeechPlug
from analytics.engine.sentiment.text_plug import TextPlug, mistake_in, told_labels
from analytics.services.scoring.plugs_loading import Loaded
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import quoted, say

if TYPE_CHECKING:
    from analytics.engine.sentiment.recogniser import Recogniser
    from analytics.engine.sentiment.scorer import Scorer
    from analytics.engine.sentiment.text_transformer import TransformerText
    from recommender.models import ModelVersion

log = logging.getLogger(__name__)

_TOLD = "sentiment:plugs"

__all__ = [
    "SpeechState",
    "TextState",
    "in_use",
    "loaded_recogniser",
    "loaded_text",
    "speech_plug",
    "speech_state",
    "tell",
    "text_plug",
    "text_state",
    "told_key",
]


@dataclass(frozen=True, slots=True)
class TextState:
    """What is known of the text model that the settings name, wherever it is loaded.

    Attributes:
        name: of the model.
        outputs: what its outputs mean, such as ``LABEL_0 = negative``; "" before a worker has loaded it.
        neutral: one of them is neutral.
        problem, remedy: why it cannot be loaded, as this machine or the last worker found.
    """

    name: str
    outputs: str = ""
    neutral: bool = True
    problem: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class SpeechState:
    """What is known of the recogniser that the settings name, wherever it is loaded.

    Attributes:
        name: of the recogniser, without the place of its folder.
        key: of what a worker has loaded; "" before one did.
        languages: that it understands, such as ``en``; empty where it finds the language out by itself.
        problem, remedy: as of ``TextState``.
    """

    name: str
    key: str = ""
    languages: tuple[str, ...] = ()
    problem: str = ""
    remedy: str = ""


def text_plug() -> TextPlug | None:
    """The text model that the settings name; None for the site's own."""
    if not settings.SENTIMENT_TEXT_MODEL:
        return None
    labels = tuple(settings.SENTIMENT_TEXT_LABELS)
    return TextPlug(settings.SENTIMENT_TEXT_MODEL, labels, settings.ENCODER_DEVICE)


def speech_plug() -> SpeechPlug | None:
    """The recogniser that the settings name; None where nothing listens to what is said."""
    if not settings.SPEECH_RECOGNISER:
        return None
    return SpeechPlug(settings.SPEECH_RECOGNISER, settings.ENCODER_DEVICE)


def in_use() -> bool:
    """Scoring needs a worker, because it loads what a web process must not."""
    return text_plug() is not None or speech_plug() is not None


# -- in workers ---------------------------------------------------------------------------------------------


def _load_text(plug: TextPlug) -> TransformerText:
    if mistake := mistake_in(plug):
        told = say(_("The text model cannot be loaded: {reason}"), reason=quoted(mistake.message))
        raise RecommenderError(told, mistake.remedy, permanent=False)
    from analytics.engine.sentiment.text_transformer import TransformerText

    return TransformerText.load(plug)


def _load_recogniser(plug: SpeechPlug) -> Recogniser:
    try:
        return recognisers.load_recogniser(plug)
    except RecommenderError as error:
        # A folder may be put there later; what waits for it is not given up.
        raise RecommenderError(error.message, error.remedy, permanent=False) from error


_text: Loaded[TextPlug, TransformerText] = Loaded(_load_text, lambda error: _keep_problem("text", error))
_speech: Loaded[SpeechPlug, Recogniser] = Loaded(
    _load_recogniser, lambda error: _keep_problem("speech", error)
)


def loaded_text() -> TransformerText | None:
    """The text model that the settings name, loaded once by each process; None for the site's own.

    Raises:
        RecommenderError: it cannot be loaded. Nothing serves in its place.
    """
    plug = text_plug()
    return None if plug is None else _text.get(plug)


def loaded_recogniser() -> Recogniser | None:
    """The recogniser that the settings name, loaded once by each process; None where there is none.

    Raises:
        RecommenderError: it cannot be loaded. Reviews wait for it, as they do for a text model: scored
            without it they would have to be scored again.
    """
    plug = speech_plug()
    return None if plug is None else _speech.get(plug)


def tell(scorer: Scorer, version: ModelVersion | None) -> None:
    """Let pages know what this worker has loaded: the scorer's key, and what is plugged in."""
    told: dict[str, Any] = {"key": scorer.key, "version": version.pk if version else 0}
    if text := loaded_text():
        told |= {"outputs": told_labels(text.names, text.labels), "neutral": "neutral" in text.labels}
    if recogniser := loaded_recogniser():
        told |= {"recogniser": recogniser.key, "languages": sorted(recogniser.languages)}
    _keep(told)


def forget() -> None:
    """Load anew at the next call."""
    _text.forget()
    _speech.forget()


def _keep(told: dict[str, Any]) -> None:
    try:
        cache.set(_TOLD, {"plugs": _named(), **told}, None)
    except RedisError as error:  # reviews and files are scored all the same
        log.warning("Redis does not answer (%s); pages do not know which scorer is in use.", error)


def _keep_problem(part: str, error: RecommenderError) -> None:
    """Instead of what was loaded: without one of its parts there is no scorer."""
    problems = _told().get("problems", {}) | {part: {"problem": error.message, "remedy": error.remedy}}
    _keep({"problems": problems})


# -- in web processes ---------------------------------------------------------------------------------------


def text_state() -> TextState | None:
    """What is known of the plugged text model; None where the site's own serves. Loads nothing."""
    plug = text_plug()
    if plug is None:
        return None
    told = _told()
    if problem := told.get("problems", {}).get("text"):
        return TextState(plug.name, **problem)
    if "outputs" in told:
        return TextState(plug.name, told["outputs"], told["neutral"])
    # No worker has spoken: what shows here is better than nothing, and may be all that is wrong.
    if mistake := mistake_in(plug):
        return TextState(plug.name, problem=mistake.message, remedy=mistake.remedy)
    return TextState(plug.name)


def speech_state() -> SpeechState | None:
    """What is known of the recogniser; None where there is none. Loads nothing."""
    plug = speech_plug()
    if plug is None:
        return None
    told = _told()
    if problem := told.get("problems", {}).get("speech"):
        return SpeechState(plug.name, **problem)
    if "recogniser" in told:
        return SpeechState(plug.name, told["recogniser"], tuple(told["languages"]))
    if mistake := recognisers.mistake_in(plug):
        return SpeechState(plug.name, problem=mistake.message, remedy=mistake.remedy)
    return SpeechState(plug.name)


def told_key(version: ModelVersion | None) -> str:
    """Key of the scorer with the plugged parts, as the worker that loaded it said; "" before one did."""
    told = _told()
    return told.get("key", "") if told.get("version") == (version.pk if version else 0) else ""


def _told() -> dict[str, Any]:
    try:
        found = cache.get(_TOLD) or {}
    except RedisError as error:
        log.warning("Redis does not answer (%s); which scorer is in use is not known.", error)
        return {}
    return found if found.get("plugs") == _named() else {}


def _named() -> list[str]:
    """What the settings say; what was told of other settings is not true of these."""
    return [settings.SPEECH_RECOGNISER, settings.SENTIMENT_TEXT_MODEL, *settings.SENTIMENT_TEXT_LABELS]
