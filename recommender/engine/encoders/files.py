"""The files of an encoder's weights: whether they are there and which they are, without loading them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from recommender.engine.encoders.base import DEFAULT_ENCODER
from recommender.engine.encoders.calibration import WEIGHTS

_SUFFIXES = (".safetensors", ".bin", ".pt", ".pth")


def file_hash(paths: Sequence[Path]) -> str:
    """First 16 hex digits of the SHA-256 over the files' contents, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
    return digest.hexdigest()[:16]


def files_of(spec: str) -> list[Path] | None:
    """The files whose hash is the identity of ``spec``'s weights, whether they exist or not.

    None where only loading tells: a model by its tag, or a factory of the site's own.
    """
    if spec == DEFAULT_ENCODER:
        return trained_files(WEIGHTS / DEFAULT_ENCODER)
    if spec.startswith("local-dir:"):
        folder = Path(spec.removeprefix("local-dir:")).expanduser()
        if (folder / f"{DEFAULT_ENCODER}.json").is_file():
            return trained_files(folder)
        return None if folder.is_dir() else [folder]
    if spec.startswith("open_clip:"):
        source = spec.partition("/")[2]
        path = Path(source).expanduser()
        # A tag of open_clip has no suffix of a file of weights.
        return [path] if path.suffix in _SUFFIXES else None
    return None


def trained_files(folder: Path) -> list[Path]:
    """Of a folder that ``train_encoder`` wrote."""
    return [folder / f"{DEFAULT_ENCODER}.safetensors", folder / "vocabulary.txt"]
