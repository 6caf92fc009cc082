"""The embedded encoder as it ships: what it must find, and that it loads as it should."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from recommender.engine.demo import build_world
from recommender.engine.demo.render.picture import render_product
from recommender.engine.encoders import encode_image_files, load_encoder
from recommender.engine.encoders.mini import (
    FOLDER,
    build_model,
    load_mini,
    register,
    save_state,
    squashed,
    text_features,
)
from recommender.engine.learning.teachers import trunk_state
from recommender.errors import EncoderError


@pytest.fixture(scope="module")
def mini() -> Any:
    return load_encoder("mmsite-mini", "cpu")


def test_it_fits_in_25_megabytes_with_its_card() -> None:
    assert (FOLDER / "MODEL_CARD.md").is_file()
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 25_000_000


def test_the_same_thing_in_two_languages_is_closer_than_another_thing(mini: Any) -> None:
    english = mini.encode_texts(["red dress", "black watch", "blue jeans", "brown leather handbag"])
    chinese = mini.encode_texts(["红色 连衣裙", "黑色手表", "蓝色牛仔裤", "棕色手提包"])
    assert (english @ chinese.T).argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_a_picture_decoded_at_half_its_size_has_nearly_the_same_vector(mini: Any, tmp_path: Path) -> None:
    paths = []
    for product in build_world(seed=3, items=30, people=2, events=4, reviews=0).products[:6]:
        paths.append(tmp_path / f"{product.index}.jpg")
        render_product(product, size=2 * mini.decode_size).save(paths[-1], quality=90)
    halved = np.stack([one.vector for one in encode_image_files(mini, paths)])
    whole = mini.encode_images([Image.open(path) for path in paths])
    assert np.einsum("ij,ij->i", halved, whole).min() > 0.97


def test_a_folder_that_training_wrote_is_an_encoder(mini: Any, tmp_path: Path) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "trained")
    trained = load_encoder(f"local-dir:{folder}", "cpu")
    assert (trained.info.name, trained.info.modalities) == ("local-dir:trained", ("image", "text", "audio"))
    assert np.allclose(trained.encode_texts(["red dress"]), mini.encode_texts(["red dress"]), atol=1e-6)


def test_a_damaged_configuration_is_an_error_that_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "mmsite-mini.json").write_text("{")
    with pytest.raises(EncoderError, match="train_encoder"):
        load_encoder(f"local-dir:{tmp_path}", "cpu")


def test_missing_weights_are_an_error_that_names_the_remedy(tmp_path: Path) -> None:
    shutil.copyfile(FOLDER / "mmsite-mini.json", tmp_path / "mmsite-mini.json")
    with pytest.raises(EncoderError, match="train_encoder"):
        load_mini(folder=tmp_path, device="cpu")


def test_cut_off_weights_are_an_error_that_names_the_remedy(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    weights = tmp_path / "mmsite-mini.safetensors"
    weights.write_bytes(weights.read_bytes()[:100_000])
    with pytest.raises(EncoderError, match="do not fit"):
        load_mini(folder=tmp_path, device="cpu")


def test_weights_written_are_the_weights_read(mini: Any, tmp_path: Path) -> None:
    for name in ("mmsite-mini.json", "vocabulary.txt"):
        shutil.copyfile(FOLDER / name, tmp_path / name)
    save_state(mini.model, tmp_path)
    again = load_mini(folder=tmp_path, device="cpu")
    np.testing.assert_array_equal(again.encode_texts(["red dress"]), mini.encode_texts(["red dress"]))


def test_open_clip_itself_computes_the_same_text_vectors(mini: Any) -> None:
    import open_clip

    register()
    model = open_clip.create_model("mmsite-mini")
    state = {name: t for name, t in mini.model.state_dict().items() if not name.startswith("audio.")}
    model.load_state_dict(state)
    tokens = mini._tokenizer(["a red dress", "红色"], context_length=48)
    with torch.no_grad():
        torch.testing.assert_close(
            model.eval().encode_text(tokens), text_features(mini.model.text, tokens), atol=1e-5, rtol=1e-4
        )


def test_the_teacher_s_weights_compute_what_the_teacher_computes(shared_data: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    from recommender.engine.learning.teachers import open_interpreter

    path = shared_data / "teachers" / "mobilenet_v1_1.0_224_quant_embedding_extractor.tflite"
    pixels = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), dtype=np.uint8)
    interpreter = open_interpreter(path)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels)
    interpreter.invoke()
    expected = interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).astype(float).ravel()
    trunk = build_model().visual.trunk.eval()
    trunk.load_state_dict(trunk_state(path), strict=False)
    with torch.no_grad():
        x = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - 128) / 128
        computed = trunk(x).numpy().ravel()
    cosine = computed @ expected / np.linalg.norm(computed) / np.linalg.norm(expected)
    assert cosine > 0.995


_SHAPES = [(240, 240), (225, 223), (97, 31), (1, 1), (1, 500), (448, 300), (700, 900), (2000, 1500)]


@pytest.mark.parametrize("shape", _SHAPES)
def test_a_smooth_picture_is_squashed_as_pillow_would_to_two_levels(shape: tuple[int, int]) -> None:
    coarse = np.random.default_rng(0).integers(0, 256, (-(-shape[0] // 8), -(-shape[1] // 8), 3), np.uint8)
    picture = Image.fromarray(coarse).resize(shape[::-1], Image.Resampling.BICUBIC)
    ours = squashed(picture)
    assert ours.shape == (224, 224, 3)
    assert np.abs(ours.astype(int) - _by_pillow(picture).astype(int)).max() <= 2


@pytest.mark.parametrize("shape", _SHAPES)
def test_a_picture_full_of_edges_has_the_vector_of_what_pillow_would_squash(
    mini: Any, shape: tuple[int, int]
) -> None:
    picture = Image.new("RGB", shape[::-1], "white")
    for top in range(0, shape[0], 14):
        ImageDraw.Draw(picture).text((2, top), "Half price - 50% off, today only! " * 40, fill="black")
    ours, theirs = mini.encode_prepared(
        [torch.from_numpy(one) for one in (squashed(picture), _by_pillow(picture))]
    )
    assert ours @ theirs > 0.995


def _by_pillow(picture: Image.Image) -> np.ndarray:
    return np.array(picture.resize((224, 224), Image.Resampling.BICUBIC, reducing_gap=3.0))
