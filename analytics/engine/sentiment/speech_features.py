"""A clip of any length as one row of numbers: statistics of its frames, its rhythm and its pauses."""

from __future__ import annotations

import numpy as np

from analytics.engine.sentiment.speech_frames import HOP, Frames, read_frames
from recommender.contracts import Clip
from recommender.engine.preprocess.audio import RATE

_STEPS_A_SECOND = RATE / HOP
_RHYTHM_BANDS = ((0.5, 2.0), (2.0, 4.0), (4.0, 8.0), (8.0, 16.0), (16.0, 32.0))  # hertz
_QUANTILES = (5, 25, 50, 75, 95)


def clip_features(clip: Clip) -> np.ndarray:
    """(FEATURES,) float32, finite for any clip, silence too. ``clip`` is at 16 kHz."""
    return features_of(read_frames(clip))


def features_of(frames: Frames) -> np.ndarray:
    """(FEATURES,) float32 of frames already read."""
    speech = frames.speech if frames.speech.sum() >= 5 else np.ones_like(frames.speech)
    voiced = frames.voiced if frames.voiced.sum() >= 5 else speech
    level = frames.loudness - np.percentile(frames.loudness, 95)
    parts: list[np.ndarray | list[float]] = [
        _cepstra(frames, speech),
        _spread(frames.pitch[voiced]), _movement(frames.pitch, voiced),
        _spread(level[speech]), _movement(level, speech), [float(np.percentile(frames.loudness, 95))],
        _spread(frames.periodicity[speech]), _movement(frames.periodicity, voiced),
        *(_spread(frames.shape[speech, column]) for column in range(frames.shape.shape[1])),
        *(_spread(frames.shape[voiced, column])[:2] for column in range(frames.shape.shape[1])),
        _timing(frames), _rhythm(frames.mel),
    ]  # fmt: skip
    row = np.concatenate([np.ravel(part) for part in parts])
    return np.nan_to_num(row, posinf=0.0, neginf=0.0).astype(np.float32)


def _cepstra(frames: Frames, speech: np.ndarray) -> np.ndarray:
    """Mean, spread and extremes of the cepstra and of their first two differences in time."""
    values = frames.cepstra
    first = np.gradient(values, axis=0) if len(values) > 1 else np.zeros_like(values)
    second = np.gradient(first, axis=0) if len(values) > 1 else first
    rows = values[speech]
    return np.concatenate([
        rows.mean(0), rows.std(0), np.percentile(rows, 10, axis=0), np.percentile(rows, 90, axis=0),
        _skew(rows), first[speech].std(0), np.abs(first[speech]).mean(0), second[speech].std(0),
    ])  # fmt: skip


def _skew(rows: np.ndarray) -> np.ndarray:
    centred = rows - rows.mean(0)
    return (centred**3).mean(0) / np.maximum(rows.std(0), 1e-3) ** 3


def _spread(values: np.ndarray) -> np.ndarray:
    """(9,) mean, deviation, five quantiles, the middle half's width and the slope from first to last."""
    quantiles = np.percentile(values, _QUANTILES)
    places = np.linspace(-1.0, 1.0, len(values))
    slope = places @ values / max(places @ places, 1e-6)
    return np.r_[values.mean(), values.std(), quantiles, quantiles[3] - quantiles[1], slope]


def _movement(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """(4,) size of the steps between neighbouring frames that both count: jitter, shimmer, glides."""
    both = where[1:] & where[:-1]
    steps = np.diff(values)[both]
    if len(steps) < 2:
        return np.zeros(4)
    return np.r_[np.abs(steps).mean(), np.median(np.abs(steps)), steps.std(), (steps > 0).mean()]


def _timing(frames: Frames) -> np.ndarray:
    """(9,) how much is spoken and voiced, in how long stretches, how fast syllables follow each other."""
    seconds = len(frames.speech) / _STEPS_A_SECOND
    spoken = max(frames.speech.sum() / _STEPS_A_SECOND, 0.05)
    stretches, pauses = _runs(frames.voiced), _runs(~frames.speech)
    smooth = np.convolve(frames.loudness, np.hanning(9) / np.hanning(9).sum(), "same")[: len(frames.loudness)]
    peaks = (smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:]) & frames.speech[1:-1]
    return np.r_[
        frames.speech.mean(), frames.voiced.mean(), frames.voiced.sum() / max(frames.speech.sum(), 1),
        len(stretches) / spoken, _mean(stretches), _mean(pauses), len(pauses) / seconds,
        peaks.sum() / spoken, np.log(max(spoken, 0.05)),
    ]  # fmt: skip


def _runs(mask: np.ndarray) -> np.ndarray:
    """Lengths in seconds of the unbroken stretches where ``mask`` holds."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(np.int8)))
    return (edges[1::2] - edges[::2]) / _STEPS_A_SECOND


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else 0.0


def _rhythm(mel: np.ndarray) -> np.ndarray:
    """(40,) how strongly eight broad bands rise and fall at five speeds: the modulation spectrum."""
    broad = mel.reshape(len(mel), 8, 8).mean(axis=2)
    broad = (broad - broad.mean(0)) * np.hanning(len(broad))[:, None]
    length = max(128, len(broad))
    power = np.abs(np.fft.rfft(broad, length, axis=0)) ** 2 / max(len(broad), 1)
    speed = np.fft.rfftfreq(length, 1.0 / _STEPS_A_SECOND)
    bands = [power[(speed >= low) & (speed < high)].mean(axis=0) for low, high in _RHYTHM_BANDS]
    return np.log(np.stack(bands) + 1e-4)


FEATURES = 8 * 20 + 9 + 4 + 9 + 4 + 1 + 9 + 4 + 6 * 9 + 6 * 2 + 9 + 40
