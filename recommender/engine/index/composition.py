"""How vectors of several modalities become one, and what a query says of them.

An item is the concatenation of its unit vectors in the order of ``MODALITIES``, zeros where it has none; a
query is the same concatenation times the asker's weights. Their inner product is then the weighted sum of
the similarities by modality, so one index serves every mixture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from recommender.contracts import MODALITIES, Vector
from recommender.errors import EncoderError, RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

BLOCKS = len(MODALITIES)
#: Presence codes: bit m is set where an item has a vector of modality m.
CODES = 1 << BLOCKS
_BITS = np.arange(CODES)[:, None] >> np.arange(BLOCKS) & 1  # (8, 3)
_AT_ONCE = 8_192  # vectors
_NOTHING = 1e-6  # shorter than this is no direction


def item_matrix(vectors: Iterable[Vector], dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids (n,) int64 ascending and vectors (n, 3 * dim) float32 of the items that ``vectors`` belong to.

    Several vectors of one item and modality, such as its pictures, are averaged and made unit again. An item
    whose vectors are all zero is left out.

    Raises:
        EncoderError: a vector is not (dim,) finite numbers, or its modality is unknown.
    """
    rows: dict[int, int] = {}
    total = np.zeros((0, BLOCKS, dim), np.float32)
    for owners, places, values in _portions(vectors, dim):
        numbers = [rows.setdefault(owner, len(rows)) for owner in owners]
        if len(rows) > len(total):
            grown = np.zeros((max(len(rows), 2 * len(total)), BLOCKS, dim), np.float32)
            grown[: len(total)] = total
            total = grown
        _add(total.reshape(-1, dim), np.array(numbers) * BLOCKS + places, values)
    ids = np.fromiter(rows, np.int64, len(rows))
    order = np.argsort(ids)
    matrix = _unit(total[order]).reshape(len(ids), BLOCKS * dim)
    there = matrix.any(axis=1)
    return ids[order][there], matrix if there.all() else matrix[there]


def _portions(vectors: Iterable[Vector], dim: int) -> Iterator[tuple[list[int], np.ndarray, np.ndarray]]:
    """Owners, numbers of the modalities (m,) and unit rows (m, dim) of some thousand vectors at a time."""
    stream = iter(vectors)
    number = {modality: place for place, modality in enumerate(MODALITIES)}
    while some := list(islice(stream, _AT_ONCE)):
        for vector in some:
            if vector.modality not in number or np.shape(vector.values) != (dim,):
                raise EncoderError(
                    say(
                        _("Item {item} has a vector of {size} numbers for {modality}; "
                          "this encoder space has {dim} for {modalities}."),
                        item=vector.owner_id,
                        size=np.size(vector.values),
                        modality=repr(vector.modality),
                        dim=dim,
                        modalities=", ".join(MODALITIES),
                    ),
                    _("Vectors of another encoder must not be mixed in: encode the item again."),
                )  # fmt: skip
        values = np.stack([vector.values for vector in some]).astype(np.float32)
        bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(bad):
            owner = some[int(bad[0])].owner_id
            told = say(_("A vector of item {item} is not finite."), item=owner)
            raise EncoderError(told, _("Encode the item again."))
        places = np.array([number[vector.modality] for vector in some])
        yield [vector.owner_id for vector in some], places, _unit(values)


def _add(total: np.ndarray, places: np.ndarray, values: np.ndarray) -> None:
    """Add each row of ``values`` (m, dim) to the row of ``total`` at its place; places may repeat."""
    order = np.argsort(places, kind="stable")
    firsts = np.flatnonzero(np.diff(places[order], prepend=-1))
    total[places[order][firsts]] += np.add.reduceat(values[order], firsts, axis=0)


def _unit(values: np.ndarray) -> np.ndarray:
    """Vectors along the last axis scaled to unit length; what has no direction becomes zeros."""
    norms = np.linalg.norm(values, axis=-1, keepdims=True)
    return np.where(norms > _NOTHING, values / np.maximum(norms, _NOTHING), 0.0).astype(np.float32)


