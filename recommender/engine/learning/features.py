"""Feature maps of the frozen part of the image tower, computed once and kept on disk between epochs.

The trunk up to its fourth stage never changes in training, so its output is stored: ReLU6 bounds it to
[0, 6], and 8 bits a value are as exact as the teacher was. What may change, last stage and head, is cheap.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from recommender.engine.encoders.mini import pixel_values, squashed

MAP_SHAPE = (14, 14, 512)
_STEP = 255.0 / 6.0
FROZEN_STAGES = 4
Progress = Callable[[str, int, int], None]


def frozen_maps(
    trunk: Any,
    paths: Sequence[Path],
    directory: Path,
    *,
    view: int = 0,
    batch_size: int = 16,
    progress: Progress | None = None,
) -> np.ndarray:
    """(n, 14, 14, 512) uint8, memory-mapped from ``directory``; computed where it is not there yet.

    Args:
        trunk: timm's MobileNet v1 with the teacher's weights, in evaluation mode.
        paths: pictures.
        directory: the cache.
        view: 0 for the whole picture; others for a mirrored crop of it, drawn with ``view`` as the seed.
        batch_size: pictures a pass.
        progress: called with a stage's name, done and total.
    """
    listing = "\n".join([str(view), *(f"{path.name}:{path.stat().st_size}" for path in paths)])
    target = directory / f"maps-{hashlib.sha256(listing.encode()).hexdigest()[:16]}.npy"
    if target.is_file():
        return np.load(target, mmap_mode="r")
    directory.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".part")
    maps = np.lib.format.open_memmap(draft, "w+", np.uint8, (len(paths), *MAP_SHAPE))
    rng = np.random.default_rng(view)
    for start in range(0, len(paths), batch_size):
        pixels = np.stack([_view(path, view, rng) for path in paths[start : start + batch_size]])
        maps[start : start + len(pixels)] = _frozen(trunk, torch.from_numpy(pixels))
        if progress is not None:
            progress("features", start + len(pixels), len(paths))
    maps.flush()
    draft.rename(target)
    return np.load(target, mmap_mode="r")


def _view(path: Path, view: int, rng: np.random.Generator) -> np.ndarray:
    with Image.open(path) as file:
        image = file.convert("RGB")
    if view:
        wide, high = (max(1, int(side * rng.uniform(0.7, 0.95))) for side in image.size)
        left = int(rng.integers(0, image.width - wide + 1))
        top = int(rng.integers(0, image.height - high + 1))
        image = image.crop((left, top, left + wide, top + high))
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return squashed(image)


def _frozen(trunk: Any, pixels: torch.Tensor) -> np.ndarray:
    with torch.inference_mode():
        x = pixel_values(pixels)
        x = trunk.bn1(trunk.conv_stem(x))
        for stage in list(trunk.blocks)[:FROZEN_STAGES]:
            x = stage(x)
        return (x.permute(0, 2, 3, 1) * _STEP).round().clamp(0, 255).to(torch.uint8).numpy()


def as_input(maps: np.ndarray) -> torch.Tensor:
    """(n, 14, 14, 512) uint8 to (n, 512, 14, 14) float, channels last in memory."""
    return torch.from_numpy(np.array(maps)).permute(0, 3, 1, 2).float() / _STEP


def finish(trunk: Any, maps: torch.Tensor) -> torch.Tensor:
    """The rest of the trunk: (n, 512, 14, 14) to pooled features (n, 1024)."""
    x = maps
    for stage in list(trunk.blocks)[FROZEN_STAGES:]:
        x = stage(x)
    return x.mean(dim=(2, 3))


def pooled_features(trunk: Any, maps: np.ndarray, batch_size: int = 64) -> torch.Tensor:
    """(n, 1024) float of all ``maps`` under the trunk as it is."""
    with torch.no_grad():
        parts = [
            finish(trunk, as_input(maps[start : start + batch_size]))
            for start in range(0, len(maps), batch_size)
        ]
    return torch.cat(parts) if parts else torch.zeros(0, 1024)
