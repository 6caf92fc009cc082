"""Speech in English and Mandarin, synthesised by the espeak-ng library of the ``espeakng-loader`` wheel.

espeak-ng keeps its state in globals, so one process speaks one sentence at a time (a lock sees to it); for
more at once, use more processes.
"""

from __future__ import annotations

import ctypes
import os
import tempfile
import threading
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from recommender.contracts import Clip
from recommender.errors import RecommenderError

RATE = 16_000

#: Voice variants that are pleasant and unlike each other, women's and men's by turns.
VOICES: tuple[str, ...] = (
    "f2", "m3", "f4", "m7", "Annie", "david", "linda", "Alex", "f5", "m1", "belinda", "john", "steph", "m6",
    "Alicia", "benjamin", "f1", "michel", "anika", "max",
)  # fmt: skip

_LANGUAGES = {"en": "en-us", "en-us": "en-us", "en-gb": "en-gb", "zh": "cmn", "cmn": "cmn"}

# From speak_lib.h.
_SYNCHRONOUS = 2
_NO_EXIT = 0x8000
_UTF8 = 1
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4
_LONGEST_DATA_PATH = 120  # espeak-ng builds file names in buffers of 160 bytes

_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
_lock = threading.Lock()
_speaker: _Speaker | None = None


def synthesise(
    text: str, language: str, *, voice: str = "", rate: int = 165, pitch: int = 50, variation: int = 50
) -> Clip:
    """``text`` spoken aloud.

    Args:
        text: what to say; at most a few sentences.
        language: ``en`` (American), ``en-gb`` or ``zh`` (Mandarin).
        voice: one of ``VOICES``, or any variant of espeak-ng; empty for the language's own.
        rate: words a minute, 80 to 400.
        pitch: base pitch, 0 to 99.
        variation: how far the pitch moves, 0 (a monotone) to 99 (excited).

    Returns:
        Mono float32 at 16 kHz, peak 0.9, silence at both ends trimmed to a tenth of a second. The flutter of
        a voice goes on from one sentence to the next, so a repeat sounds the same but is not byte for byte.

    Raises:
        RecommenderError: the language or voice is unknown, or the library cannot be started.
    """
    if language not in _LANGUAGES:
        raise RecommenderError(f"No voice speaks {language!r}.", f"Choose one of {', '.join(_LANGUAGES)}.")
    name = _LANGUAGES[language] + (f"+{voice}" if voice else "")
    with _lock:
        samples, native = _the_speaker().say(text, name, rate, pitch, variation)
    return Clip(_finish(samples, native), RATE)


class _Speaker:
    """The library, started once in a process."""

    def __init__(self) -> None:
        import espeakng_loader

        self._data = data = _short_path(Path(espeakng_loader.get_data_path()))
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self.pid = os.getpid()
        self._rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, str(data).encode(), _NO_EXIT)
        if self._rate <= 0:
            raise RecommenderError(
                f"espeak-ng cannot read its voices in {data}.", "Reinstall espeakng-loader."
            )
        self._pieces: list[np.ndarray] = []
        self._callback = _CALLBACK(self._receive)  # kept: the library holds only its address
        self._library.espeak_SetSynthCallback(self._callback)

    def _receive(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int | None) -> int:
        if samples and count > 0:
            self._pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def say(self, text: str, voice: str, rate: int, pitch: int, variation: int) -> tuple[np.ndarray, int]:
        """Samples (n,) int16 and their rate."""
        variant = voice.partition("+")[2]
        known = not variant or (self._data / "voices" / "!v" / variant).is_file()  # else it is passed over
        if not known or self._library.espeak_SetVoiceByName(voice.encode()):
            raise RecommenderError(f"espeak-ng has no voice {voice!r}.", "Choose one of speech.VOICES.")
        for parameter, value in ((_RATE, rate), (_VOLUME, 100), (_PITCH, pitch), (_RANGE, variation)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._pieces = []
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(1))  # breath noise, the same each time
        raw = text.encode() + b"\0"
        self._library.espeak_Synth(raw, ctypes.c_size_t(len(raw)), 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        return (np.concatenate(self._pieces) if self._pieces else np.zeros(0, np.int16)), self._rate


def _the_speaker() -> _Speaker:
    global _speaker
    if _speaker is None or _speaker.pid != os.getpid():
        _speaker = _Speaker()
    return _speaker


def _short_path(data: Path) -> Path:
    """``data``, or a short link to it where its name is too long for the library's buffers."""
    if len(str(data)) <= _LONGEST_DATA_PATH:
        return data
    link = Path(tempfile.mkdtemp(prefix="espeak-")) / "espeak-ng-data"
    link.symlink_to(data)
    return link


def _finish(samples: np.ndarray, native: int) -> np.ndarray:
    """Resampled to 16 kHz, trimmed and levelled: (n,) float32."""
    sound = samples.astype(np.float32) / 32768
    loud = np.flatnonzero(np.abs(sound) > 0.01)
    if not len(loud):
        return np.zeros(RATE // 10, np.float32)
    margin = native // 10
    sound = sound[max(0, loud[0] - margin) : loud[-1] + margin]
    divisor = np.gcd(RATE, native)
    sound = resample_poly(sound, RATE // divisor, native // divisor)
    return np.ascontiguousarray(sound * (0.9 / max(np.abs(sound).max(), 1e-6)), dtype=np.float32)
