"""The scorer in service: the one that learned last and was put live, else the one that ships."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from analytics.services.scoring import plugs
from recommender.errors import RecommenderError
from recommender.models import ModelVersion
from recommender.said import gettext_noop as _
from recommender.said import quoted, say
from recommender.services.versions import failed_of

if TYPE_CHECKING:
    from analytics.engine.sentiment import Scorer

log = logging.getLogger(__name__)

KIND = "sentiment"
CHECK_SECONDS = 1.0

#: (when it was looked up, the version in service)
_known: tuple[float, ModelVersion | None] = (float("-inf"), None)
#: (number of its version, or 0 for the one that ships; the scorer; the folder of its weights)
_loaded: tuple[int, Scorer, Path | None] | None = None
_lock = threading.Lock()


def serving_version() -> ModelVersion | None:
    """The version in service, looked up at most once a second by each process; None: the shipped model."""
    global _known
    looked, version = _known
    if time.monotonic() - looked >= CHECK_SECONDS:
        version = ModelVersion.objects.serving(KIND)
        _known = (time.monotonic(), version)
    return version


def current_scorer() -> Scorer:
    """The scorer in service, loaded once by each process and again when another is put live.

    A version whose files are damaged is marked as failed, and the shipped model serves. Where the settings
    plug in a text model or a recogniser, only workers may call this: it loads what a web process must not.

    Raises:
        RecommenderError: the shipped weights are damaged, or a part that the settings name cannot be loaded.
    """
    return scorer_and_folder()[0]


def scorer_and_folder() -> tuple[Scorer, Path | None]:
    """``current_scorer``, and where the weights lie that it was loaded from; None for the shipped ones."""
    global _loaded
    with _lock:
        version = serving_version()
        number = version.pk if version else 0
        if _loaded is None or _loaded[0] != number:
            _loaded = (number, *_load(version))
            plugs.tell(_loaded[1], version)
        return _loaded[1:]


def preload_plugs() -> None:
    """Load the scorer before it is asked for where a plugged part takes long; a failure is logged."""
    if not plugs.in_use():
        return
    try:
        current_scorer()
    except RecommenderError as error:
        log.error("Reviews are not scored: %s", error)


def current_scorer_key() -> str:
    """Key of the scorer in service. Light where a retrained one serves; else the shipped one is loaded.

    Where the settings put a part in place of its own, what a worker said of it; "" before one did.
    """
    version = serving_version()
    if plugs.in_use():
        return plugs.told_key(version)
    return _key_of(version) or current_scorer().key


def known_scorer_key() -> str:
    """Key of the scorer in service as far as a worker or its version told it, or "". Loads nothing."""
    version = serving_version()
    return plugs.told_key(version) or _key_of(version)


def _key_of(version: ModelVersion | None) -> str:
    """What a retrained version was called when it was made; "" where the settings add to it since."""
    added = plugs.in_use() or settings.ASPECTS_FILE
    return version.parameters.get("key", "") if version and not added else ""


def folder_of(version: ModelVersion | None) -> Path | None:
    """Where the weights of a version lie; None for the shipped ones."""
    return Path(settings.SENTIMENT_ROOT) / version.path if version else None


def forget_scorer() -> None:
    """Look up and load the scorer anew at the next call."""
    global _known, _loaded
    _known, _loaded = (float("-inf"), None), None
    plugs.forget()


def _load(version: ModelVersion | None) -> tuple[Scorer, Path | None]:
    plugs.loaded_text()  # what is wrong with these is no fault of the version
    plugs.loaded_recogniser()
    site_aspects()
    try:
        return load_with_aspects(folder_of(version)), folder_of(version)
    except RecommenderError as error:
        if version is None:
            raise
        log.error("Sentiment model %s: %s The shipped one serves.", version.path, error)
        ModelVersion.objects.filter(pk=version.pk).update(**failed_of(error))
        return load_with_aspects(None), None


def load_with_aspects(folder: Path | None) -> Scorer:
    """The scorer in ``folder``, or the shipped one, with the site's own aspects and plugged parts.

    Raises:
        RecommenderError: its weights are damaged, or a part that the settings name cannot be loaded.
    """
    from analytics.engine.sentiment import load_scorer

    given: dict[str, Any] = {
        "aspects_file": site_aspects(),
        "text": plugs.loaded_text(),
        "recogniser": plugs.loaded_recogniser(),
    }
    return load_scorer(folder, **{name: value for name, value in given.items() if value is not None})


def site_aspects() -> Path | None:
    """The site's own lexicon of aspects; None where it has none.

    Raises:
        RecommenderError: it cannot be read. Reviews wait for it: scored without it, all of them would lose
            the site's aspects, and be scored again when it can be read.
    """
    from analytics.engine.sentiment.aspects_lexicon import read_lexicon

    if not settings.ASPECTS_FILE:
        return None
    path = Path(settings.ASPECTS_FILE)
    try:
        read_lexicon(path)
    except RecommenderError as error:
        told = say(_("ASPECTS_FILE: {reason}"), reason=quoted(error.message))
        raise RecommenderError(told, error.remedy, permanent=False) from error
    return path
