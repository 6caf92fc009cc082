"""The first layers of a speech recogniser, in numpy: how each fiftieth of a second sounds where it stands.

The network is the encoder of Whisper base (Radford et al. 2023, "Robust Speech Recognition via Large-Scale
Weak Supervision") as far as its third layer; the weights are the published ones (MIT), each row of a matrix
rounded to eight bits. Such layers tell more of a voice's mood than the last, which tell more of its words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from analytics.engine.sentiment.head import DAMAGE
from recommender.contracts import Clip
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

ARRAYS = "trunk.npz"
CHANNELS, HEADS, LAYERS = 512, 8, 3
#: Layers whose answers are kept, counted from 1.
KEPT = (2, 3)
#: Numbers that ``pooled`` gives.
POOLED = 2 * len(KEPT) * CHANNELS
FRAMES_A_STEP = 2
BANDS, WINDOW, HOP = 80, 400, 160  # log-mel bands; samples, of a window and between two
_PIECE = 1000  # frames that are read in their surroundings at most: 10 s
_RANGE = 8.0  # powers of ten below the loudest band of the clip at which a band is silent
_SILENCE = 1e-10
#: Matrices (out, in), each with a shift (out,).
MATRICES = {"conv1": (CHANNELS, 3 * BANDS), "conv2": (CHANNELS, 3 * CHANNELS)} | {
    f"layer{number}.{name}": shape
    for number in range(LAYERS)
    for name, shape in {
        "ask": (3 * CHANNELS, CHANNELS),  # queries, keys and values
        "answer": (CHANNELS, CHANNELS),
        "wide": (4 * CHANNELS, CHANNELS),
        "narrow": (CHANNELS, 4 * CHANNELS),
    }.items()
}
NORMS = tuple(f"layer{number}.{name}" for number in range(LAYERS) for name in ("before_ask", "before_wide"))


def shapes() -> dict[str, tuple[int, ...]]:
    """What the file of weights holds: mel filters, rows in eight bits with a step each, shifts and gains."""
    found: dict[str, tuple[int, ...]] = {"mel": (BANDS, WINDOW // 2 + 1)}
    for name, (out, wide) in MATRICES.items():
        found |= {f"{name}.rows": (out, wide), f"{name}.step": (out,), f"{name}.shift": (out,)}
    for name in NORMS:
        found |= {f"{name}.gain": (CHANNELS,), f"{name}.shift": (CHANNELS,)}
    return found


@dataclass(frozen=True)
class Trunk:
    """Weights, and a mark of what they are.

    Attributes:
        weights: by name: ``mel`` (80, 201), matrices (in, out) of whole numbers in eight bits, and in float32
            the step (out,) that one is worth, shifts and gains (out,).
        key: of these arrays.
    """

    weights: Mapping[str, np.ndarray]
    key: str

    @classmethod
    def load(cls, folder: Path) -> Trunk:
        """The trunk beside the speech head.

        Raises:
            RecommenderError: it is missing or damaged.
        """
        try:
            with np.load(folder / ARRAYS) as stored:
                return cls.of({name: stored[name] for name in stored.files})
        except DAMAGE as error:
            raise RecommenderError(
                say(
                    _("The speech model in {folder} lacks its trunk ({error})."),
                    folder=folder.name,
                    error=str(error),
                ),
                say(
                    _("Restore it from the repository, or train anew: manage.py {command}."),
                    command="train_sentiment speech",
                ),
            ) from error

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> Trunk:
        """From what the file holds (see ``shapes``).

        Raises:
            KeyError: an array is not there.
            ValueError: an array has another shape.
        """
        for name, shape in shapes().items():
            if arrays[name].shape != shape:
                raise ValueError(f"{name} is {arrays[name].shape}, not {shape}")
        digest = hashlib.sha256()
        for name in sorted(shapes()):
            digest.update(np.ascontiguousarray(arrays[name]).tobytes())
        kept = {name: arrays[name].astype(np.float32) for name in shapes() if not name.endswith(".rows")}
        # Eight bits are widened for each product, a tenth of its time, and take a quarter of the memory.
        kept |= {name: np.ascontiguousarray(arrays[f"{name}.rows"].astype(np.int8).T) for name in MATRICES}
        return cls(kept, digest.hexdigest()[:12])

    def read(self, clip: Clip) -> np.ndarray:
        """(steps, 2, 512) float32, a step for every 20 ms, of a clip at 16 kHz.

        Whisper reads half a minute, filled up with silence; here a clip is read as long as it is, a long one
        in pieces of equal length, 10 s at most, that do not hear each other.
        """
        mel = log_mel(np.asarray(clip.samples, np.float32), self.weights["mel"])
        steps = -(-len(mel) // FRAMES_A_STEP)
        edges = np.linspace(0, steps, -(-len(mel) // _PIECE) + 1).astype(int) * FRAMES_A_STEP
        return np.concatenate([self._piece(mel[start:end]) for start, end in pairwise(edges)])

    def _piece(self, mel: np.ndarray) -> np.ndarray:
        x = _gelu(self._mapped("conv1", _three(mel, 1)))
        x = _gelu(self._mapped("conv2", _three(x, FRAMES_A_STEP)))
        x = x + places(len(x))
        found = []
        for number in range(LAYERS):
            x = self._layer(x, f"layer{number}.")
            if number + 1 in KEPT:
                found.append(x)
        return np.stack(found, axis=1)

    def _layer(self, x: np.ndarray, at: str) -> np.ndarray:
        """Self-attention, then a network for each step, each added to what it reads (Vaswani et al. 2017)."""
        asked = self._mapped(f"{at}ask", self._normed(f"{at}before_ask", x))
        query, key, value = asked.reshape(len(x), 3, HEADS, -1).transpose(1, 2, 0, 3)  # (heads, steps, 64)
        heard = _softmax(query @ key.transpose(0, 2, 1) / np.sqrt(np.float32(query.shape[2]))) @ value
        x = x + self._mapped(f"{at}answer", heard.transpose(1, 0, 2).reshape(x.shape))
        wide = _gelu(self._mapped(f"{at}wide", self._normed(f"{at}before_wide", x)))
        return np.asarray(x + self._mapped(f"{at}narrow", wide))

    def _mapped(self, name: str, x: np.ndarray) -> np.ndarray:
        product = x @ self.weights[name].astype(np.float32)
        return np.asarray(product * self.weights[f"{name}.step"] + self.weights[f"{name}.shift"])

    def _normed(self, name: str, x: np.ndarray) -> np.ndarray:
        centred = x - x.mean(axis=1, keepdims=True)
        deviation = np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + 1e-5)
        return np.asarray(centred / deviation * self.weights[f"{name}.gain"] + self.weights[f"{name}.shift"])


def log_mel(samples: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """(frames, 80) of samples (n,) at 16 kHz, as Whisper takes them: a few units wide, a frame every 10 ms.

    Args:
        filters: (80, 201) of the power at each frequency.
    """
    if len(samples) < WINDOW:
        samples = np.pad(samples, (0, WINDOW - len(samples)))
    around = np.pad(samples, WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(around, WINDOW)[: len(samples) // HOP * HOP : HOP]
    taper = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(windows * taper, axis=1))).astype(np.float32)
    level = np.log10(np.maximum(power @ filters.T, _SILENCE))
    return np.asarray((np.maximum(level, level.max() - _RANGE) + 4.0) / 4.0, np.float32)


def places(count: int) -> np.ndarray:
    """(count, 512) what marks the steps: sines and cosines of 256 periods, 2 pi to 20,000 pi steps."""
    speeds = 10_000.0 ** -np.linspace(0.0, 1.0, CHANNELS // 2)
    turns = np.arange(count)[:, None] * speeds
    return np.concatenate([np.sin(turns), np.cos(turns)], axis=1).astype(np.float32)


def pooled(steps: np.ndarray) -> np.ndarray:
    """(POOLED,) mean and deviation over time of steps (t, 2, 512)."""
    return np.concatenate([steps.mean(axis=0).ravel(), steps.std(axis=0).ravel()])


def _three(x: np.ndarray, stride: int) -> np.ndarray:
    """(ceil(t / stride), 3 * channels) each ``stride``-th row of (t, channels) between its neighbours."""
    framed = np.pad(x, ((1, 1), (0, 0)))
    return np.concatenate([framed[place : place + len(x) : stride] for place in range(3)], axis=1)


def _gelu(x: np.ndarray) -> np.ndarray:
    """Hendrycks and Gimpel (2016), as it is defined, by the error function."""
    from scipy.special import erf  # heavy: imported by whoever asks

    return np.asarray(x * (0.5 + 0.5 * erf(x * np.float32(np.sqrt(0.5)))))


def _softmax(x: np.ndarray) -> np.ndarray:
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(x / x.sum(axis=-1, keepdims=True))
