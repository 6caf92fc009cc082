"""Sound decoded to 16 kHz mono and to the log-mel picture that sound models read."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from recommender.contracts import Clip
from recommender.engine.preprocess.container import REMEDY, open_container
from recommender.engine.preprocess.effort import Effort
from recommender.errors import MediaError
from recommender.said import gettext_noop as _
from recommender.said import say

if TYPE_CHECKING:
    from av.container import InputContainer

RATE = 16_000
MAX_SECONDS = 60.0
MEL_BANDS = 64

_WINDOW, _HOP, _FFT = 400, 160, 512  # 25 ms windows every 10 ms
_LOWEST_HZ, _HIGHEST_HZ = 125.0, 7500.0
_LOG_OFFSET = 0.001
_BLOCK = 4096  # frames transformed at once, so that memory does not grow with the clip


def load_clip(path: str | Path, max_seconds: float = MAX_SECONDS) -> Clip:
    """The first ``max_seconds`` of the sound at ``path``, or of a film's sound track.

    Returns:
        A clip of float32 samples in [-1, 1], mono at 16 kHz; silence is a clip of zeros.

    Raises:
        MediaError: no sound in it, none that can be decoded, or none within ``effort.MOST_SECONDS``. A file
            cut off gives what is left of it.
    """
    name = Path(path).name
    wanted = round(max_seconds * RATE)
    with open_container(path) as container:
        if not container.streams.audio:
            told = say(_("{name} holds no sound."), name=name)
            raise MediaError(told, _("Upload a file with a sound track."))
        samples = _decode(container, wanted, Effort(path))
    if not len(samples):
        raise MediaError(say(_("{name} holds no sound that can be decoded."), name=name), REMEDY)
    return Clip(samples, RATE)


def _decode(container: InputContainer, wanted: int, effort: Effort) -> np.ndarray:
    """Up to ``wanted`` samples (n,); an error after the first decoded frame ends the clip there."""
    import av

    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    pieces: list[np.ndarray] = []
    have = 0
    try:
        for frame in effort.frames(container, container.streams.audio[0]):
            for part in resampler.resample(frame):
                pieces.append(part.to_ndarray().reshape(-1))
                have += len(pieces[-1])
            if have >= wanted:
                break
        else:
            pieces += [part.to_ndarray().reshape(-1) for part in resampler.resample(None)]
    except av.error.FFmpegError:
        if not pieces:
            raise
    joined = np.concatenate(pieces)[:wanted] if pieces else np.zeros(0, np.float32)
    return np.clip(np.nan_to_num(joined), -1.0, 1.0).astype(np.float32, copy=False)


def flac_bytes(clip: Clip) -> bytes:
    """The clip as a FLAC file of 16 bits a sample, which ``load_clip`` and every browser read."""
    import av

    samples = np.round(np.clip(clip.samples, -1.0, 1.0) * 32767.0).astype(np.int16)[None]  # (1, n)
    out = io.BytesIO()
    with av.open(out, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=clip.rate, layout="mono", format="s16")
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = clip.rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def _mel(hertz: float | np.ndarray) -> np.ndarray:
    return 1127.0 * np.log1p(hertz / 700.0)


@lru_cache(maxsize=1)
def mel_filters() -> np.ndarray:
    """Triangular filters (257 bins, 64 bands), HTK mel scale, from 125 to 7500 Hz; peak weight 1."""
    bins = _mel(np.linspace(0.0, RATE / 2, _FFT // 2 + 1))[:, None]  # (257, 1)
    edges = np.linspace(float(_mel(_LOWEST_HZ)), float(_mel(_HIGHEST_HZ)), MEL_BANDS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]  # (64,)
    rising, falling = (bins - lower) / (centre - lower), (upper - bins) / (upper - centre)
    filters = np.maximum(0.0, np.minimum(rising, falling))
    filters[0] = 0.0  # the constant part is no sound
    return filters.astype(np.float32)


def log_mel(clip: Clip) -> np.ndarray:
    """Log-mel spectrogram, shape (frames, 64), float32; a frame is 25 ms, frames are 10 ms apart.

    The input of YAMNet (Plakal and Ellis 2020): magnitude spectrum, HTK mel bands, ln(mel + 0.001).
    ``clip`` is at 16 kHz; one shorter than a window is padded with silence to one frame.
    """
    if clip.rate != RATE:
        told = _("log_mel takes sound at {rate} Hz, this is at {other} Hz.")
        raise MediaError(say(told, rate=RATE, other=clip.rate), _("Use load_clip."))
    samples = np.asarray(clip.samples, dtype=np.float32)
    if len(samples) < _WINDOW:
        samples = np.pad(samples, (0, _WINDOW - len(samples)))
    windows = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]  # (frames, 400)
    taper = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    rows = np.empty((len(windows), MEL_BANDS), np.float32)
    for start in range(0, len(windows), _BLOCK):
        spectrum = np.abs(np.fft.rfft(windows[start : start + _BLOCK] * taper, _FFT))  # (block, 257)
        rows[start : start + _BLOCK] = np.log(spectrum @ mel_filters() + _LOG_OFFSET)
    return rows
