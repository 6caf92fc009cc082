"""The laws every encoder obeys: those that are registered, and one of each kind that can be named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

from recommender.contracts import Clip
from recommender.engine.encoders import Encoder, available_encoders, load_encoder
from recommender.errors import EncoderError
from tests.conformance.encoder_plugs import save_tiny_open_clip

REGISTERED = [card.spec for card in available_encoders() if not card.pattern]
NAMED = ["local-dir", "python:tests.conformance.encoder_plugs:statistics"]
TOLERANCE = 2e-5


@pytest.fixture(scope="module", params=[*REGISTERED, *NAMED])
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    if request.param == "local-dir":
        folder = save_tiny_open_clip(tmp_path_factory.mktemp("tiny"))
        return load_encoder(f"local-dir:{folder}", "cpu")
    return load_encoder(request.param, "cpu")


def pictures(count: int) -> list[Image.Image]:
    rng = np.random.default_rng(3)
    sizes = rng.integers(20, 120, size=(count, 2))
    return [Image.fromarray(rng.integers(0, 256, (h, w, 3), dtype=np.uint8)) for h, w in sizes]


def sentences(count: int) -> list[str]:
    words = [
        "red",
        "blue",
        "dress",
        "红色",
        "连衣裙",
        "dog",
        "runs",
        "on",
        "the",
        "beach",
        "手表",
        "watch",
        "men",
    ]
    rng = np.random.default_rng(4)
    return [" ".join(rng.choice(words, size=rng.integers(1, 9))) for _ in range(count)]


def sounds(count: int) -> list[Clip]:
    rng = np.random.default_rng(5)
    lengths = rng.integers(1_000, 40_000, size=count)
    return [Clip(rng.normal(0, 0.1, length).astype(np.float32)) for length in lengths]


MAKERS: dict[str, Callable[[int], list[Any]]] = {"image": pictures, "text": sentences, "audio": sounds}


def encoders_of(encoder: Encoder) -> dict[str, Callable[[Sequence[Any]], np.ndarray]]:
    ways = {"image": encoder.encode_images, "text": encoder.encode_texts, "audio": encoder.encode_clips}
    return {modality: ways[modality] for modality in encoder.info.modalities}


@pytest.fixture(params=list(MAKERS))
def way(request: pytest.FixtureRequest, encoder: Encoder) -> tuple[Callable[..., np.ndarray], list[Any]]:
    """One modality of the encoder under test, and some input for it."""
    ways = encoders_of(encoder)
    if request.param not in ways:
        pytest.skip(f"{encoder.info.name} has no tower for {request.param}")
    return ways[request.param], MAKERS[request.param](7)


def test_it_obeys_the_protocol(encoder: Encoder) -> None:
    assert isinstance(encoder, Encoder)
    assert encoder.info.dim > 0
    assert len(encoder.info.weights_hash) == 16
    assert encoder.info.preprocessing


def test_vectors_are_unit_rows_of_float32(encoder: Encoder, way: Any) -> None:
    encode, media = way
    rows = encode(media)
    assert rows.shape == (len(media), encoder.info.dim)
    assert rows.dtype == np.float32
    assert rows.flags.c_contiguous
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_a_vector_does_not_depend_on_its_batch(way: Any) -> None:
    encode, media = way
    together = encode(media)
    apart = np.concatenate([encode([medium]) for medium in media])
    np.testing.assert_allclose(together, apart, atol=TOLERANCE)


def test_rows_come_in_the_order_of_the_input(way: Any) -> None:
    encode, media = way
    np.testing.assert_allclose(encode(media)[::-1], encode(media[::-1]), atol=TOLERANCE)


def test_the_same_input_gives_the_same_rows(way: Any) -> None:
    encode, media = way
    np.testing.assert_array_equal(encode(media), encode(media))


def test_different_input_gives_different_rows(way: Any) -> None:
    encode, media = way
    rows = encode(media)
    assert (rows @ rows.T)[~np.eye(len(rows), dtype=bool)].min() < 0.9999


def test_no_input_gives_no_rows(encoder: Encoder, way: Any) -> None:
    encode, _ = way
    assert encode([]).shape == (0, encoder.info.dim)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (5000, 4000)])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "CMYK"])
def test_pictures_of_any_size_and_mode_have_a_vector(
    encoder: Encoder, size: tuple[int, int], mode: str
) -> None:
    if mode != "RGB" and size == (5000, 4000):
        pytest.skip("one huge picture is enough")
    rows = encoder.encode_images([Image.new(mode, size)])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("text", ["", "   ", "。", "🙂", "x" * 10_000, "红" * 3_000, "a\x00b"])
def test_texts_of_any_kind_have_a_vector(encoder: Encoder, text: str) -> None:
    np.testing.assert_allclose(np.linalg.norm(encoder.encode_texts([text]), axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("seconds", [0.0, 0.01, 1.0, 40.0])
def test_silence_of_any_length_has_a_vector(encoder: Encoder, seconds: float) -> None:
    if "audio" not in encoder.info.modalities:
        pytest.skip(f"{encoder.info.name} has no tower for sound")
    rows = encoder.encode_clips([Clip(np.zeros(int(16_000 * seconds), np.float32))])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_a_missing_modality_is_refused_by_name(encoder: Encoder) -> None:
    if "audio" in encoder.info.modalities:
        pytest.skip("it has every modality")
    assert encoder.encode_clips([]).shape == (0, encoder.info.dim)
    with pytest.raises(EncoderError, match="no audio tower"):
        encoder.encode_clips(sounds(1))
