"""The few frozen values that cross from one stage to the next.

Nothing here imports Django, numpy arrays are plain, and every instance is immutable, so a value may be
handed to any layer without anyone asking who else holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Modality = Literal["image", "text", "audio"]
MediaKind = Literal["image", "audio", "video"]
RecordKind = Literal["item", "interaction", "review"]

#: The order in which modality blocks are concatenated in an item's vector.
MODALITIES: tuple[Modality, ...] = ("image", "text", "audio")

#: The sources a feed is mixed from: what people did, then one per modality.
SOURCES: tuple[str, ...] = ("crowd", "image", "text", "audio")


@dataclass(frozen=True, slots=True)
class MediaRef:
    """Where a record's picture, sound or film is to be had.

    Exactly one of ``member`` (a path inside the uploaded archive), ``path`` (a file on this machine; command
    line only) and ``url`` (http or https) is set.
    """

    kind: MediaKind
    member: str = ""
    path: str = ""
    url: str = ""
    caption: str = ""

    @property
    def source(self) -> str:
        return self.member or self.path or self.url


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One row of an uploaded file under canonical field names, not yet checked against the database.

    Attributes:
        kind: what the row describes.
        row: 1-based line or record number in ``source``, as a person would count it.
        source: the file (or archive member) the row was read from.
        values: canonical field name to parsed value (see ``docs/formats.md``).
        media: the media the row refers to, in display order.
        raw: the row as it was in the file, for the error report.
    """

    kind: RecordKind
    row: int
    source: str
    values: Mapping[str, Any]
    media: tuple[MediaRef, ...] = ()
    raw: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why one row (or one cell of it) could not be taken, and what to do about it.

    ``cut``: the file ends within the row, so that nobody knows what else it would have named.
    """

    row: int
    source: str
    column: str
    value: str
    reason: str
    remedy: str
    raw: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Clip:
    """Decoded sound: mono float32 samples in [-1, 1], shape (n,), at ``rate`` hertz."""

    samples: np.ndarray
    rate: int = 16_000

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class Vector:
    """A unit vector of an item or medium in one modality of one encoder space; ``values``: shape (dim,)."""

    owner_id: int
    modality: Modality
    values: np.ndarray


@dataclass(frozen=True, slots=True)
class Hit:
    """A search answer: ``score`` is the weighted sum of ``parts`` (similarity by modality or channel)."""

    item_id: int
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item on its way into a feed.

    ``parts`` maps a source (``crowd``, ``image``, ``text``, ``audio``, ``popular``, ``fresh``) to its share
    of ``score``; ``because`` maps a source to the item of the user's history that gave most through it.
    """

    item_id: int
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)
    because: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a card is shown, read off the sum that ranked it.

    ``source`` is the largest part of the score, ``seed_id`` the item of the history behind it (None for
    popularity and freshness) and ``share`` the part's fraction of the positive score, in [0, 1].
    """

    source: str
    share: float
    seed_id: int | None = None
