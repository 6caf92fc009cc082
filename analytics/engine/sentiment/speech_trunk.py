"""The first layers of a sound tagger, in numpy: what sort of sound each sixth of a second is.

The network is YAMNet's (Plakal and Ellis 2020), a MobileNet v1 over log-mel frames, as far as its thirteenth
convolution; the weights are the published ones (Apache-2.0), not changed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

ARRAYS = "trunk.npz"
#: Strides of the convolutions in time and in frequency.
STRIDES = (2, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 2, 1)
FRAMES_A_STEP = 16
BANDS, CHANNELS = 4, 512


@dataclass(frozen=True)
class Trunk:
    """Kernels: (3, 3, 1, out) first, then (3, 3, channels) depthwise, (in, out) pointwise; biases (out,)."""

    kernels: Sequence[np.ndarray]
    biases: Sequence[np.ndarray]

    @classmethod
    def load(cls, folder: Path) -> Trunk:
        """The trunk beside the speech head.

        Raises:
            RecommenderError: it is missing or damaged.
        """
        try:
            with np.load(folder / ARRAYS) as stored:
                return cls.of({name: stored[name] for name in stored.files})
        except (OSError, ValueError, KeyError, EOFError) as error:
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
        numbers = range(len(STRIDES))
        kernels, biases = ([arrays[f"{kind}{n}"].astype(np.float32) for n in numbers] for kind in ("k", "b"))
        return cls(kernels, biases)

    def read(self, mel: np.ndarray) -> np.ndarray:
        """(frames / 16, 4, 512) of log-mel frames (frames, 64)."""
        x = mel[:, :, None].astype(np.float32)
        for number, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            if kernel.ndim == 2:
                x = x @ kernel
            elif kernel.ndim == 3:
                x = _taps(x, kernel, STRIDES[number])
            else:
                x = _first(x, kernel, STRIDES[number])
            x = np.maximum(x + bias, 0.0)
        return x


def _padded(x: np.ndarray, stride: int) -> tuple[np.ndarray, int, int]:
    """``x`` padded as TensorFlow's "same" for a kernel of 3, and the size of what comes out."""
    sizes = [-(-side // stride) for side in x.shape[:2]]
    missing = [max((size - 1) * stride + 3 - side, 0) for size, side in zip(sizes, x.shape[:2], strict=True)]
    edges = [(total // 2, total - total // 2) for total in missing]
    return np.pad(x, [*edges, (0, 0)]), sizes[0], sizes[1]


def _taps(x: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """Depthwise convolution of (t, f, c)."""
    padded, high, wide = _padded(x, stride)
    out = np.zeros((high, wide, x.shape[2]), np.float32)
    for row in range(3):
        for column in range(3):
            part = padded[row : row + stride * high : stride, column : column + stride * wide : stride]
            out += part[:high, :wide] * kernel[row, column]
    return out


def _first(x: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """Full convolution of (t, f, 1) to (t, f, out)."""
    padded, high, wide = _padded(x, stride)
    out = np.zeros((high, wide, kernel.shape[3]), np.float32)
    for row in range(3):
        for column in range(3):
            part = padded[row : row + stride * high : stride, column : column + stride * wide : stride]
            out += part[:high, :wide] * kernel[row, column, 0]
    return out


def pooled(steps: np.ndarray) -> np.ndarray:
    """(4096,) mean and deviation over time of the trunk's steps (t, 4, 512), by channel and band."""
    columns = steps.transpose(2, 0, 1)  # (512, t, 4)
    return np.concatenate([columns.mean(axis=1).ravel(), columns.std(axis=1).ravel()])
