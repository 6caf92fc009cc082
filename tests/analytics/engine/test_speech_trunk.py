"""The trunk of the voice: the same sums as Whisper's encoder, taken from a file as CTranslate2 keeps it."""

from __future__ import annotations

import shutil
import struct
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from analytics.engine.sentiment.head import WEIGHTS
from analytics.engine.sentiment.learning import speech
from analytics.engine.sentiment.learning.speech import EMOTIONS, Voices, trunk_folder
from analytics.engine.sentiment.learning.speech_published import trunk_arrays
from analytics.engine.sentiment.speech import WIDTH, SpeechModel
from analytics.engine.sentiment.speech_trunk import (
    ARRAYS,
    KEPT,
    LAYERS,
    MATRICES,
    POOLED,
    Trunk,
    places,
    pooled,
    shapes,
)
from recommender.contracts import Clip
from recommender.errors import RecommenderError
from tests.analytics.engine.sentiment_planted import planted_trunk, tone

SECONDS = 2
#: Names in the file, and in transformers.
NAMES = {
    "ffn/linear_0": ("fc1",),
    "ffn/linear_1": ("fc2",),
    "self_attention/linear_0": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "self_attention/linear_1": ("self_attn.out_proj",),
}
NORMS = {"ffn/layer_norm": "final_layer_norm", "self_attention/layer_norm": "self_attn_layer_norm"}


@pytest.fixture(scope="module")
def whisper() -> Any:
    """Its encoder as transformers has it, with the weights that ship, for clips of two seconds."""
    transformers = pytest.importorskip("transformers")
    config = transformers.WhisperConfig(
        d_model=512, encoder_layers=LAYERS, encoder_attention_heads=8, encoder_ffn_dim=2048,
        max_source_positions=50 * SECONDS,
    )  # fmt: skip
    encoder = transformers.models.whisper.modeling_whisper.WhisperEncoder(config).eval()
    encoder.load_state_dict(state_of(Trunk.load(WEIGHTS / "speech")), strict=False)
    return encoder


def state_of(trunk: Trunk) -> dict[str, Any]:
    """The trunk's weights by the names that transformers gives them."""
    import torch

    told = trunk.weights
    rows = {name: (told[name] * told[f"{name}.step"]).T for name in MATRICES}
    found = {}
    for n in (1, 2):
        wide = rows[f"conv{n}"].reshape(512, 3, -1).transpose(0, 2, 1)
        found |= {f"conv{n}.weight": wide, f"conv{n}.bias": told[f"conv{n}.shift"]}
    for number in range(LAYERS):
        for ours, name in {"ask": "self_attention/linear_0", "answer": "self_attention/linear_1",
                           "wide": "ffn/linear_0", "narrow": "ffn/linear_1"}.items():  # fmt: skip
            parts = NAMES[name]
            both = {"weight": rows[f"layer{number}.{ours}"], "bias": told[f"layer{number}.{ours}.shift"]}
            for kind, whole in both.items():
                for part, piece in zip(parts, np.split(whole, len(parts)), strict=True):
                    found[f"layers.{number}.{part}.{kind}"] = piece
        for ours, norm in (("before_ask", "self_attn_layer_norm"), ("before_wide", "final_layer_norm")):
            found[f"layers.{number}.{norm}.weight"] = told[f"layer{number}.{ours}.gain"]
            found[f"layers.{number}.{norm}.bias"] = told[f"layer{number}.{ours}.shift"]
    keyless = {name: value for name, value in found.items() if not name.endswith("k_proj.bias")}
    assert all(not found[f"layers.{number}.self_attn.k_proj.bias"].any() for number in range(LAYERS))
    return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in keyless.items()}


