"""Whisper by way of faster-whisper, from a folder that CTranslate2 wrote; finds the language by itself."""

from __future__ import annotations

import json
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
from recommender.engine.encoders.specifications import Mistake
from recommender.said import gettext_noop as _
from recommender.said import say

#: Without ``tokenizer.json`` the library would fetch one from the network.
_NEEDED = ("config.json", "model.bin", "tokenizer.json")
_VOCABULARY = ("vocabulary.txt", "vocabulary.json")
_REMEDY = _("Give a folder that ct2-transformers-converter wrote, with --copy_files tokenizer.json.")


class WhisperRecogniser:
    """Made by ``load``. One recording at a time: the library shares its threads among them anyway."""

    def __init__(self, model: Any, key: str) -> None:
        self._model, self.key = model, key
        self._lock = threading.Lock()
        #: A model for English alone cannot tell that a language is another one.
        self.languages: frozenset[str] = frozenset() if model.model.is_multilingual else frozenset({"en"})

    def transcribe(self, clip: Clip) -> Transcript:
        """See ``Recogniser``. Silence is skipped: Whisper invents words for it."""
        samples = np.asarray(clip.samples, np.float32)
        with self._lock:
            pieces, info = self._model.transcribe(
                samples,
                language=next(iter(self.languages), None),
                word_timestamps=True,
                vad_filter=True,
                condition_on_previous_text=False,
                # By itself it draws by chance, up to five times, where its best guess seems poor.
                temperature=0.0,
            )
            pieces = list(pieces)  # the work is done while they are asked for
        text = "".join(piece.text for piece in pieces).strip()
        return transcript(
            text, _words(pieces), self.key, language=info.language or "", confidence=_confidence(pieces)
        )


def _words(pieces: Iterable[Any]) -> list[Timed]:
    return [
        Timed(word.word, word.start, word.end, word.probability)
        for piece in pieces
        for word in piece.words or ()
    ]


def _confidence(pieces: list[Any]) -> float | None:
    """The mean probability of a token, for the rare piece whose words are not known."""
    if not pieces:
        return None
    return float(np.exp(np.mean([piece.avg_logprob for piece in pieces])))


def folder_mistake(folder: Path) -> Mistake | None:
    """Why no Whisper model can be read from ``folder``."""
    absent = [name for name in _NEEDED if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in _VOCABULARY):
        absent.append(_VOCABULARY[0])
    if absent:
        return Mistake(
            say(_("{folder} holds no {files}."), folder=str(folder), files=", ".join(absent)),
            _REMEDY,
            here=True,
        )
    try:
        json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError as error:
        told = say(_("{name} cannot be read ({error})."), name=f"{folder}/config.json", error=str(error))
        return Mistake(told, _REMEDY, here=True)
    return None


def load(plug: SpeechPlug) -> WhisperRecogniser:
    """The model in the plug's folder, which ``mistake_in`` has looked at; raises what the library raises."""
    from faster_whisper import WhisperModel

    folder = plug.folder
    assert folder is not None
    device, _colon, index = plug.device.partition(":")
    model = WhisperModel(str(folder), device=device, device_index=int(index or 0), local_files_only=True)
    files = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    return WhisperRecogniser(model, key_of(plug.name, files, version("faster-whisper")))
