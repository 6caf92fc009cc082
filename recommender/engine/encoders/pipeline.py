"""From image files to vectors, with every core at work."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
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
            that resizing happens in the threads too. Where it has ``streams`` (more than 1), so many threads
            decode and encode a batch each, side by side; elsewhere one encodes while others decode.
        paths: image files; read lazily, so the stream may be endless.
        batch_size: pictures a forward pass; the encoder's own where None.
        threads: decoding threads; by default one a core, at most eight. Streams decode for themselves.
        ahead: batches decoded in advance, which bounds the memory; of streams, one more than there are.
        opener: path to PIL image, raising RecommenderError for files it cannot read; by default
            ``open_image``, which decodes a large JPEG at a fraction of its size but never below the
            encoder's ``decode_size``.
    """
    prepare = getattr(encoder, "prepare_image", None) or (lambda image: image)
    encode = getattr(encoder, "encode_prepared", None) or encoder.encode_images
    open_file = opener or partial(open_image, fit=getattr(encoder, "decode_size", 0))
    size = batch_size or encoder.info.batch_size

    def read(path: Path) -> _Read:
        try:
            return path, prepare(open_file(path))
        except RecommenderError as error:
            return path, error

    streams = getattr(encoder, "streams", 1)
    batches = _batches(map(Path, paths), size, streams)
    if streams > 1:
        yield from _in_streams(encoder, streams, read, encode, batches)
    else:
        yield from _by_one(threads or min(8, os.cpu_count() or 1), ahead, read, encode, batches)


_Read = tuple[Path, Any]
_Encode = Callable[[list[Any]], np.ndarray]


def _batches(paths: Iterator[Path], size: int, streams: int) -> Iterator[list[Path]]:
    """Paths by ``size``; few are dealt out evenly, so that each of the streams has some."""
    first = list(islice(paths, size * streams))
    size = min(size, max(1, -(-len(first) // streams)))
    stream = chain(first, paths)
    while batch := list(islice(stream, size)):
        yield batch


def _by_one(
    threads: int,
    ahead: int,
    read: Callable[[Path], _Read],
    encode: _Encode,
    batches: Iterator[list[Path]],
) -> Iterator[FileVector]:
    """The caller encodes; the next batches are decoded meanwhile."""
    with ThreadPoolExecutor(threads, "decode") as pool:
        futures = ([pool.submit(read, path) for path in batch] for batch in batches)
        waiting = deque(islice(futures, ahead + 1))
        while waiting:
            batch = [future.result() for future in waiting.popleft()]
            waiting.extend(islice(futures, 1))
            yield from _encoded(batch, encode)


def _in_streams(
    encoder: Any,
    streams: int,
    read: Callable[[Path], _Read],
    encode: _Encode,
    batches: Iterator[list[Path]],
) -> Iterator[FileVector]:
    """Whole batches side by side: no core waits for the others, neither for a layer nor for a decoder."""

    def outcomes(batch: list[Path]) -> list[FileVector]:
        return _encoded([read(path) for path in batch], encode)

    with (
        encoder.side_by_side(streams) as begin,
        ThreadPoolExecutor(streams, "stream", initializer=begin) as pool,
    ):
        futures = (pool.submit(outcomes, batch) for batch in batches)
        waiting = deque(islice(futures, streams + 1))
        while waiting:
            done = waiting.popleft().result()
            waiting.extend(islice(futures, 1))
            yield from done


def _encoded(batch: list[_Read], encode: _Encode) -> list[FileVector]:
    """Encode what could be read of one batch and give every file its outcome, in order."""
    vectors = iter(encode([value for _, value in batch if not isinstance(value, RecommenderError)]))
    return [
        FileVector(path, error=value)
        if isinstance(value, RecommenderError)
        else FileVector(path, vector=next(vectors))
        for path, value in batch
    ]
