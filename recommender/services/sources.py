"""From rows of the catalogue to what an encoder takes, and from its answers to one vector a row.

Each function answers in the order of its rows: a unit vector (dim,), or the error that kept a row from one.
``StorageUnavailable`` is that of a row whose file was not to be had for now.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from recommender.engine.encoders import encode_image_files
from recommender.engine.preprocess.audio import load_clip
from recommender.engine.preprocess.image import open_image
from recommender.engine.preprocess.text import normalise_text
from recommender.errors import MediaError, RecommenderError, StorageUnavailable
from recommender.models import Item, Media
from recommender.said import gettext_noop as _
from recommender.said import say
from recommender.services import stored
from recommender.services.renditions import KEY_FRAMES, SOUND, frame_name

if TYPE_CHECKING:
    from recommender.contracts import Clip
    from recommender.engine.encoders import Encoder

Outcome = np.ndarray | RecommenderError


def item_texts(item: Item) -> list[str]:
    """What is encoded of an item's words: one text for each language it has, title first."""
    both = ((item.title, item.description), (item.title_zh, item.description_zh))
    texts = [normalise_text(". ".join(part for part in parts if part)) for parts in both]
    return [text for text in texts if text]


def encode_words(encoder: Encoder, items: Sequence[Item]) -> list[Outcome]:
    """One vector an item: the mean of its languages, so that it is found in either."""
    texts = [item_texts(item) for item in items]
    vectors = encoder.encode_texts([text for some in texts for text in some])
    return _pooled(list(vectors), [len(some) for some in texts], _("The item has no words."))


def encode_pictures(encoder: Encoder, media: Sequence[Media]) -> list[Outcome]:
    """One vector a picture, and one a film: the mean of its key frames."""
    named = [_named(encoder, medium) for medium in media]
    names = [some if isinstance(some, list) else [] for some in named]
    flat = [name for some in names for name in some]
    found = encode_image_files(encoder, flat, opener=_open_stored)
    answers: list[Outcome] = [one.vector if one.vector is not None else one.error for one in found]  # type: ignore[misc]
    pooled = _pooled(answers, [len(some) for some in names], _("The film has no key frames."))
    return [one if isinstance(some, list) else some for some, one in zip(named, pooled, strict=True)]


def encode_sounds(encoder: Encoder, media: Sequence[Media]) -> list[Outcome]:
    """One vector a sound, or a film's sound."""
    with ThreadPoolExecutor(4, "decode") as pool:
        clips = list(pool.map(_clip, media))
    vectors = iter(encoder.encode_clips([one for one in clips if not isinstance(one, RecommenderError)]))
    return [one if isinstance(one, RecommenderError) else next(vectors) for one in clips]


def _named(encoder: Encoder, medium: Media) -> list[str] | RecommenderError:
    try:
        return _picture_names(encoder, medium)
    except RecommenderError as error:
        return error


def _picture_names(encoder: Encoder, medium: Media) -> list[str]:
    """Names of the renditions to read: the smallest that has twice the pixels the encoder looks at."""
    if medium.kind == Media.Kind.VIDEO:
        frames = [medium.derived(frame_name(number)) for number in range(KEY_FRAMES)]
        return [name for name in frames if stored.exists(name)]
    wanted = 2 * (getattr(encoder, "image_size", 0) or max(Media.SIZES))
    size = next((size for size in Media.SIZES if size >= wanted), max(Media.SIZES))
    return [medium.derived(f"{size}.webp")]


def _open_stored(path: Path) -> Image.Image:
    return open_picture(path.as_posix())


def open_picture(name: str) -> Image.Image:
    """A stored picture, decoded.

    Raises:
        MediaError: it is not there, cannot be read, or is damaged. StorageUnavailable.
    """
    try:
        file = io.BytesIO(stored.content_of(name))
    except OSError as error:
        told = say(_("{name} cannot be read ({error})."), name=name, error=error.strerror or str(error))
        raise MediaError(told, _("Prepare the medium again.")) from error
    file.name = name  # type: ignore[attr-defined]  # for messages
    return open_image(file)


def _clip(medium: Media) -> Clip | RecommenderError:
    try:
        with stored.local_file(medium.derived(SOUND)) as path:
            return load_clip(path)
    except RecommenderError as error:
        return error


def _pooled(answers: Sequence[Outcome], counts: Sequence[int], nothing: str) -> list[Outcome]:
    """Unit mean of each run of ``counts`` answers; the first error where a whole run failed."""
    pooled: list[Outcome] = []
    start = 0
    for count in counts:
        run = answers[start : start + count]
        start += count
        vectors = [one for one in run if not isinstance(one, RecommenderError)]
        away = next((one for one in run if isinstance(one, StorageUnavailable)), None)
        if not run:
            pooled.append(MediaError(nothing))
        elif away is not None:  # the mean of what was to be had would be kept as that of all
            pooled.append(away)
        elif not vectors:
            pooled.append(run[0])
        else:
            mean = np.mean(vectors, axis=0)
            pooled.append(mean / max(float(np.linalg.norm(mean)), 1e-12))
    return pooled
