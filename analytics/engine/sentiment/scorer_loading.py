"""Putting a scorer together from folders of weights; what a folder lacks comes from the shipped one."""

from __future__ import annotations

from importlib import import_module, util
from pathlib import Path
from typing import Any

from analytics.engine.sentiment.fusion import FirstChannel, Fusion
from analytics.engine.sentiment.fusion_loading import load_fusion
from analytics.engine.sentiment.head import WEIGHTS
from analytics.engine.sentiment.image import ImageModel
from analytics.engine.sentiment.recogniser import Recogniser
from analytics.engine.sentiment.scorer import (
    PORTION,
    RECORDINGS,
    THRESHOLD,
    ChannelScorer,
    Scorer,
    TextReader,
)
from analytics.engine.sentiment.speech import SpeechModel
from analytics.engine.sentiment.text_plug import FUSION_NOTE
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

PARTS = ("text", "aspects", "image", "speech", "fusion")
#: Reviews that a text model of somebody else's is given to begin with; it may take seconds for each.
FIRST_PORTION = 8
#: Recordings of one portion where a recogniser listens: it may take as long as the recording lasts.
FIRST_RECORDINGS = 1


def load_scorer(
    folder: Path | None = None,
    *,
    aspects_file: Path | None = None,
    text: TextReader | None = None,
    recogniser: Recogniser | None = None,
) -> Scorer:
    """The scorer whose weights lie in ``folder`` (what ``retrain`` wrote), or the shipped one.

    Args:
        aspects_file: a site's own aspects, added to the model's.
        text: reads texts in place of the model in ``folder``; channels are not fused then, because fusion was
            measured with the other.
        recogniser: turns recordings into words, which are read as the written ones are.

    Raises:
        RecommenderError: the folder does not exist, or weights are damaged.
    """
    if folder is not None and not folder.is_dir():
        told = say(_("The sentiment model {name} does not exist."), name=folder.name)
        raise RecommenderError(told, _("Train it anew."))
    places = {part: place_of(part, folder) for part in PARTS}
    files = sorted(path for part in PARTS[1:] for path in files_of(places[part]))
    own = _optional("text", "TextModel", places["text"])
    return ChannelScorer(
        text=own if text is None else text,
        aspects=_optional("aspects", "AspectModel", places["aspects"], extra=aspects_file, text=own),
        image=ImageModel.load(places["image"]) if places["image"] else None,
        speech=SpeechModel.load(places["speech"]) if places["speech"] else None,
        fusion=FirstChannel(FUSION_NOTE) if text else _fusion(places["fusion"]),
        recogniser=recogniser,
        portion=FIRST_PORTION if text or recogniser else PORTION,
        recordings=FIRST_RECORDINGS if recogniser else RECORDINGS,
        files=(*files, *([aspects_file] if aspects_file else [])),
        threshold=THRESHOLD,
    )


def _fusion(place: Path | None) -> Fusion:
    return load_fusion(place) if place else FirstChannel()


def place_of(part: str, folder: Path | None) -> Path | None:
    """The folder that holds a part's weights: in ``folder``, else shipped; None where neither has it."""
    for base in (folder, WEIGHTS):
        if base is not None and files_of(base / part):
            return base / part
    return None


def files_of(folder: Path | None) -> list[Path]:
    """The weight files of one part, in order."""
    if folder is None or not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def _optional(module: str, name: str, folder: Path | None, **given: Any) -> Any:
    target = f"analytics.engine.sentiment.{module}"
    if folder is None or util.find_spec(target) is None:
        return None
    return getattr(import_module(target), name).load(folder, **given)