def talk() -> Clip:
    """Two seconds that change all the time: buzzes of rising pitch, pauses, noise."""
    rng = np.random.default_rng(0)
    parts = [tone(0.25, 120.0 + 40 * n, loudness=0.1 + 0.1 * n).samples for n in range(4)]
    noise = rng.normal(0, 0.05, 4_000).astype(np.float32)
    quiet = np.zeros(4_000, np.float32)
    return Clip(np.concatenate([parts[0], quiet, parts[1], noise, parts[2], quiet, noise * 3, parts[3]]))


@pytest.fixture(scope="module")
def base(whisper: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whisper") / "model.bin"
    path.write_bytes(packed(file_of(whisper)))
    return path


def file_of(whisper: Any) -> dict[str, np.ndarray]:
    """The arrays by the names that CTranslate2 gives them."""
    state = {name: value.detach().numpy() for name, value in whisper.state_dict().items()}
    found = {
        f"encoder/conv{n}/{kind}": state[f"conv{n}.{kind}"] for n in (1, 2) for kind in ("weight", "bias")
    }
    for number in range(LAYERS):
        ours, theirs = f"encoder/layer_{number}/", f"layers.{number}."
        for name, parts in NAMES.items():
            rows = [state[f"{theirs}{part}.weight"] for part in parts]
            shifts = [state.get(f"{theirs}{part}.bias", np.zeros(512, np.float32)) for part in parts]
            found |= {
                f"{ours}{name}/weight": np.concatenate(rows),
                f"{ours}{name}/bias": np.concatenate(shifts),
            }
        for name, norm in NORMS.items():
            found |= {
                f"{ours}{name}/gamma": state[f"{theirs}{norm}.weight"],
                f"{ours}{name}/beta": state[f"{theirs}{norm}.bias"],
            }
    return found


def packed(arrays: dict[str, np.ndarray], kind: str = "WhisperSpec", kept: type = np.float32) -> bytes:
    code = {"float32": 0, "int8": 1, "float16": 4}[np.dtype(kept).name]

    def word(text: str) -> bytes:
        return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"

    parts = [struct.pack("<I", 6), word(kind), struct.pack("<II", 3, len(arrays))]
    for name, array in arrays.items():
        content = array.astype(kept).tobytes()
        sizes = struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
        parts += [word(name), sizes, struct.pack("<BI", code, len(content)), content]
    return b"".join(parts)


def apart(trunk: Trunk, whisper: Any, clip: Clip) -> float:
    """How far the trunk is from Whisper's encoder, as a share of how large its answers are."""
    import torch
    from transformers import WhisperFeatureExtractor

    extract = WhisperFeatureExtractor(chunk_length=SECONDS)
    heard = extract(clip.samples, sampling_rate=16_000, return_tensors="pt")
    with torch.inference_mode():
        states = whisper(heard.input_features, output_hidden_states=True).hidden_states
        steps = trunk.read(clip)
        # What its last layer says goes through one more norm there.
        last = whisper.layer_norm(torch.from_numpy(steps[:, 1])).numpy()
    pairs = ((steps[:, 0], states[KEPT[0]][0].numpy()), (last, states[KEPT[1]][0].numpy()))
    return max(float(np.abs(ours - theirs).mean() / np.abs(theirs).mean()) for ours, theirs in pairs)


def test_it_hears_what_whispers_encoder_hears(whisper: Any) -> None:
    assert apart(Trunk.load(WEIGHTS / "speech"), whisper, talk()) < 1e-4


def test_a_trunk_taken_from_a_file_hears_as_what_was_filed(whisper: Any, base: Path) -> None:
    assert apart(Trunk.of(trunk_arrays(base)), whisper, talk()) < 1e-3


def test_of_half_precision_the_same_trunk_is_taken(whisper: Any, base: Path, tmp_path: Path) -> None:
    half = tmp_path / "model.bin"
    half.write_bytes(packed(file_of(whisper), kept=np.float16))
    whole, found = trunk_arrays(base), trunk_arrays(half)
    for name in MATRICES:
        differ = np.abs(whole[f"{name}.rows"].astype(int) - found[f"{name}.rows"]).max()
        assert differ <= 1
        assert np.allclose(whole[f"{name}.step"], found[f"{name}.step"], rtol=1e-3)


def test_steps_are_marked_as_whisper_marks_them(whisper: Any) -> None:
    marks = whisper.embed_positions.weight.detach().numpy()
    assert np.allclose(places(len(marks)), marks, atol=1e-5)


@pytest.mark.parametrize("samples", [0, 1, 401, 641, 16_000, 160_001])
def test_there_is_a_step_for_every_two_frames_of_any_clip(samples: int) -> None:
    steps = planted_trunk().read(Clip(np.zeros(samples, np.float32)))
    assert len(steps) == max(-(-(samples // 160) // 2), 1)
    assert np.isfinite(steps).all()
    assert pooled(steps).shape == (POOLED,)


def test_a_long_clip_is_read_in_equal_pieces_that_know_nothing_of_each_other() -> None:
    trunk, clip = planted_trunk(), tone(12.0)
    whole = trunk.read(clip)
    changed = clip.samples.copy()
    changed[-16_000:] *= 0.5
    again = trunk.read(Clip(changed))
    assert len(whole) == 600
    assert np.array_equal(whole[:300], again[:300])
    assert not np.allclose(whole[300], again[300])


def test_another_trunk_has_another_key() -> None:
    arrays = {name: np.ones(shape) for name, shape in shapes().items()}
    key = Trunk.of(arrays).key
    assert Trunk.of({**arrays, "conv1.step": np.full(512, 2.0)}).key != key


def test_a_trunk_that_is_missing_or_of_another_shape_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RecommenderError, match="lacks its trunk"):
        Trunk.load(tmp_path)
    arrays = {name: np.ones(shape, np.int8) for name, shape in shapes().items()}
    np.savez(tmp_path / ARRAYS, allow_pickle=False, **{**arrays, "mel": np.ones((80, 200))})
    with pytest.raises(RecommenderError, match=r"mel is \(80, 200\), not \(80, 201\)"):
        Trunk.load(tmp_path)


def test_a_trunk_of_ones_own_is_trained_over(base: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / ARRAYS, allow_pickle=False, **trunk_arrays(base))
    told: list[str] = []
    assert trunk_folder(tmp_path, told.append) == tmp_path
    assert told == []


@pytest.mark.parametrize("content", [None, b"PK", b"{}"])
def test_without_a_whole_trunk_nothing_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    monkeypatch.setattr(speech, "WEIGHTS", tmp_path / "shipped")
    (tmp_path / "shipped" / "speech").mkdir(parents=True)
    if content is not None:
        (tmp_path / "shipped" / "speech" / ARRAYS).write_bytes(content)
    with pytest.raises(CommandError, match="lacks its trunk"):
        call_command("train_sentiment", "speech", output=tmp_path / "models", stdout=StringIO())


def test_head_and_trunk_are_written_together_once_the_head_is_trained(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match=r"ravdess\.csv"):
        call_command("train_sentiment", "speech", base=base, data=tmp_path / "none", output=tmp_path)
    assert list((tmp_path / "speech").iterdir()) == []
    for name in ("acted_english", "acted_german", "demo_voices"):
        monkeypatch.setattr(speech, name, lambda *_: planted_voices())
    call_command("train_sentiment", "speech", base=base, output=tmp_path, stdout=StringIO())
    assert Trunk.load(tmp_path / "speech").key == Trunk.of(trunk_arrays(base)).key
    SpeechModel.load(tmp_path / "speech")


def planted_voices() -> Voices:
    """Twenty actors with two recordings of each emotion, which the first features tell."""
    rng = np.random.default_rng(0)
    emotions = np.tile(np.arange(len(EMOTIONS)), 40)
    rows = rng.normal(size=(2, len(emotions), WIDTH))
    rows[..., : len(EMOTIONS)] += 3 * np.eye(len(EMOTIONS))[emotions]
    return Voices(rows, emotions, np.repeat(np.arange(1, 21), 2 * len(EMOTIONS)))


def test_a_trunk_of_another_kind_gives_way_to_the_one_that_ships(tmp_path: Path) -> None:
    np.savez(tmp_path / ARRAYS, allow_pickle=False, k0=np.ones(3))
    told: list[str] = []
    assert trunk_folder(tmp_path, told.append) == WEIGHTS / "speech"
    assert "The one that ships takes its place" in told[0]


@pytest.mark.parametrize("kept", [0, 100, 5_000, 8_000_000])
def test_weights_that_are_cut_off_are_named_with_what_to_do(tmp_path: Path, kept: int) -> None:
    (tmp_path / ARRAYS).write_bytes((WEIGHTS / "speech" / ARRAYS).read_bytes()[:kept])
    with pytest.raises(RecommenderError, match=r"lacks its trunk .*train_sentiment speech"):
        Trunk.load(tmp_path)


def test_a_head_of_another_trunk_is_refused(base: Path, tmp_path: Path) -> None:
    for path in (WEIGHTS / "speech").iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    SpeechModel.load(tmp_path)
    np.savez(tmp_path / ARRAYS, allow_pickle=False, **trunk_arrays(base))
    with pytest.raises(RecommenderError, match="was trained over another trunk"):
        SpeechModel.load(tmp_path)


@pytest.mark.parametrize("kept", [0, 3, 40, 5_000])
def test_a_file_that_is_cut_off_is_refused(base: Path, tmp_path: Path, kept: int) -> None:
    short = tmp_path / "model.bin"
    short.write_bytes(base.read_bytes()[:kept])
    with pytest.raises(RecommenderError, match=r"cut off.*Name model\.bin"):
        trunk_arrays(short)


def test_a_file_of_another_kind_or_size_is_refused(whisper: Any, tmp_path: Path) -> None:
    path, arrays = tmp_path / "model.bin", file_of(whisper)
    path.write_bytes(packed(arrays, "TransformerSpec"))
    with pytest.raises(RecommenderError, match="is no Whisper of CTranslate2"):
        trunk_arrays(path)
    path.write_bytes(packed({**arrays, "encoder/conv1/weight": np.ones((384, 80, 3))}))
    with pytest.raises(RecommenderError, match=r"conv1\.rows is \(384, 240\), not \(512, 240\)"):
        trunk_arrays(path)
    path.write_bytes(packed({**arrays, "encoder/conv1/bias": np.ones(384)}))
    with pytest.raises(RecommenderError, match=r"conv1\.shift is"):
        trunk_arrays(path)
    path.write_bytes(packed({**arrays, "encoder/conv1/weight": np.full((512, 80, 3), np.nan)}))
    with pytest.raises(RecommenderError, match="conv1 is not finite"):
        trunk_arrays(path)
    path.write_bytes(packed(arrays, kept=np.int8))
    with pytest.raises(RecommenderError, match="conv1 is kept as int8"):
        trunk_arrays(path)
    with pytest.raises(RecommenderError, match=r"none cannot be read.*Name model\.bin"):
        trunk_arrays(tmp_path / "none")
    del arrays["encoder/layer_2/ffn/linear_0/bias"]
    path.write_bytes(packed(arrays))
    with pytest.raises(RecommenderError, match="lacks encoder/layer_2/ffn/linear_0/bias"):
        trunk_arrays(path)


def test_teacher_and_speech_cannot_share_a_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Name one of them at a time"):
        call_command("train_sentiment", "teacher", "speech", base=Path(__file__))


def test_a_file_that_no_stage_begins_with_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"of no use to text, image\. Name speech or one of teacher"):
        call_command("train_sentiment", "text", "image", base=Path(__file__))
