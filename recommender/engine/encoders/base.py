"""What an encoder is: the Protocol every plug obeys, and what is known of one before and after loading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from recommender.contracts import Clip, Modality

if TYPE_CHECKING:
    from PIL import Image

#: The encoder that ships with the project.
DEFAULT_ENCODER = "mmsite-mini"


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """Identity of a loaded encoder; two encoders share a space only if ``space_key`` agrees.

    Attributes:
        name: the specification it was loaded from, without machine paths.
        weights_hash: first 16 hex digits of the SHA-256 of the weight files.
        dim: width of every vector.
        preprocessing: version of what happens before the network, such as ``"squash224-bicubic/1"``.
        modalities: what it can encode.
        languages: codes of the languages its text tower was trained on; empty where unknown.
        batch_size: images per forward pass that fit the device's memory.
    """

    name: str
    weights_hash: str
    dim: int
    preprocessing: str
    modalities: tuple[Modality, ...]
    languages: tuple[str, ...] = ()
    batch_size: int = 32


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """What is known of an encoder without loading it; ``pattern`` cards stand for a family of names."""

    spec: str
    title: str
    description: str
    modalities: tuple[Modality, ...]
    languages: tuple[str, ...] = ()
    dim: int | None = None
    megabytes: float | None = None
    pattern: bool = False
    needs_network: bool = False


@runtime_checkable
class Encoder(Protocol):
    """Turns media into rows of unit length, float32 and C-contiguous, one a medium and in order.

    Every method takes an empty sequence (the answer has shape (0, dim)), gives the same rows however the
    input is cut into batches, and raises ``EncoderError`` for a modality absent from ``info.modalities``.
    """

    info: EncoderInfo

    def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        """(n, dim) for pictures of any size and mode."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        """(n, dim) for texts of any length; what exceeds the context is cut off."""
        ...

    def encode_clips(self, clips: Sequence[Clip]) -> np.ndarray:
        """(n, dim) for mono sound at 16 kHz; silence and the empty clip have a vector too."""
        ...


def unit_rows(values: np.ndarray) -> np.ndarray:
    """Rows scaled to unit length as C-contiguous float32; a zero or non-finite row becomes the first axis."""
    rows = np.ascontiguousarray(values, dtype=np.float32)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    usable = np.isfinite(norms) & (norms > 1e-12)
    fallback = np.zeros_like(rows)
    fallback[:, :1] = 1.0
    return np.where(usable, rows / np.where(usable, norms, 1.0), fallback).astype(np.float32)
