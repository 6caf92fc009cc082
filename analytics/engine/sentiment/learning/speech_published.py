"""Take the trunk of the speech model out of a published Whisper base, as CTranslate2 keeps it."""

from __future__ import annotations

import struct
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from analytics.engine.sentiment.speech_trunk import (
    BANDS,
    MATRICES,
    NORMS,
    WINDOW,
    Trunk,
)
from analytics.engine.sentiment.text_plug import INSTALL, PACKAGE
from recommender.engine.preprocess.audio import RATE
from recommender.errors import RecommenderError

_REMEDY = "Name model.bin of Whisper base, converted for CTranslate2 in half or single precision."
_VERSION, _KIND = 6, "WhisperSpec"
#: By their numbers in the file; the last stands for bfloat16, which is refused.
_TYPES = (np.float32, np.int8, np.int16, np.int32, np.float16, np.uint16)
_LIMIT = 127
#: Of each layer, names here and in the file.
_MATRICES = {
    "ask": "self_attention/linear_0",
    "answer": "self_attention/linear_1",
    "wide": "ffn/linear_0",
    "narrow": "ffn/linear_1",
}
_NORMS = {"before_ask": "self_attention/layer_norm", "before_wide": "ffn/layer_norm"}


def trunk_arrays(base: Path) -> dict[str, np.ndarray]:
    """What ``Trunk.of`` takes, of the file ``base``.

    Raises:
        RecommenderError: there is no such file, it is of another kind or ends too soon, or is of another size
            than base; or transformers, an optional package, is not installed.
    """
    if find_spec(PACKAGE) is None:
        raise RecommenderError(f"The package {PACKAGE} is not installed.", f"Install it: {INSTALL}")
    stored = _stored(base)
    arrays = {"mel": _filters()}
    try:
        for name in MATRICES:
            place = _place(name, _MATRICES)
            arrays |= _rounded(name, stored[f"{place}/weight"])
            arrays[f"{name}.shift"] = stored[f"{place}/bias"].astype(np.float16)
        for name in NORMS:
            place = _place(name, _NORMS)
            arrays |= {f"{name}.gain": stored[f"{place}/gamma"], f"{name}.shift": stored[f"{place}/beta"]}
        Trunk.of(arrays)
    except KeyError as error:
        raise RecommenderError(f"{base} lacks {error.args[0]}.", _REMEDY) from error
    except ValueError as error:
        raise RecommenderError(f"{base} cannot be the trunk: {error}.", _REMEDY) from error
    return arrays


def _place(name: str, names: dict[str, str]) -> str:
    """Where the file keeps what is called ``name`` here."""
    layer, _, part = name.partition(".")
    return f"encoder/layer_{layer.removeprefix('layer')}/{names[part]}" if part else f"encoder/{name}"


def _rounded(name: str, weight: np.ndarray) -> dict[str, np.ndarray]:
    """Each row in eight bits, by its largest number."""
    if weight.dtype not in (np.float16, np.float32):
        raise ValueError(f"{name} is kept as {weight.dtype}")
    # A convolution's last axis, in time, goes before what it reads at that time.
    rows = weight.transpose(0, 2, 1).reshape(len(weight), -1) if weight.ndim == 3 else weight
    rows = rows.astype(np.float32)
    if not np.isfinite(rows).all():
        raise ValueError(f"{name} is not finite")
    step = np.maximum(np.abs(rows).max(axis=1), 1e-8) / _LIMIT
    return {f"{name}.rows": np.rint(rows / step[:, None]).astype(np.int8), f"{name}.step": step}


def _filters() -> np.ndarray:
    """(80, 201) triangles of equal area on the mel scale of Slaney (1998)."""
    from transformers.audio_utils import mel_filter_bank

    count = WINDOW // 2 + 1
    found = mel_filter_bank(count, BANDS, 0.0, RATE / 2, RATE, norm="slaney", mel_scale="slaney")
    return np.asarray(found.T, np.float32)


def _stored(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file of CTranslate2 that the trunk is made of, by name."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecommenderError(f"{path} cannot be read ({error.strerror}).", _REMEDY) from error
    try:
        reader = _Reader(content)
        version, kind = reader.number("I"), reader.word()
        if (version, kind) != (_VERSION, _KIND):
            raise RecommenderError(f"{path} is no Whisper of CTranslate2.", _REMEDY)
        reader.number("I")  # the revision of that kind
        return dict(reader.array() for _ in range(reader.number("I")))
    except (struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
        raise RecommenderError(
            f"{path} is cut off, damaged or no Whisper of CTranslate2.", _REMEDY
        ) from error


class _Reader:
    """Numbers, words and arrays in the order in which they stand."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def number(self, kind: str) -> int:
        found: int = struct.unpack_from(f"<{kind}", self._content, self._at)[0]
        self._at += struct.calcsize(f"<{kind}")
        return found

    def word(self) -> str:
        length = self.number("H")
        found = self._content[self._at : self._at + length]
        self._at += length
        return found.rstrip(b"\0").decode()

    def array(self) -> tuple[str, np.ndarray]:
        name = self.word()
        shape = [self.number("I") for _ in range(self.number("B"))]
        kind, length = np.dtype(_TYPES[self.number("B")]), self.number("I")
        found = np.frombuffer(self._content, kind, length // kind.itemsize, self._at).reshape(shape)
        self._at += length
        return name, found
