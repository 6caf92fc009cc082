"""Encoders made for the tests: a plug of one's own, and a tiny open_clip model in a folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from recommender.contracts import Clip
from recommender.engine.encoders import EncoderInfo
from recommender.engine.encoders.base import unit_rows

DIM = 24


class StatisticsEncoder:
    """Vectors from plain statistics: shows how little a plug needs."""

    info = EncoderInfo("statistics", "0" * 16, DIM, "none/1", ("image", "text", "audio"), batch_size=4)

    def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        return self._rows([np.asarray(image.convert("RGB").resize((4, 2))).ravel() for image in images])

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        digests = [hashlib.sha256(text.encode()).digest()[:DIM] for text in texts]
        return self._rows([np.frombuffer(digest, np.uint8) for digest in digests])

    def encode_clips(self, clips: Sequence[Clip]) -> np.ndarray:
        return self._rows([np.abs(np.fft.rfft(clip.samples, 2 * DIM))[:DIM] for clip in clips])

    def _rows(self, rows: Sequence[np.ndarray]) -> np.ndarray:
        return unit_rows(np.array(rows, dtype=np.float32).reshape(len(rows), DIM))


def statistics(device: str) -> StatisticsEncoder:
    return StatisticsEncoder()


class OtherStatisticsEncoder(StatisticsEncoder):
    """The same under another name: another space."""

    info = replace(StatisticsEncoder.info, name="other statistics")


def other_statistics(device: str) -> StatisticsEncoder:
    return OtherStatisticsEncoder()


def no_encoder(device: str) -> object:
    return object()


TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


def save_tiny_open_clip(folder: Path) -> Path:
    """A folder that ``local-dir:`` can load; weights from a fixed seed."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    configuration = {"model_cfg": TINY, "preprocess_cfg": {}}
    (folder / "open_clip_config.json").write_text(json.dumps(configuration), encoding="utf-8")
    torch.manual_seed(1)
    model = open_clip.create_model(f"local-dir:{folder}", load_weights=False)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder
