"""Parts that the settings put in place of the scorer's own: workers load them, pages ask what was told."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache

from analytics.engine.sentiment.text_plug import TextPlug, mistake_in, told_labels
from recommender.errors import RecommenderError

if TYPE_CHECKING:
    from analytics.engine.sentiment.scorer import Scorer
    from analytics.engine.sentiment.text_transformer import TransformerText
    from recommender.models import ModelVersion

log = logging.getLogger(__name__)

_TOLD = "sentiment:plugs"
#: A model that could not be loaded is tried again after so long: it may have to be downloaded.
RETRY_SECONDS = 60.0

__all__ = ["TextState", "in_use", "loaded_text", "tell", "text_plug", "text_state", "told_key"]


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


def text_plug() -> TextPlug | None:
    """The text model that the settings name; None for the site's own."""
    if not settings.SENTIMENT_TEXT_MODEL:
        return None
    labels = tuple(settings.SENTIMENT_TEXT_LABELS)
    return TextPlug(settings.SENTIMENT_TEXT_MODEL, labels, settings.ENCODER_DEVICE)


def in_use() -> bool:
    """Scoring needs a worker, because it loads what a web process must not."""
    return text_plug() is not None


# -- in workers ---------------------------------------------------------------------------------------------

_lock = threading.Lock()
_text: tuple[TextPlug, TransformerText] | None = None
#: (when, which, the error)
_refused: tuple[float, TextPlug, RecommenderError] | None = None


def loaded_text() -> TransformerText | None:
    """The text model that the settings name, loaded once by each process; None for the site's own.

    Raises:
        RecommenderError: it cannot be loaded. Nothing serves in its place.
    """
    global _text, _refused
    plug = text_plug()
    if plug is None:
        return None
    with _lock:
        if _text is not None and _text[0] == plug:
            return _text[1]
        if _refused and _refused[1] == plug and time.monotonic() - _refused[0] < RETRY_SECONDS:
            raise _refused[2]
        try:
            if mistake := mistake_in(plug):
                raise RecommenderError(
                    f"The text model cannot be loaded: {mistake.message}", mistake.remedy, permanent=False
                )
            from analytics.engine.sentiment.text_transformer import TransformerText

            _text = (plug, TransformerText.load(plug))
        except RecommenderError as error:
            _refused = (time.monotonic(), plug, error)
            _keep({"problem": error.message, "remedy": error.remedy})
            raise
        return _text[1]


def tell(scorer: Scorer, version: ModelVersion | None) -> None:
    """Let pages know what this worker has loaded; nothing to tell where no part is plugged in."""
    if not in_use():
        return
    told: dict[str, Any] = {"key": scorer.key, "version": version.pk if version else 0}
    if text := loaded_text():
        told |= {"outputs": told_labels(text.names, text.labels), "neutral": "neutral" in text.labels}
    _keep(told)


def forget() -> None:
    """Load anew at the next call."""
    global _text, _refused
    _text = _refused = None


def _keep(told: dict[str, Any]) -> None:
    cache.set(_TOLD, {"plugs": _named(), **told}, None)


# -- in web processes ---------------------------------------------------------------------------------------


def text_state() -> TextState | None:
    """What is known of the plugged text model; None where the site's own serves. Loads nothing."""
    plug = text_plug()
    if plug is None:
        return None
    told = _told()
    if "problem" in told:
        return TextState(plug.name, problem=told["problem"], remedy=told["remedy"])
    if told:
        return TextState(plug.name, told.get("outputs", ""), told.get("neutral", True))
    # No worker has spoken: what shows here is better than nothing, and may be all that is wrong.
    if mistake := mistake_in(plug):
        return TextState(plug.name, problem=mistake.message, remedy=mistake.remedy)
    return TextState(plug.name)


def told_key(version: ModelVersion | None) -> str:
    """Key of the scorer with the plugged parts, as the worker that loaded it said; "" before one did."""
    told = _told()
    return told.get("key", "") if told.get("version") == (version.pk if version else 0) else ""


def _told() -> dict[str, Any]:
    found = cache.get(_TOLD) or {}
    return found if found.get("plugs") == _named() else {}


def _named() -> list[str]:
    """What the settings say; what was told of other settings is not true of these."""
    return [settings.SENTIMENT_TEXT_MODEL, *settings.SENTIMENT_TEXT_LABELS]
