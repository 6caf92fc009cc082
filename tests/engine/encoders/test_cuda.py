"""The embedded encoder on a GPU: half precision changes nothing that matters, and batches fit the memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from recommender.contracts import Clip
from recommender.engine.demo import build_world
from recommender.engine.demo.render.picture import render_product
from recommender.engine.encoders import load_encoder
from recommender.engine.encoders.open_clip_encoder import CUDA_BATCHES


@pytest.fixture(scope="module")
def pair(cuda: str) -> tuple[Any, Any]:
    """The encoder on the processor and on the GPU."""
    return load_encoder("mmsite-mini", "cpu"), load_encoder("mmsite-mini", cuda)


def pictures(encoder: Any) -> np.ndarray:
    world = build_world(seed=3, items=30, people=2, events=4, reviews=0)
    return encoder.encode_images([render_product(one, size=256) for one in world.products])


def words(encoder: Any) -> np.ndarray:
    return encoder.encode_texts(
        ["red dress", "红色 连衣裙", "a black watch with a leather strap", "蓝牙音箱"]
    )


def sounds(encoder: Any) -> np.ndarray:
    rng = np.random.default_rng(0)
    seconds = np.arange(32_000) / 16_000
    tones = [0.4 * np.sin(2 * np.pi * hertz * seconds) for hertz in (220, 440, 1760)]
    samples = [*tones, 0.1 * rng.normal(size=48_000)]
    return encoder.encode_clips([Clip(one.astype(np.float32)) for one in samples])


@pytest.mark.parametrize("vectors_of", [pictures, words, sounds])
def test_vectors_in_bf16_are_those_of_the_processor(
    pair: tuple[Any, Any], vectors_of: Callable[[Any], np.ndarray]
) -> None:
    exact, rounded = (vectors_of(encoder) for encoder in pair)
    assert rounded.dtype == np.float32
    assert np.allclose(np.linalg.norm(rounded, axis=1), 1.0, atol=1e-5)
    assert np.einsum("ij,ij->i", exact, rounded).min() >= 0.99


def test_batches_are_sized_to_the_free_memory(
    pair: tuple[Any, Any], cuda: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    least, most = CUDA_BATCHES
    size = pair[1].info.batch_size
    assert least <= size <= most
    assert size & (size - 1) == 0, "a power of two"
    total = torch.cuda.mem_get_info(cuda)[1]
    sizes = []
    for free in (1 << 20, 1 << 30, 1 << 40):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda *_, free=free: (free, total))
        sizes.append(load_encoder("mmsite-mini", cuda).info.batch_size)
    assert sizes == sorted(sizes)
    assert (sizes[0], sizes[-1]) == CUDA_BATCHES


def test_a_batch_that_does_not_fit_is_halved_and_remembered(
    cuda: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = load_encoder("mmsite-mini", cuda)
    images = [Image.new("RGB", (256, 256), (40 * n, 90, 120)) for n in range(6)]
    whole = encoder.encode_images(images)
    forward = encoder._image_features

    def as_if_small(pixels: torch.Tensor) -> torch.Tensor:
        if len(pixels) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(pixels)

    monkeypatch.setattr(encoder, "_image_features", as_if_small)
    assert np.einsum("ij,ij->i", encoder.encode_images(images), whole).min() >= 0.99
    assert encoder.info.batch_size <= 3
