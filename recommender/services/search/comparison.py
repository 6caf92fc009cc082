"""A question as directions in vector space, and how near items come to it.

The encoder's space is shared by pictures, words and sounds, so each part of a question is compared with every
block of an item's vector. Cosines of different pairs of modalities live on different scales; they are made
standard scores against random pairs, and the pairs that tell matches from chance better count for more (the
weights of Fisher's linear discriminant for independent scores).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommender.contracts import MODALITIES
from recommender.engine.encoders.calibration import Calibration

Table = Mapping[tuple[str, str], Calibration]

#: What a minus term takes away from a score for each standard score beyond a share of those of a match.
_MINUS, _MINUS_FROM = 1.0, 0.45
#: An item with this share of a match's standard scores is what the minus term names.
_REFUSED_FROM = 0.7
#: The same in the search for candidates, which is linear and must not run off to where the term is absent.
_MINUS_DIRECTION = 0.2
#: A picture or sound shows what is meant by itself; what it would be called is less certain.
_OWN_KIND = 3.0
#: What is left of a score where a picture or sound meets nothing of its kind, only words: they may fit by
#: what they name, and still nobody has seen or heard the like.
_UNSEEN = 0.6
_LEAST_WORTH = 0.05
_ALONE = 0.3


@dataclass(frozen=True)
class Part:
    """One thing the question says.

    Attributes:
        vectors: by modality, unit (dim,): one for words, a picture or a sound; an item has up to three.
        sign: 1 for more of it, -1 for less.
        shows: it shows what is meant (an item, a picture, a sound); words beside it say what should differ.
    """

    vectors: Mapping[str, np.ndarray]
    sign: float = 1.0
    shows: bool = False

    def facing(self, target: str) -> tuple[str, np.ndarray]:
        """Modality and vector that a block is compared with: its own kind, if the part has it."""
        modality = target if target in self.vectors else next(iter(self.vectors))
        return modality, self.vectors[modality]


@dataclass(frozen=True)
class Judged:
    """How near items (n,) come.

    Attributes:
        scores: (n,) standard scores; -inf for items with nothing to compare.
        relevance: (n, 3) by modality: 0 as by chance, 0.5 as for a typical match, 1 for the very same; nan
            where there is nothing.
        surplus: (n,) standard scores above what a match needs; negative for what is none.
        refused: (n,) bool: a minus term matches.
    """

    scores: np.ndarray
    relevance: np.ndarray
    surplus: np.ndarray
    refused: np.ndarray


class Comparison:
    """The parts of a question against blocks of items.

    Args:
        parts: at least one with sign 1.
        weights: of the items' modalities, in [0, 1]; all in full where absent, or where all are zero.
        table: calibrations of (part's modality, item's modality).
        dim: width of one modality's vectors.
    """

    def __init__(self, parts: Sequence[Part], weights: Mapping[str, float], table: Table, dim: int) -> None:
        self.parts, self.dim = list(parts), dim
        shares = np.array([float(weights.get(name, 1.0)) for name in MODALITIES])
        shares = shares if shares.any() else np.ones(len(MODALITIES))
        pairs = [[table[part.facing(target)[0], target] for target in MODALITIES] for part in self.parts]
        self._pairs = pairs
        self._vectors = np.stack(
            [[part.facing(target)[1] for target in MODALITIES] for part in self.parts]
        ).astype(np.float32)  # (parts, 3, dim)
        self._mean = _figures(pairs, "random_mean")  # (parts, 3)
        self._std = np.maximum(_figures(pairs, "random_std"), 1e-6)
        self._match = _figures(pairs, "match_mean")
        self._threshold = _figures(pairs, "threshold")
        own = np.array([[_own_kind(part, target) for target in MODALITIES] for part in self.parts])
        #: how well a pair tells matches from chance, times what it counts for the asker
        self._worth = shares * own * np.maximum((self._match - self._mean) / self._std, _LEAST_WORTH)
        self._signs = np.array([part.sign for part in self.parts])
        #: what a match has to match: what is shown, which nothing matches that is as different as asked for
        shows = np.array([part.shows for part in self.parts]) & (self._signs > 0)
        self._needed = shows if shows.any() else self._signs > 0
        facing = [[part.facing(target)[0] for target in MODALITIES] for part in self.parts]
        self._same_kind = np.array(facing) == np.array(MODALITIES)  # (parts, 3)

    @cached_property
    def query(self) -> np.ndarray:
        """(3 * dim,) whose inner product with an item's vector ranks as the scores do, but for constants."""
        signs = np.where(self._signs > 0, 1.0, -_MINUS_DIRECTION)[:, None]
        factors = signs * self._worth / self._worth.sum(axis=1, keepdims=True) / self._std  # (parts, 3)
        return np.einsum("pm,pmd->md", factors, self._vectors).reshape(-1).astype(np.float32)

    @cached_property
    def typical(self) -> dict[str, float]:
        """What the index takes for a match by modality, so that items that lack one are comparable."""
        blocks = np.linalg.norm(self.query.reshape(len(MODALITIES), -1), axis=1)
        worth = self._worth[self._signs > 0]
        share = (worth / worth.sum(axis=1, keepdims=True)).sum(axis=0)
        found = np.where(blocks > 0, share / np.maximum(blocks, 1e-9), 1.0)
        return {name: max(float(value), 1e-6) for name, value in zip(MODALITIES, found, strict=True)}

    def judge(self, vectors: np.ndarray) -> Judged:
        """Compare with items whose vectors (n, 3 * dim) are given."""
        blocks = vectors.reshape(len(vectors), len(MODALITIES), self.dim)
        there = blocks.any(axis=2)  # (n, 3)
        cosines = np.einsum("nmd,pmd->npm", blocks, self._vectors)  # (n, parts, 3)
        worth = self._worth * there[:, None, :]
        total = worth.sum(axis=2)  # (n, parts)
        standard = (cosines - self._mean) / self._std
        each = (worth * standard).sum(axis=2) / np.maximum(total, 1e-9)
        each = np.where(self._meets_its_kind(there), each, np.minimum(each, _UNSEEN * each))
        typical = (self._match - self._mean) / self._std
        usual = (worth * typical).sum(axis=2) / np.maximum(total, 1e-9)  # a match's, of what there is
        more, less = self._signs > 0, self._signs < 0
        excess = np.maximum(each[:, less] - _MINUS_FROM * usual[:, less], 0.0)
        scores = each[:, more].mean(axis=1) - _MINUS * excess.sum(axis=1)
        comparable = (total[:, more] > 0).any(axis=1)
        return Judged(
            scores=np.where(comparable, scores, -np.inf),
            relevance=self._relevance(cosines, there, more),
            surplus=np.where(
                comparable, self._surplus(standard, worth)[:, self._needed].min(axis=1), -np.inf
            ),
            refused=(each[:, less] > _REFUSED_FROM * usual[:, less]).any(axis=1),
        )

    def _meets_its_kind(self, there: np.ndarray) -> np.ndarray:
        """(n, parts) whether a picture or sound has the like to meet; a part that has words always has."""
        speaks = np.array(["text" in part.vectors for part in self.parts])
        return (there[:, None, :] & self._same_kind).any(axis=2) | speaks

    def _relevance(self, cosines: np.ndarray, there: np.ndarray, more: np.ndarray) -> np.ndarray:
        below = (cosines - self._mean) / np.maximum(self._match - self._mean, 1e-6)
        above = (cosines - self._match) / np.maximum(1.0 - self._match, 1e-6)
        halves = np.clip(below, 0.0, 1.0) + np.clip(above, 0.0, 1.0)
        share = 0.5 * halves[:, more].mean(axis=1)  # (n, 3)
        return np.where(there & (self._worth[more].sum(axis=0) > 0), share, np.nan)

    def _surplus(self, standard: np.ndarray, worth: np.ndarray) -> np.ndarray:
        """(n, parts) how far above its threshold an item is, from scores and worths (n, parts, 3).

        The scores of all pairs are held against the thresholds of all pairs, and a pair that tells matches
        well must pass its own, but for what a picture or sound would be called where the like of it is
        seen or heard. A pair that is alone has nothing to back it, and needs more.
        """
        needed = (self._threshold - self._mean) / self._std  # (parts, 3)
        counted = worth > _LEAST_WORTH
        total = np.maximum(worth.sum(axis=2), 1e-9)
        surplus = (worth * (standard - needed)).sum(axis=2) / total
        reliable = self._match >= self._threshold
        own = self._same_kind & (np.array(MODALITIES) != "text")
        alike = (counted & own & (standard >= needed)).any(axis=2, keepdims=True)
        excused = alike & ~self._same_kind
        failed = (counted & reliable & (standard < needed) & ~excused).any(axis=2)
        alone = counted.sum(axis=2) < 2
        return np.where(failed, -1.0, surplus - _ALONE * alone)


def _own_kind(part: Part, target: str) -> float:
    return _OWN_KIND if target != "text" and target in part.vectors else 1.0


def _figures(pairs: Sequence[Sequence[Calibration]], name: str) -> np.ndarray:
    return np.array([[getattr(pair, name) for pair in row] for row in pairs])
