"""Cross-modal attention: what one channel asks, the others answer, and all are read off together.

A text asks of the photo and the voice what they hold, and they ask back; absent channels are masked out of
every sum. Source: Vaswani et al. 2017 for the attention, Tsai et al. 2019 ("Multimodal Transformer for
Unaligned Multimodal Language Sequences") for queries from one modality, keys and values from another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analytics.engine.sentiment.calibration import log_rows, softmax
from analytics.engine.sentiment.fusion import Signals, alone

#: The channel that each token belongs to: every channel's opinion, and what the photo shows.
OWNERS = np.array([0, 1, 2, 1])
HEADS = 4
_MASKED = -1e9
_EPSILON = 1e-5


@dataclass(frozen=True)
class AttentionFusion:
    """One layer of cross-modal attention over a token a channel, and the photo's content.

    Attributes:
        arrays: ``opinion`` (channels, 3, d), ``content`` (dim, d), ``place`` (tokens, d), ``query``, ``key``,
            ``value``, ``out`` (d, d), ``read`` (channels, d, 3), ``weight`` (channels,), ``shift`` (3,).
        note: see ``Fusion``.
    """

    arrays: Mapping[str, np.ndarray]
    note: str = ""
    name: str = "attention"

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], note: str = "") -> AttentionFusion:
        return cls(arrays, note)

    def fuse(self, signals: Signals) -> np.ndarray:
        """See ``Fusion``."""
        rows, several = alone(signals)
        if several.any():
            photos = signals.photos[several] if signals.photos.size else None
            rows[several] = self._joined(signals.probabilities[several], signals.mask[several], photos)
        return rows

    def _joined(self, probabilities: np.ndarray, mask: np.ndarray, photos: np.ndarray | None) -> np.ndarray:
        a = self.arrays
        logs = log_rows(probabilities)  # (n, channels, 3)
        tokens, present = self._tokens(logs, mask, photos)  # (n, tokens, d), (n, tokens)
        asked = tokens[:, :3] @ a["query"]  # (n, channels, d)
        answers = attend(asked, tokens @ a["key"], tokens @ a["value"], others(present))
        states = normalised(tokens[:, :3] + answers @ a["out"])
        own = np.einsum("ncd,cdk->nck", states, a["read"]) + a["weight"][:, None] * logs
        return softmax(np.where(mask[..., None], own, 0.0).sum(axis=1) + a["shift"])

    def _tokens(
        self, logs: np.ndarray, mask: np.ndarray, photos: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        a = self.arrays
        opinions = np.einsum("nck,ckd->ncd", logs, a["opinion"])
        seen = np.zeros(len(logs), bool) if photos is None else mask[:, 1] & (photos != 0).any(axis=1)
        content = np.zeros((len(logs), 1, opinions.shape[2]))
        if photos is not None and photos.shape[1] == len(a["content"]):
            content = (photos @ a["content"])[:, None]
        tokens = np.concatenate([opinions, content], axis=1) + a["place"]
        return tokens, np.concatenate([mask, seen[:, None]], axis=1)


def others(present: np.ndarray) -> np.ndarray:
    """(n, channels, tokens): whether a channel may look at a token: it is there, and is not its own."""
    foreign = OWNERS[None, :] != np.arange(3)[:, None]  # (channels, tokens)
    return present[:, None, :] & foreign[None]


def attend(query: np.ndarray, key: np.ndarray, value: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Multi-head attention, (n, queries, d); a query that may look at nothing gets zeros."""
    n, queries, d = query.shape
    q, k, v = (x.reshape(n, x.shape[1], HEADS, d // HEADS) for x in (query, key, value))
    scores = np.einsum("nqhd,nkhd->nhqk", q, k) / np.sqrt(d // HEADS)
    weights = softmax(np.where(allowed[:, None], scores, _MASKED))
    weights = np.where(allowed[:, None], weights, 0.0)
    return np.einsum("nhqk,nkhd->nqhd", weights, v).reshape(n, queries, d)


def normalised(rows: np.ndarray) -> np.ndarray:
    """Zero mean and unit variance over the last axis."""
    centred = rows - rows.mean(axis=-1, keepdims=True)
    return np.asarray(centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + _EPSILON))
