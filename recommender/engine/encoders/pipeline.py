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
            that resizing happens in the threads too.
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

    def read(path: Path) -> Any:
        try:
            return prepare(open_file(path))
        except RecommenderError as error:
            return error

    stream = iter(map(Path, paths))
    with ThreadPoolExecutor(threads or min(8, os.cpu_count() or 1), "decode") as pool:
        waiting: deque[list[tuple[Path, Future[Any]]]] = deque()

        def fetch() -> None:
            if batch := [(path, pool.submit(read, path)) for path in islice(stream, size)]:
                waiting.append(batch)

        for _ in range(ahead + 1):
            fetch()
        while waiting:
            batch = [(path, future.result()) for path, future in waiting.popleft()]
            fetch()
            yield from _encoded(batch, encode)


def _encoded(
    batch: list[tuple[Path, Any]], encode: Callable[[list[Any]], np.ndarray]
) -> Iterator[FileVector]:
    """Encode what could be read of one batch and give every file its outcome, in order."""
    vectors = iter(encode([value for _, value in batch if not isinstance(value, RecommenderError)]))
    for path, value in batch:
        if isinstance(value, RecommenderError):
            yield FileVector(path, error=value)
        else:
            yield FileVector(path, vector=next(vectors))
