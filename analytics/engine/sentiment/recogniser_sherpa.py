"""Any offline model of sherpa-onnx, which of them being told by the files that its folder holds."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import pairwise
from math import exp
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

TOKENS = "*tokens.txt"
_REMEDY = _(
    "Give the folder of an offline model of sherpa-onnx: a transducer, Whisper, SenseVoice or Paraformer, "
    "with its tokens.txt."
)
_CODES = "ar cs de el en es fa fi fr he hi hu id it ja ko nl no pl pt ro ru sv th tr uk vi yue zh"
_LANGUAGES = frozenset(_CODES.split())
#: Cantonese and Mandarin are read by the same text model.
_SAME = {"yue": "zh", "cmn": "zh"}
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LONGEST_WORD = 1.0  # seconds, for the last of a run: the library tells only when a token begins
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder holds.

    Attributes:
        kind: ``transducer``, ``whisper``, ``sense_voice`` or ``paraformer``.
        files: by the name of the argument that takes each.
        languages: that the model understands; empty where it finds out by itself.
    """

    kind: str
    files: Mapping[str, Path]
    languages: frozenset[str] = field(default_factory=frozenset)


class SherpaRecogniser:
    """Made by ``load``."""

    def __init__(self, model: Any, key: str, languages: frozenset[str]) -> None:
        self._model, self.key, self.languages = model, key, languages
        self._lock = threading.Lock()

    def transcribe(self, clip: Clip) -> Transcript:
        """See ``Recogniser``."""
        with self._lock:
            stream = self._model.create_stream()
            stream.accept_waveform(clip.rate, np.asarray(clip.samples, np.float32))
            self._model.decode_stream(stream)
            result = stream.result
        text = _quiet(str(result.text).strip())
        told = str(getattr(result, "lang", "") or "").strip("<|>").lower()
        return transcript(
            text,
            words(text, _tokens(result), clip.seconds),
            self.key,
            language=_SAME.get(told, told),
            languages=self.languages,
        )


def _quiet(text: str) -> str:
    """Words that a model without case gives in capitals, in small letters, one character for one."""
    return text.lower() if text.isascii() and text.isupper() else text


def _tokens(result: Any) -> list[Timed]:
    """The result's tokens with the second each begins at and its probability, as far as it has them."""
    tokens = [str(token) for token in result.tokens]
    starts = list(result.timestamps)
    chances = list(getattr(result, "ys_log_probs", ()) or ())
    timed, sure = len(starts) == len(tokens), len(chances) == len(tokens)
    return [
        Timed(
            _quiet(token.replace("\u2581", " ").replace("@@", "")),
            begins=float(starts[number]) if timed else None,
            confidence=min(1.0, exp(chances[number])) if sure else None,
        )
        for number, token in enumerate(tokens)
    ]


def words(text: str, tokens: Sequence[Timed], seconds: float) -> list[Timed]:
    """Tokens put together to words as ``text`` has them: up to a blank, or one Han character each.

    Args:
        seconds: of the recording, beyond which no word ends.
    """
    groups: list[tuple[int, int, list[Timed]]] = []
    at = 0
    for token in tokens:
        quoted = token.text.strip()
        start = text.find(quoted, at) if quoted else -1
        # A token that the text leaves out stands nowhere; over words of the text none is looked for.
        if start < 0 or any(sign.isalnum() for sign in text[at:start]):
            continue
        at = start + len(quoted)
        if groups and groups[-1][1] == start and not _HAN.match(quoted) and not _HAN.match(text[start - 1]):
            groups[-1] = (groups[-1][0], at, [*groups[-1][2], token])
        else:
            groups.append((start, at, [token]))
    begins: list[float | None] = [*(parts[0].begins for _start, _end, parts in groups), seconds]
    return [
        Timed(text[start:end], begun, _end(begun, then, seconds), _least(parts))
        for (start, end, parts), (begun, then) in zip(groups, pairwise(begins), strict=True)
    ]


def _end(begun: float | None, then: float | None, seconds: float) -> float | None:
    if begun is None or then is None:
        return None
    return max(begun, min(then, begun + _LONGEST_WORD, seconds))


def _least(parts: Sequence[Timed]) -> float | None:
    """A word is as sure as its least sure token."""
    known = [part.confidence for part in parts if part.confidence is not None]
    return min(known) if known else None


# -- folders ------------------------------------------------------------------------------------------------


