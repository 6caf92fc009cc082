"""PocketSphinx: small, old, English, and with its model in its wheel. Its words are often wrong."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from analytics.contracts import Transcript
from analytics.engine.sentiment.recogniser import SpeechPlug, key_of
from analytics.engine.sentiment.recogniser_words import Timed, transcript
from recommender.contracts import Clip
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

LANGUAGE = "en"
_FRAMES = 100  # a second
_MODEL = ("en-us/en-us", "en-us/en-us.lm.bin", "en-us/cmudict-en-us.dict")
#: ``<s>``, ``<sil>``, ``[NOISE]`` and the like, which are no words.
_NO_WORD = re.compile(r"[<\[+].*")
_VARIANT = re.compile(r"\(\d+\)$")  # of the pronunciation: "the(2)"


class SphinxRecogniser:
    """Made by ``load``. A decoder takes one recording at a time, so threads wait for each other."""

    languages = frozenset({LANGUAGE})

    def __init__(self, decoder: Any, key: str) -> None:
        self._decoder, self.key = decoder, key
        self._lock = threading.Lock()

    def transcribe(self, clip: Clip) -> Transcript:
        """See ``Recogniser``."""
        samples = np.clip(np.asarray(clip.samples, np.float32), -1.0, 1.0)
        raw = np.round(samples * 32767.0).astype("<i2").tobytes()
        with self._lock:
            # What the last recording left behind would tint this one: begin with fresh features.
            self._decoder.reinit_feat()
            self._decoder.start_utt()
            try:
                self._decoder.process_raw(raw, full_utt=True)
            finally:
                self._decoder.end_utt()
            words = _words(self._decoder.seg() or ())
        text = " ".join(word.text for word in words)
        return transcript(text, words, self.key, language=LANGUAGE)


def load(plug: SpeechPlug) -> SphinxRecogniser:
    """The recogniser with the model of its wheel.

    Raises:
        RecommenderError: the package came without its model.
    """
    import pocketsphinx

    places = [Path(pocketsphinx.get_model_path(part)) for part in _MODEL]
    if absent := [place.name for place in places if not place.exists()]:
        raise RecommenderError(
            say(_("This pocketsphinx came without its English model ({files})."), files=", ".join(absent)),
            say(
                _("Install the wheel of the package index: {command}"),
                command="pip install --force-reinstall pocketsphinx",
            ),
        )
    acoustic, language_model, dictionary = (str(place) for place in places)
    decoder = pocketsphinx.Decoder(
        hmm=acoustic, lm=language_model, dict=dictionary, samprate=16_000, logfn=os.devnull
    )
    files = [*sorted(places[0].iterdir()), *places[1:]]
    return SphinxRecogniser(decoder, key_of(plug.name, files, version("pocketsphinx")))


def _words(segments: Iterable[Any]) -> list[Timed]:
    """Words with their seconds and posterior probability, without silences and noises."""
    return [
        Timed(
            _VARIANT.sub("", one.word),
            one.start_frame / _FRAMES,
            (one.end_frame + 1) / _FRAMES,
            min(1.0, float(one.prob)),
        )
        for one in segments
        if not _NO_WORD.match(one.word)
    ]
