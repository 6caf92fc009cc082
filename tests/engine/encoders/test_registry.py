"""From a specification to an encoder, or to an error that says what to do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from django.utils.translation import override
from PIL import Image

from recommender.engine.encoders import (
    available_encoders,
    encoder_card,
    load_encoder,
    mistake_in,
    similarity_calibration,
    space_key,
)
from recommender.engine.encoders.specifications import model_names
from recommender.errors import EncoderError
from recommender.models.telling import translated
from tests.conformance.encoder_plugs import TINY, save_tiny_open_clip
from tests.conftest import ROOT

HAN = re.compile("[\u4e00-\u9fff]")
LISTING = """
import sys
from recommender.engine.encoders import available_encoders, mistake_in, similarity_calibration
assert available_encoders()
similarity_calibration("mmsite-mini")
assert mistake_in("open_clip:ViT-B-33/openai")
print(sorted({"torch", "torchvision", "open_clip", "timm"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_open_clip(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def tiny_config(tmp_path: Path) -> str:
    """The tiny model under a name of its own, as a custom open_clip configuration."""
    import open_clip

    path = tmp_path / "tiny-test-model.json"
    path.write_text(json.dumps(TINY), encoding="utf-8")
    open_clip.add_model_config(path)
    return path.stem


def test_listing_encoders_loads_no_torch() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", LISTING], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_the_embedded_encoder_is_listed_with_its_size() -> None:
    card = next(card for card in available_encoders() if card.spec == "mmsite-mini")
    assert card.dim == 128
    assert card.megabytes is not None
    assert 1 < card.megabytes <= 25


def test_every_kind_of_specification_has_a_card() -> None:
    for spec in ("mmsite-mini", "open_clip:ViT-B-32/openai", "local-dir:/x", "python:a.b:c"):
        assert encoder_card(spec).spec.partition(":")[0] == spec.partition(":")[0]


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("", "no encoder"),
        ("clip", "ENCODER takes one of"),
        ("mmsite-mini-2", "no encoder"),
        ("open_clip:ViT-B-33/openai", "ViT-B-32"),
        ("open_clip:ViT-B-32", "Tags: .*openai"),
        ("open_clip:ViT-B-32/no-such-tag", "neither a pretrained tag"),
        ("open_clip:ViT-B-32/no/such/file.pt", "existing file"),
        ("local-dir:/no/such/folder", "open_clip_config.json"),
        ("python:no.such.module:factory", "cannot be imported"),
        ("python:tests.conformance.encoder_plugs:nothing", "cannot be imported"),
        ("python:tests.conformance.encoder_plugs:no_encoder", "no encoder"),
    ],
)
def test_what_cannot_be_loaded_is_an_error_with_its_remedy(spec: str, complaint: str) -> None:
    with pytest.raises(EncoderError, match=complaint) as caught:
        load_encoder(spec, "cpu")
    assert caught.value.permanent
    with override("zh-hans"):
        assert HAN.search(translated(caught.value.message))
        assert HAN.search(translated(caught.value.remedy))


@pytest.mark.parametrize(
    ("spec", "complaint", "here"),
    [
        ("", "no encoder", False),
        ("mmsite-mini-2", "no encoder", False),
        ("open_clip:ViT-B-33/openai", "no model", False),
        ("open_clip:ViT-B-32", "no weights", False),
        ("python:no_colon", "no factory", False),
        ("python:.relative:factory", "no factory", False),
        ("python:os:", "no factory", False),
        ("open_clip:ViT-B-32/no/such/file", "no checkpoint", True),
        ("open_clip:ViT-B-32/weights.pt", "no checkpoint", True),
        ("local-dir:/no/such/folder", "open_clip_config.json", True),
        ("python:no_such_package.part:factory", "no package", True),
    ],
)
def test_a_mistake_shows_without_loading(spec: str, complaint: str, here: bool) -> None:
    mistake = mistake_in(spec)
    assert mistake is not None
    assert complaint in mistake.message
    assert mistake.remedy
    assert mistake.here is here
    with override("zh-hans"):
        assert HAN.search(translated(mistake.message))
        assert HAN.search(translated(mistake.remedy))


def test_what_can_be_loaded_has_no_mistake(tiny: Path) -> None:
    checkpoint = tiny / "open_clip_model.safetensors"
    for spec in (
        "mmsite-mini",
        "open_clip:ViT-B-32/openai",
        f"open_clip:ViT-B-32/{checkpoint}",
        f"open_clip:ViT-B-32{checkpoint}",
        f"local-dir:{tiny}",
        "python:tests.conformance.encoder_plugs:nothing",
    ):
        assert mistake_in(spec) is None, spec


def test_the_models_are_those_that_open_clip_lists() -> None:
    import open_clip

    # What tests before this one have put there: their own model, and the shipped one once it was loaded.
    added = {"tiny-test-model", "mmsite-mini"}
    assert set(model_names()) == set(open_clip.list_models()) - added


def test_a_folder_that_may_not_be_read_is_a_mistake(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)
    mistake = mistake_in(f"local-dir:{tiny}")
    assert mistake is not None
    assert "Permission denied" in mistake.message


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(EncoderError, match="auto, cpu, cuda"):
        load_encoder("mmsite-mini", "tpu")


def test_cuda_where_there_is_none_is_refused_and_not_replaced() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(EncoderError, match="CUDA"):
        load_encoder("mmsite-mini", "cuda")


def test_a_folder_without_weights_is_refused_and_not_run_with_random_ones(tiny: Path, tmp_path: Path) -> None:
    shutil.copyfile(tiny / "open_clip_config.json", tmp_path / "open_clip_config.json")
    with pytest.raises(EncoderError, match="holds no weights"):
        load_encoder(f"local-dir:{tmp_path}", "cpu")


@pytest.mark.parametrize("damage", [b"", b"not weights at all", None])
def test_damaged_weights_are_refused(tiny: Path, tmp_path: Path, damage: bytes | None) -> None:
    folder = shutil.copytree(tiny, tmp_path / "copy")
    weights = folder / "open_clip_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000] if damage is None else damage)
    with pytest.raises(EncoderError, match="complete"):
        load_encoder(f"local-dir:{folder}", "cpu")


def test_weights_of_another_model_are_refused(tiny: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny, tmp_path / "copy")
    wider = {**TINY, "embed_dim": 24}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": wider}), encoding="utf-8")
    with pytest.raises(EncoderError, match="cannot be loaded"):
        load_encoder(f"local-dir:{folder}", "cpu")


def test_a_checkpoint_file_gives_the_vectors_of_the_folder_it_came_from(tiny: Path, tiny_config: str) -> None:
    spec = f"open_clip:{tiny_config}/{tiny / 'open_clip_model.safetensors'}"
    by_file, by_folder = load_encoder(spec, "cpu"), load_encoder(f"local-dir:{tiny}", "cpu")
    np.testing.assert_allclose(
        by_file.encode_texts(["a red dress"]), by_folder.encode_texts(["a red dress"]), atol=1e-6
    )
    assert by_file.info.weights_hash == by_folder.info.weights_hash


def test_a_space_is_named_without_the_machine_s_paths(tiny: Path) -> None:
    key = space_key(load_encoder(f"local-dir:{tiny}", "cpu").info)
    assert str(tiny.parent) not in key
    assert "/16/" in key


def test_other_weights_are_another_space(tiny: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(tiny, tmp_path / tiny.name)
    weights = folder / "open_clip_model.safetensors"
    state = load_file(weights)
    state["text_projection"] = state["text_projection"] * 1.5
    save_file(state, weights)
    first, second = (load_encoder(f"local-dir:{path}", "cpu").info for path in (tiny, folder))
    assert space_key(first) != space_key(second)


def test_the_number_of_threads_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    before = torch.get_num_threads()
    monkeypatch.setenv("MMSITE_TORCH_THREADS", "1")
    load_encoder("mmsite-mini", "cpu")
    assert torch.get_num_threads() == 1
    torch.set_num_threads(before)


def test_a_senseless_number_of_threads_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMSITE_TORCH_THREADS", "many")
    with pytest.raises(EncoderError, match="MMSITE_TORCH_THREADS"):
        load_encoder("mmsite-mini", "cpu")


def test_calibration_covers_every_pair_of_modalities_of_the_embedded_encoder() -> None:
    table = similarity_calibration("mmsite-mini")
    modalities = ("image", "text", "audio")
    assert set(table) == {(query, target) for query in modalities for target in modalities}
    for figures in table.values():
        assert figures.match_mean > figures.random_mean
        assert figures.z_score(figures.random_mean) == 0.0
        assert figures.relevance(figures.match_mean) == pytest.approx(1.0)


def test_an_encoder_without_calibration_has_none() -> None:
    assert similarity_calibration("open_clip:ViT-B-32/openai") == {}


def test_a_picture_may_be_any_mode(tiny: Path) -> None:
    rows = load_encoder(f"local-dir:{tiny}", "cpu").encode_images([Image.new("LA", (9, 9))])
    assert rows.shape == (1, 16)
