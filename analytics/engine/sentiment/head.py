"""A small classifier over rows of numbers, kept as arrays: an ensemble of networks and its calibration."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np

from analytics.engine.sentiment.calibration import Temperature, softmax
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

WEIGHTS = Path(__file__).parent / "weights"
ARRAYS, FACTS = "weights.npz", "card.json"
_CLIP = 4.0  # standard deviations beyond which a feature says no more
#: What reading a damaged file of arrays ends in.
DAMAGE = (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error)


@dataclass(frozen=True)
class Head:
    """Standardise, then average the members' probabilities, merge classes into labels, calibrate.

    Attributes:
        mean, scale: (features,) of the training rows.
        w1, b1, w2, b2: (members, features, hidden), (members, hidden), (members, hidden, classes),
            (members, classes). Without hidden units ``w1`` is empty, ``w2`` (members, features, classes).
        merge: (classes, 3), each row the share of a class that counts as each label.
        temperature: makes probabilities mean what they say.
        facts: the model card's figures.
    """

    mean: np.ndarray
    scale: np.ndarray
    w1: np.ndarray
    b1: np.ndarray
    w2: np.ndarray
    b2: np.ndarray
    merge: np.ndarray
    temperature: Temperature
    facts: Mapping[str, Any]

    def raw(self, rows: np.ndarray) -> np.ndarray:
        """(n, 3) of rows (n, features), not yet calibrated."""
        x = np.clip((rows - self.mean) / self.scale, -_CLIP, _CLIP)
        total = np.zeros((len(rows), self.b2.shape[1]))
        for w1, b1, w2, b2 in zip(self.w1, self.b1, self.w2, self.b2, strict=True):
            total += softmax(np.maximum(x @ w1 + b1, 0.0) @ w2 + b2 if w1.size else x @ w2 + b2)
        return np.asarray(total / len(self.w1) @ self.merge)

    def read(self, rows: np.ndarray) -> np.ndarray:
        """(n, 3) calibrated probabilities, float64."""
        return self.temperature.apply(self.raw(np.asarray(rows, dtype=np.float64)))

    @classmethod
    def load(cls, folder: Path | None, part: str) -> Self:
        """The head in ``folder``; None for the shipped one of that part.

        Raises:
            RecommenderError: a file is missing or damaged.
        """
        place = folder or WEIGHTS / part
        try:
            facts = json.loads((place / FACTS).read_text(encoding="utf-8"))
            with np.load(place / ARRAYS) as arrays:
                values = {name: arrays[name].astype(np.float64) for name in arrays.files}
            temperature = Temperature(facts["temperature"], tuple(facts["bias"]))
            return cls(**values, temperature=temperature, facts=facts)
        except (*DAMAGE, TypeError) as error:
            raise RecommenderError(
                say(
                    _("The {part} model in {folder} cannot be read ({error})."),
                    part=part,
                    folder=place.name,
                    error=str(error),
                ),
                say(
                    _("Restore it from the repository, or train anew: manage.py {command}."),
                    command=f"train_sentiment {part}",
                ),
            ) from error

    def save(self, folder: Path) -> None:
        """Write arrays (half precision) and card into ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        names = ("mean", "scale", "w1", "b1", "w2", "b2", "merge")
        arrays = {name: np.asarray(getattr(self, name)) for name in names}
        half = {
            name: value.astype(np.float16 if name in ("w1", "w2") else np.float32)
            for name, value in arrays.items()
        }
        np.savez_compressed(folder / ARRAYS, allow_pickle=False, **half)
        facts = {**self.facts, "temperature": self.temperature.value, "bias": list(self.temperature.bias)}
        (folder / FACTS).write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
