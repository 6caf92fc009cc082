"""From image files to vectors: threads prepare the next batches while the model encodes this one."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from recommender.engine.encoders.base import Encoder
from recommender.engine.preprocess.image import open_image
from recommender.errors import RecommenderError

Opener = Callable[[Any], Image.Image]
#: Pictures decoded in one go, at the least, where decoding and encoding take turns.
_TURN = 64


@dataclass(frozen=True, slots=True)
class FileVector:
    """One file's outcome: ``vector`` (dim,) of unit length, or the ``error`` that kept it from being read."""

    path: Path
    vector: np.ndarray | None = None
    error: RecommenderError | None = None


def encode_image_files(
    encoder: Encoder,
    paths: Iterable[str | Path],
    *,
    batch_size: int | None = None,
    threads: int | None = None,
    ahead: int = 2,
    opener: Opener | None = None,
) -> Iterator[FileVector]:
    """Outcomes in the order of ``paths``; a file that cannot be read gives its error and stops nobody.

    Args:
        encoder: what encodes; its ``prepare_image`` and ``encode_prepared`` are used where it has them, so
            that resizing happens in the threads too. Where it ``fills_processor``, pictures are decoded and
            encoded by turns rather than at once.
        paths: image files; read lazily, so the stream may be endless.
        batch_size: pictures a forward pass; the encoder's own where None.
        threads: decoding threads; by default one a core, at most eight.
        ahead: batches decoded in advance, which bounds the memory.
        opener: path to PIL image, raising RecommenderError for files it cannot read; by default
            ``open_image``, which decodes a large JPEG at a fraction of its size but never below the
            encoder's ``decode_size``.
    """
    prepare = getattr(encoder, "prepare_image", None) or (lambda image: image)
    encode = getattr(encoder, "encode_prepared", None) or encoder.encode_images
    open_file = opener or partial(open_image, fit=getattr(encoder, "decode_size", 0))
    size = batch_size or encoder.info.batch_size

    def read(path: Path) -> tuple[Path, Any]:
        try:
            return path, prepare(open_file(path))
        except RecommenderError as error:
            return path, error

    stream = iter(map(Path, paths))
    with ThreadPoolExecutor(threads or min(8, os.cpu_count() or 1), "decode") as pool:
        if getattr(encoder, "fills_processor", False):
            batches = _by_turns(pool, read, stream, size)
        else:
            batches = _at_once(pool, read, stream, size, ahead)
        for batch in batches:
            yield from _encoded(batch, encode)


_Read = Callable[[Path], tuple[Path, Any]]
_Batch = list[tuple[Path, Any]]


def _at_once(
    pool: ThreadPoolExecutor, read: _Read, stream: Iterator[Path], size: int, ahead: int
) -> Iterator[_Batch]:
    """Batches, the next ones decoded while whoever asks for them encodes."""
    waiting: deque[list[Future[tuple[Path, Any]]]] = deque()

    def fetch() -> None:
        if batch := [pool.submit(read, path) for path in islice(stream, size)]:
            waiting.append(batch)

    for _ in range(ahead + 1):
        fetch()
    while waiting:
        batch = [future.result() for future in waiting.popleft()]
        fetch()
        yield batch


def _by_turns(pool: ThreadPoolExecutor, read: _Read, stream: Iterator[Path], size: int) -> Iterator[_Batch]:
    """Batches, nothing decoded meanwhile: all threads of the model would wait for the core that decodes."""
    while portion := list(islice(stream, max(size, _TURN))):
        decoded = list(pool.map(read, portion))
        for start in range(0, len(decoded), size):
            yield decoded[start : start + size]


def _encoded(batch: _Batch, encode: Callable[[list[Any]], np.ndarray]) -> Iterator[FileVector]:
    """Encode what could be read of one batch and give every file its outcome, in order."""
    vectors = iter(encode([value for _, value in batch if not isinstance(value, RecommenderError)]))
    for path, value in batch:
        if isinstance(value, RecommenderError):
            yield FileVector(path, error=value)
        else:
            yield FileVector(path, vector=next(vectors))