def folder_mistake(folder: Path) -> Mistake | None:
    """Why no offline model can be read from ``folder``."""
    if not any(folder.glob(TOKENS)):
        return Mistake(
            say(_("{folder} holds no {files}."), folder=str(folder), files="tokens.txt"), _REMEDY, here=True
        )
    if look_into(folder) is None:
        held = ", ".join(sorted(path.name for path in folder.glob("*.onnx"))) or say(_("no *.onnx file"))
        told = _("{folder} holds no model of a kind that is known ({held}).")
        return Mistake(say(told, folder=str(folder), held=held), _REMEDY, here=True)
    return None


def look_into(folder: Path) -> Found | None:
    """The model in ``folder``, by its files; the one with small integer weights where there are both."""
    tokens = min(folder.glob(TOKENS), default=None)
    encoder, decoder, joiner = (_onnx(folder, part) for part in ("encoder", "decoder", "joiner"))
    if tokens is None:
        return None
    if encoder and decoder and joiner:
        files = {"encoder": encoder, "decoder": decoder, "joiner": joiner, "tokens": tokens}
        return Found("transducer", files, _languages(folder, tokens))
    if encoder and decoder:
        # A streaming Paraformer has these two as well, and no name of Whisper anywhere.
        if "whisper" not in folder.name.lower() and "-encoder" not in encoder.name:
            return None
        english = ".en-" in encoder.name or ".en" in folder.name
        files = {"encoder": encoder, "decoder": decoder, "tokens": tokens}
        return Found("whisper", files, frozenset({"en"} if english else ()))
    model = _onnx(folder, "model")
    if model is None:
        return None
    if _is_sense_voice(folder, tokens):
        return Found("sense_voice", {"model": model, "tokens": tokens})
    if _is_paraformer(folder, tokens):
        return Found("paraformer", {"paraformer": model, "tokens": tokens}, _languages(folder, tokens))
    return None


def _onnx(folder: Path, part: str) -> Path | None:
    found = sorted(path for path in folder.glob("*.onnx") if part in path.name)
    return next((path for path in found if ".int8." in path.name), found[0] if found else None)


def _is_sense_voice(folder: Path, tokens: Path) -> bool:
    """Its vocabulary has a token for each language that it tells, whatever the folder is called."""
    named = re.sub("[^a-z]", "", folder.name.lower())
    return "sensevoice" in named or "<|nospeech|>" in tokens.read_text(encoding="utf-8", errors="replace")


def _is_paraformer(folder: Path, tokens: Path) -> bool:
    """Its vocabulary marks pieces of words that go on by ``@@``, as no other kind does."""
    vocabulary = tokens.read_text(encoding="utf-8", errors="replace")
    return "paraformer" in folder.name.lower() or re.search(r"@@[ \t]", vocabulary) is not None


def _languages(folder: Path, tokens: Path) -> frozenset[str]:
    """Those that the folder's name says, as ``...-zh-en-2023-...``; else by the letters of the vocabulary."""
    said = frozenset(re.split(r"[^a-z]+", folder.resolve().name.lower())) & _LANGUAGES
    if said:
        return frozenset(_SAME.get(one, one) for one in said)
    letters = tokens.read_text(encoding="utf-8", errors="replace")
    found = {"zh"} if _HAN.search(letters) else set()
    if re.search(r"^\W?[A-Za-z]{3,}[ \t]", letters, re.MULTILINE) or not found:
        found.add("en")
    return frozenset(found)


def load(plug: SpeechPlug) -> SherpaRecogniser:
    """The model in the plug's folder, which ``mistake_in`` has looked at; raises what the library raises."""
    import sherpa_onnx

    folder = plug.folder
    assert folder is not None
    found = look_into(folder)
    assert found is not None
    more = {"language": next(iter(found.languages), "")} if found.kind == "whisper" else {}
    if found.kind == "transducer" and re.search("nemo|parakeet", folder.name.lower()):
        more["model_type"] = "nemo_transducer"
    model = getattr(sherpa_onnx.OfflineRecognizer, f"from_{found.kind}")(
        **{name: str(path) for name, path in found.files.items()},
        **more,
        num_threads=min(_THREADS, os.cpu_count() or 1),
        provider="cuda" if plug.device.startswith("cuda") else "cpu",
    )
    return SherpaRecogniser(
        model, key_of(plug.name, found.files.values(), found.kind, version("sherpa-onnx")), found.languages
    )
