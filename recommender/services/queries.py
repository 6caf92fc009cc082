"""What people search by becomes vectors: words, pictures and sounds, by way of the query worker."""

from __future__ import annotations

import hashlib
import logging
import re
import tempfile
import threading
import time
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from recommender.engine.preprocess.text import normalise_text
from recommender.errors import EncoderUnavailable, MediaError, RecommenderError
from recommender.models import EncoderSpace
from recommender.models.telling import error_in
from recommender.said import bare, renamed, say, together
from recommender.said import gettext_noop as _
from recommender.services import calls, stored

log = logging.getLogger(__name__)

#: ``{"modality": "text", "text": words}`` or ``{"modality": "image" | "audio", "name": stored file}``
Part = Mapping[str, str]

_TASK = "recommender.tasks.encode_query"
_SUFFIX = {"image": "webp", "audio": "flac"}
_NAME = re.compile(r"queries/[0-9a-f]{64}\.(webp|flac)")
#: Bytes of an upload; more than any telephone's picture or a minute of sound needs.
MOST_BYTES = {"image": 24 * 1024**2, "audio": 32 * 1024**2}
PICTURE_SIZE = 1080  # pixels of the long side that are kept
SOUND_SECONDS = 30.0
_CACHE_SECONDS = 6 * 3600
_REMEMBERED = 2_000  # vectors in this process
#: After a time-out, for so long nobody waits longer than for a worker that is well.
_PAUSE_SECONDS, _PATIENCE_SECONDS = 5.0, 0.25


# -- pictures and sounds to search by ----------------------------------------------------------------------


def known_media(kind: str, name: str) -> str:
    """``name``, if ``receive_media`` gave it for a file of that kind that is there; else ""."""
    match = _NAME.fullmatch(name)
    if match is None or match[1] != _SUFFIX.get(kind):
        return ""
    try:
        return name if stored.exists(name) else ""
    except MediaError:  # the bucket keeps it back
        return ""