def compose_query(vectors: Mapping[str, np.ndarray], weights: Mapping[str, float], dim: int) -> np.ndarray:
    """(3 * dim,) float32: each modality's vector (dim,) at unit length times its weight, zeros where absent.

    A modality counts only if it has both a vector and a weight; a negative weight asks for the opposite.

    Raises:
        EncoderError: a vector of another width, or one that is not finite.
    """
    query = np.zeros((BLOCKS, dim), np.float32)
    for number, modality in enumerate(MODALITIES):
        weight = float(weights.get(modality, 0.0))
        if modality not in vectors or not weight:
            continue
        values = np.asarray(vectors[modality], np.float32)
        if values.shape != (dim,):
            told = _("The query's {modality} vector has {size} numbers; the index has {dim}.")
            raise EncoderError(
                say(told, modality=modality, size=values.size, dim=dim),
                _("Encode the query with the encoder whose space serves."),
            )
        if not (np.isfinite(values).all() and np.isfinite(weight)):
            raise EncoderError(
                say(_("The query's {modality} vector or weight is not finite."), modality=modality)
            )
        query[number] = weight * _unit(values)
    return query.reshape(-1)


def presence(matrix: np.ndarray, dim: int) -> np.ndarray:
    """(n,) uint8: which modalities each row of ``matrix`` (n, 3 * dim) has, as presence codes."""
    there = matrix.reshape(len(matrix), BLOCKS, dim).any(axis=2)  # (n, 3)
    return (there @ (1 << np.arange(BLOCKS))).astype(np.uint8)


def modalities_of(code: int) -> list[int]:
    """Numbers of the modalities that a presence code stands for."""
    return [number for number in range(BLOCKS) if code >> number & 1]


@dataclass(frozen=True)
class Asked:
    """A query taken apart.

    A query weighs each modality by the length of its block. An item that lacks an asked modality has the rest
    of its score scaled up to the whole weight: what is missing is taken to be as similar as what is there.
    Where similarities of the modalities differ in scale (two texts agree far more than a text and its
    picture), ``typical`` says so: what is missing is then taken to match as well as the rest does.

    Attributes:
        query: (3 * dim,) float32.
        blocks: the same as (3, dim).
        factors: (8,) float32 by presence code: whole weight over the weight that has something to meet, each
            weight times the typical similarity.
        meets: (8,) bool by presence code: whether anything has.
    """

    query: np.ndarray
    blocks: np.ndarray
    factors: np.ndarray
    meets: np.ndarray

    @classmethod
    def of(cls, query: np.ndarray, dim: int, typical: Mapping[str, float] | None = None) -> Asked:
        flat = np.ascontiguousarray(query, np.float32).reshape(-1)
        if len(flat) != BLOCKS * dim:
            raise RecommenderError(
                say(
                    _("The query has {size} numbers; this index has {blocks} times {dim}."),
                    size=len(flat),
                    blocks=BLOCKS,
                    dim=dim,
                ),
                _("Compose it with compose_query for the space that serves."),
            )
        if not np.isfinite(flat).all():
            raise RecommenderError(_("The query is not finite."))
        blocks = flat.reshape(BLOCKS, dim)
        weights = np.linalg.norm(blocks, axis=1).astype(np.float64) * _scales(typical)
        met = _BITS @ weights  # (8,)
        factors = np.divide(weights.sum(), met, out=np.zeros(CODES), where=met > 0)
        return cls(flat, blocks, factors.astype(np.float32), met > 0)

    @property
    def is_nothing(self) -> bool:
        return not self.meets.any()

    def parts(self, vectors: np.ndarray) -> np.ndarray:
        """(n, 3) weight times similarity by modality, of vectors (n, 3 * dim)."""
        return np.einsum("nmd,md->nm", vectors.reshape(len(vectors), *self.blocks.shape), self.blocks)

    def scores(self, parts: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """(n,) from what ``parts`` gave and the presence codes (n,); zero where nothing meets."""
        return parts.sum(axis=1) * self.factors[codes]


def _scales(typical: Mapping[str, float] | None) -> np.ndarray:
    """(3,) the typical similarity of what matches, by modality; 1 where it is not given."""
    scales = np.array([float((typical or {}).get(modality, 1.0)) for modality in MODALITIES])
    if not (scales > 0).all() or not np.isfinite(scales).all():
        told = _("Typical similarities must be positive, got {given}.")
        raise RecommenderError(say(told, given=str(dict(typical or {}))))
    return scales
