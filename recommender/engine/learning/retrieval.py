"""How well an encoder finds what belongs together: recall from text to picture and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CUTOFFS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Recall at the cutoffs both ways, the recall at 10 of a random order, and the number of pictures."""

    text_to_image: dict[str, float]
    image_to_text: dict[str, float]
    chance_at_10: float
    images: int

    def as_dict(self) -> dict[str, object]:
        return {
            "text_to_image": self.text_to_image,
            "image_to_text": self.image_to_text,
            "chance@10": self.chance_at_10,
            "images": self.images,
        }


def ranks(scores: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Best rank (from 0) of a right column in each row, (n,); equal scores count as ranked before it.

    Args:
        scores: (n, m), higher is better.
        right: (n, m) bool, at least one true a row.
    """
    best = np.where(right, scores, -np.inf).max(axis=1, keepdims=True)
    return ((scores >= best) & ~right).sum(axis=1)


def recalls(found_at: np.ndarray, cutoffs: Sequence[int] = CUTOFFS) -> dict[str, float]:
    """Share of rows whose rank (from 0) is below each cutoff, rounded to four digits."""
    return {f"recall@{k}": round(float((found_at < k).mean()), 4) for k in cutoffs}


def text_image_retrieval(images: np.ndarray, texts: np.ndarray, owner: np.ndarray) -> Retrieval:
    """Recall over unit rows.

    Args:
        images: (n, dim).
        texts: (m, dim).
        owner: (m,) the row of ``images`` that each text describes.
    """
    scores = texts @ images.T  # (m, n)
    right = owner[:, None] == np.arange(len(images))[None, :]
    captioned = right.any(axis=0)
    return Retrieval(
        text_to_image=recalls(ranks(scores, right)),
        image_to_text=recalls(ranks(scores.T[captioned], right.T[captioned])),
        chance_at_10=round(min(1.0, 10 / max(1, len(images))), 4),
        images=len(images),
    )