def receive_media(kind: str, upload: UploadedFile) -> str:
    """Keep a picture or sound to search by; the name says its content, so the same one is kept once.

    It is decoded and written anew, so that nothing but the picture (upright WebP) or the sound (FLAC) of the
    upload remains.

    Args:
        kind: image or audio.

    Raises:
        RecommenderError: it is larger than allowed, or cannot be decoded. StorageUnavailable.
    """
    if kind not in _SUFFIX:
        told = say(_("Nothing can be searched by {kind}."), kind=repr(kind))
        raise RecommenderError(told, _("Send a picture or a sound."))
    most = MOST_BYTES[kind]
    if (upload.size or 0) > most:
        raise MediaError(
            say(_("{name} has more than {size} MB."), name=upload.name or kind, size=most // 1024**2),
            _("Scale the picture down.") if kind == "image" else _("Record a shorter sound."),
        )
    content = _picture(upload) if kind == "image" else _sound(upload)
    name = f"queries/{hashlib.sha256(content).hexdigest()}.{_SUFFIX[kind]}"
    stored.put(name, content)
    return name


def _picture(upload: UploadedFile) -> bytes:
    import io

    from PIL import Image

    from recommender.engine.preprocess.image import open_image

    upload.seek(0)
    picture = open_image(upload, fit=PICTURE_SIZE)
    picture.thumbnail((PICTURE_SIZE, PICTURE_SIZE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=88, method=2)
    return out.getvalue()


def _sound(upload: UploadedFile) -> bytes:
    from recommender.engine.preprocess.audio import flac_bytes, load_clip

    with tempfile.TemporaryDirectory(prefix="mmsite-") as folder:
        path = Path(folder) / "sound"
        with path.open("wb") as copy:
            for chunk in upload.chunks():
                copy.write(chunk)
        try:
            return flac_bytes(load_clip(path, SOUND_SECONDS))
        except MediaError as error:
            told = renamed(error.message, path.name, upload.name or gettext("The sound"))
            raise MediaError(told, error.remedy) from error


# -- vectors -----------------------------------------------------------------------------------------------


def encode_query(space: EncoderSpace, parts: Sequence[Part]) -> list[np.ndarray]:
    """A unit vector (dim,) in ``space`` for each part, in order; one message for all that are not known yet.

    Raises:
        EncoderUnavailable: no worker answered in time, or it could not load the encoder.
        RecommenderError: a part cannot be encoded, such as a picture that is gone.
    """
    parts = [_normal(part) for part in parts]
    keys = [_key(space, part) for part in parts]
    known = _memory.get_many(keys)
    if missing := [key for key in dict.fromkeys(keys) if key not in known]:
        known |= _memory.keep(_cached(missing, space.dim))
    if missing := {key: part for key, part in zip(keys, parts, strict=True) if key not in known}:
        vectors = _asked(space, list(missing.values()))
        fresh = dict(zip(missing, vectors, strict=True))
        _cache(fresh)
        known |= _memory.keep(fresh)
    return [known[key] for key in keys]


def forget_vectors() -> None:
    """Nothing is known in this process, and the worker is trusted again."""
    _memory.clear()
    _breaker.close()


def _normal(part: Part) -> Part:
    return {**part, "text": normalise_text(part["text"])} if part["modality"] == "text" else part


def _key(space: EncoderSpace, part: Part) -> str:
    said = f"{space.key}\n{part['modality']}\n{part.get('text') or part.get('name', '')}"
    return f"query:{hashlib.sha256(said.encode()).hexdigest()}"


class _Memory:
    """The vectors last used in this process."""

    def __init__(self) -> None:
        self._vectors: OrderedDict[str, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def get_many(self, keys: Sequence[str]) -> dict[str, np.ndarray]:
        with self._lock:
            found = {key: self._vectors[key] for key in keys if key in self._vectors}
            for key in found:
                self._vectors.move_to_end(key)
        return found

    def keep(self, vectors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Remember ``vectors``, and give them back."""
        with self._lock:
            self._vectors |= vectors
            while len(self._vectors) > _REMEMBERED:
                self._vectors.popitem(last=False)
        return vectors

    def clear(self) -> None:
        with self._lock:
            self._vectors.clear()


class _Breaker:
    """After a time-out, for some seconds nobody waits the whole time again."""

    def __init__(self) -> None:
        self._until = float("-inf")

    @property
    def patience(self) -> float:
        """Seconds to wait for an answer."""
        if time.monotonic() < self._until:
            return min(_PATIENCE_SECONDS, settings.QUERY_TIMEOUT)
        return settings.QUERY_TIMEOUT

    def open(self) -> None:
        self._until = time.monotonic() + _PAUSE_SECONDS

    def close(self) -> None:
        self._until = float("-inf")


_memory = _Memory()
_breaker = _Breaker()


def _cached(keys: Sequence[str], dim: int) -> dict[str, np.ndarray]:
    try:
        found = cache.get_many(keys)
    except RedisError as error:
        log.warning("Redis does not answer (%s); no vector of a query is known.", error)
        return {}
    vectors = {key: np.frombuffer(content, "<f4") for key, content in found.items()}
    return {key: vector for key, vector in vectors.items() if vector.shape == (dim,)}


def _cache(vectors: Mapping[str, np.ndarray]) -> None:
    try:
        cache.set_many(
            {key: vector.astype("<f4").tobytes() for key, vector in vectors.items()}, _CACHE_SECONDS
        )
    except RedisError as error:
        log.warning("Redis does not answer (%s); vectors of a query are not kept.", error)


# -- asking the worker -------------------------------------------------------------------------------------


def _asked(space: EncoderSpace, parts: Sequence[Part]) -> list[np.ndarray]:
    """What the query worker answers; at most so long as the breaker has patience."""
    patience = _breaker.patience
    try:
        told = calls.ask(_TASK, {"space": space.key, "parts": list(parts)}, patience)
    except (OperationalError, RedisError, OSError) as error:
        _breaker.open()
        raise _unavailable(str(error)) from error
    if told is None:
        _breaker.open()
        raise _unavailable(say(_("no answer within {seconds} s"), seconds=f"{patience:g}"))
    _breaker.close()
    return _vectors(told, space.dim, parts)


def _vectors(told: Mapping[str, Any], dim: int, parts: Sequence[Part]) -> list[np.ndarray]:
    """The vectors in an answer. Words can always be encoded: where they were not, the encoder is at fault."""
    if "error" in told:
        words_only = all(part["modality"] == "text" for part in parts)
        if words_only or not told.get("permanent", True):
            error = error_in(told)
            raise _unavailable(together(error.message, error.remedy))
        raise error_in(told)
    vectors = [np.frombuffer(b64decode(one), "<f4") for one in told["vectors"]]
    if len(vectors) != len(parts) or any(vector.shape != (dim,) for vector in vectors):
        raise _unavailable(_("the answer does not fit the question"))
    return vectors


def _unavailable(reason: str) -> EncoderUnavailable:
    why = bare(reason)
    log.warning("A query was not encoded: %s.", why)
    told = say(_("The encoder does not answer ({reason})."), reason=why)
    return EncoderUnavailable(told, _("Try again soon."))
