"""Word vectors for the aspect network: some numbers say how words are felt, some which words are alike.

Learned once, since the published vectors that they start from (GloVe, MiniLM) are not among the data sets.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from analytics.engine.sentiment.aspects_polarity import FIRST, Named, packed
from analytics.engine.sentiment.learning.aspects_network import Course, Network, fit
from analytics.engine.sentiment.learning.text_corpora import Labelled

FELT, ALIKE = 48, 32
COURSE = Course(epochs=4, rate=2e-3, batch=128, decay=1e-4)


class Vectors(nn.Module):
    """Published vectors (words, width) through a learned map, and what films teach about each word alone."""

    def __init__(self, published: np.ndarray) -> None:
        super().__init__()
        self.published = torch.from_numpy(published)
        self.map = nn.Linear(published.shape[1], FELT, bias=False)
        self.own = nn.Embedding(len(published), FELT)
        nn.init.zeros_(self.own.weight)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.map(self.published[rows]) + self.own(rows))


def learn_words(
    published: np.ndarray, vocabulary: Sequence[str], films: Labelled, *, seed: int
) -> dict[str, np.ndarray]:
    """The arrays ``vocabulary`` and ``table`` (rows, 80) int8 of an aspect model.

    Args:
        published: (words, width) float32, each kind of vector centred and of one spread.
        vocabulary: the words, in that order.
        films: sentences and phrases, 0 negative, 2 positive.
    """
    torch.manual_seed(seed)
    rows = np.vstack([np.zeros((FIRST, published.shape[1]), np.float32), published])
    vectors = Vectors(rows)
    network = Network(vectors, FELT)
    numbers = {word: FIRST + place for place, word in enumerate(vocabulary)}
    pack = packed([Named(text, "", "") for text in films.texts], numbers)
    fit(network, network.films, pack, films.labels // 2, COURSE, seed)
    with torch.no_grad():
        felt = vectors(torch.arange(len(rows))).numpy()
    alike = rows @ np.linalg.svd(published - published.mean(0), full_matrices=False)[2][:ALIKE].T
    table = np.hstack([felt, np.tanh(alike / alike.std() / 2)])
    table[0] = 0
    told = np.frombuffer("\n".join(vocabulary).encode(), np.uint8)
    return {"vocabulary": told, "table": np.round(table * 127).astype(np.int8)}
