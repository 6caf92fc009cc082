"""Prosody frame by frame: loudness, pitch, voice quality and the shape of the spectrum, every 10 ms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from recommender.contracts import Clip
from recommender.engine.preprocess.audio import RATE, log_mel

HOP = 160  # samples between frames: 10 ms
CEPSTRA = 20
WINDOW = 640  # samples of a frame: 40 ms, so that two periods of the deepest voice fit
_FFT = 2048
_SHAPE_FFT = 512
_LOWEST, _HIGHEST = 65.0, 500.0  # hertz
_OCTAVE_COST = 0.06  # per octave below the highest pitch, against halving (Boersma 1993)
_VOICED = 0.45  # normalised autocorrelation from which a frame counts as voiced
_SPEECH_RANGE = 35.0  # dB below the loudest frames that still count as speech
_FLOOR = 1e-7


@dataclass(frozen=True, slots=True)
class Frames:
    """One clip's frames, each array's first axis in time.

    Attributes:
        mel: (n, 64) log-mel, as ``log_mel`` gives it.
        cepstra: (n, CEPSTRA) mel-frequency cepstral coefficients, the first being overall level.
        loudness: (n,) decibels.
        pitch: (n,) semitones above 55 Hz; meaningful where ``voiced``.
        periodicity: (n,) height of the autocorrelation's peak, 0 to 1: how clear the voice is.
        shape: (n, 6) centroid, spread, roll-off (kHz), tilt (dB per octave), flux and share above 1 kHz.
        voiced, speech: (n,) booleans.
    """

    mel: np.ndarray
    cepstra: np.ndarray
    loudness: np.ndarray
    pitch: np.ndarray
    periodicity: np.ndarray
    shape: np.ndarray
    voiced: np.ndarray
    speech: np.ndarray


def read_frames(clip: Clip) -> Frames:
    """The frames of a clip at 16 kHz; ``clip`` is at least one window (40 ms) long, or padded to it."""
    from scipy.fft import dct  # heavy: imported by whoever asks

    samples = np.asarray(clip.samples, np.float32)
    if len(samples) < WINDOW:
        samples = np.pad(samples, (0, WINDOW - len(samples)))
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]  # (n, 640)
    mel = log_mel(Clip(samples, RATE))[: len(windows)]
    loudness = 10.0 * np.log10(np.mean(np.square(windows, dtype=np.float64), axis=1) + _FLOOR**1.5)
    pitch, periodicity = _pitch(windows)
    speech = loudness > np.percentile(loudness, 95) - _SPEECH_RANGE
    voiced = (periodicity > _VOICED) & speech
    cepstra = dct(mel, type=2, norm="ortho", axis=1)[:, :CEPSTRA]
    return Frames(mel, cepstra, loudness, pitch, periodicity, _shape(windows), voiced, speech)


@lru_cache(maxsize=1)
def _taper() -> tuple[np.ndarray, np.ndarray]:
    """A Hann window (640,) and its own autocorrelation (2048,), by which a frame's is divided."""
    window = np.hanning(WINDOW)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, _FFT)) ** 2, _FFT)
    return window.astype(np.float32), np.maximum(own / own[0], 0.05)


def _pitch(windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Semitones above 55 Hz and periodicity (n,) by the windowed autocorrelation (Boersma 1993)."""
    from scipy.ndimage import median_filter  # heavy: imported by whoever asks

    window, own = _taper()
    centred = (windows - windows.mean(axis=1, keepdims=True)) * window
    power = np.abs(np.fft.rfft(centred, _FFT, axis=1)) ** 2
    correlation = np.fft.irfft(power, _FFT, axis=1)
    correlation = correlation / np.maximum(correlation[:, :1], _FLOOR) / own
    lags = np.arange(int(RATE / _HIGHEST), int(RATE / _LOWEST))
    scores = correlation[:, lags] - _OCTAVE_COST * np.log2(lags / lags[0])  # (n, lags)
    best = scores.argmax(axis=1)
    rows = np.arange(len(windows))
    periodicity = np.clip(correlation[rows, lags[best]], 0.0, 1.0)
    lag = lags[best] + _between(correlation, rows, lags[best])
    pitch = 12.0 * np.log2(RATE / lag / 55.0)
    return median_filter(pitch, size=5, mode="nearest"), periodicity


def _between(correlation: np.ndarray, rows: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """How far (n,) the peak of a parabola through three neighbours lies from the middle one."""
    before, peak, after = (correlation[rows, lags + step] for step in (-1, 0, 1))
    bend = before - 2 * peak + after
    offset = 0.5 * (before - after) / np.where(np.abs(bend) < _FLOOR, 1.0, bend)
    return np.clip(offset, -0.5, 0.5)


def _shape(windows: np.ndarray) -> np.ndarray:
    """(n, 6): the spectrum's centroid, spread, roll-off, tilt, flux and share above 1 kHz."""
    spectrum = np.abs(np.fft.rfft(windows[:, :_SHAPE_FFT] * np.hanning(_SHAPE_FFT), axis=1))[:, 1:]
    kilohertz = np.arange(1, spectrum.shape[1] + 1) * RATE / _SHAPE_FFT / 1000.0
    share = spectrum**2 + _FLOOR
    share = share / share.sum(axis=1, keepdims=True)
    centroid = share @ kilohertz
    spread = np.sqrt(np.maximum(share @ kilohertz**2 - centroid**2, 0.0))
    rolloff = kilohertz[(np.cumsum(share, axis=1) >= 0.85).argmax(axis=1)]
    octaves = np.log2(kilohertz) - np.log2(kilohertz).mean()
    decibels = 10.0 * np.log10(share)
    tilt = decibels @ octaves / (octaves @ octaves)
    flux = np.r_[0.0, np.sqrt(np.square(np.diff(np.sqrt(share), axis=0)).sum(axis=1))]
    high = share[:, kilohertz > 1.0].sum(axis=1)
    return np.stack([centroid, spread, rolloff, tilt, flux, high], axis=1)
