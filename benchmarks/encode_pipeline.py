"""The encode pipeline against the bare model: from JPEG files, at the same batch sizes.

The bare model gets tensors that are already in memory; the pipeline opens, decodes, resizes and encodes. The
bare model is measured as open_clip builds it, and as it serves here, which on a processor is a tower with
fewer steps: in passes of that batch, and in those of a few pictures that the encoder makes of it. All run by
turns in one process, so that whatever else the machine does meets all. On a processor decoding and the model
share the cores; the bar is 0.9 of the quickest bare model's pictures a second there, 0.8 on a GPU.

    python -m benchmarks.encode_pipeline [--encoder SPEC] [--device cpu] [--images 256] [--folder DIR]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageFilter

from benchmarks._report import machine, publish, verdict
from recommender.engine.encoders import encode_image_files, load_encoder
from recommender.engine.encoders.mini import MiniEncoder, pixel_values
from recommender.engine.preprocess.image import open_image

BARS = {"cpu": 0.9, "cuda": 0.8}


def make_files(folder: Path, count: int, side: int) -> list[Path]:
    """Smooth noise as JPEG: as costly to decode as a photograph of that size."""
    rng = np.random.default_rng(0)
    paths = []
    for number in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (side // 8, side // 8, 3), dtype=np.uint8))
        picture = coarse.resize((side, side), Image.Resampling.BICUBIC).filter(ImageFilter.DETAIL)
        paths.append(folder / f"{number}.jpg")
        picture.save(paths[-1], quality=88)
    return paths


def seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(encoder: Any, paths: Sequence[Path], batch: int, rounds: int) -> dict[str, Any]:
    """Pictures a second of all three, the median of ``rounds`` by turns."""
    ready = [encoder.prepare_image(open_image(path)) for path in paths]

    def forward(features: Callable[[Any], Any], size: int) -> None:
        for start in range(0, len(ready), size):
            encoder._run(features, torch.stack(ready[start : start + size]))

    def pipeline() -> None:
        failed = [o for o in encode_image_files(encoder, paths, batch_size=batch) if o.error]
        assert not failed, failed[0].error

    pass_ = min(batch, encoder.info.batch_size)
    built, served = _as_built(encoder), encoder._image_features
    bare = ((built, batch), (served, batch), (served, pass_))
    ways = (*(partial(forward, features, size) for features, size in bare), pipeline)
    for way in ways:
        way()
    times = [tuple(map(seconds, ways)) for _ in range(rounds)]
    plain, folded, parted, whole = (median(column) for column in zip(*times, strict=True))
    share = median(min(bare) / last for *bare, last in times)
    bar = BARS[encoder.device.type]
    return {
        "batch": batch,
        "as built images/s": len(paths) / plain,
        "as served images/s": len(paths) / folded,
        "as served, its own passes, images/s": len(paths) / parted,
        "pipeline images/s": len(paths) / whole,
        "share": share,
        "bar": bar,
        "met": share >= bar,
    }


def _as_built(encoder: Any) -> Callable[[Any], Any]:
    """Features by the model that open_clip builds, of what the encoder prepares."""
    if isinstance(encoder, MiniEncoder):
        return lambda pixels: encoder.model.encode_image(pixel_values(pixels))
    return encoder._image_features  # type: ignore[no-any-return]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", default="mmsite-mini")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--side", type=int, default=480)
    parser.add_argument("--folder", type=Path, help="JPEG files to use in place of generated ones")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    about = machine()
    encoder: Any = load_encoder(options.encoder, options.device)
    with tempfile.TemporaryDirectory() as folder:
        if options.folder:
            paths = sorted(options.folder.glob("*.jp*g"))[: options.images]
        else:
            paths = make_files(Path(folder), options.images, options.side)
        rows = [measure(encoder, paths, batch, options.rounds) for batch in options.batches]
    cores = torch.get_num_threads() if encoder.device.type == "cpu" else 1
    for row in rows:
        row["images/s/core"] = row["pipeline images/s"] / cores
    publish("encode_pipeline", rows, about, encoder=options.encoder, images=len(paths), threads=cores)
    sys.exit(verdict({f"share at batch {row['batch']}": row["met"] for row in rows}))


if __name__ == "__main__":
    main()
