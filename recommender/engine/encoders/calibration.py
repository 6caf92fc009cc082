"""How similar things of this encoder are by chance, so that "nothing really matches" can be said.

Raw similarities of different pairs of modalities live on different scales (two texts agree far more than a
text and its picture), so they are compared as standard scores against random pairs of the same kind.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from recommender.contracts import MODALITIES, Modality
from recommender.engine.encoders.base import DEFAULT_ENCODER
from recommender.errors import EncoderError
from recommender.said import gettext_noop as _
from recommender.said import say

WEIGHTS = Path(__file__).parent / "weights"
FILENAME = "calibration.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Cosines of one (query modality, target modality): of random pairs, and of pairs that belong together.

    Attributes:
        random_mean, random_std: over random pairs.
        match_mean, match_std: over matching pairs.
        threshold: the cosine below which a best match is probably none: the 5th percentile of matching
            pairs, but never under the 99th of random ones.
        pairs: number of matching pairs measured.
    """

    random_mean: float
    random_std: float
    match_mean: float
    match_std: float
    threshold: float
    pairs: int

    def z_score(self, cosine: float) -> float:
        """Standard deviations above a random pair: comparable across modalities."""
        return (cosine - self.random_mean) / max(self.random_std, 1e-6)

    def relevance(self, cosine: float) -> float:
        """0 for a random pair, 1 for a typical match, clipped to [0, 1]."""
        span = max(self.match_mean - self.random_mean, 1e-6)
        return float(np.clip((cosine - self.random_mean) / span, 0.0, 1.0))


def measure(queries: np.ndarray, targets: np.ndarray, *, seed: int = 0, shuffles: int = 8) -> Calibration:
    """Calibration from unit rows that belong together: ``queries`` and ``targets`` (n, dim), n at least 2."""
    if len(queries) != len(targets) or len(queries) < 2:
        told = _("Calibration needs at least two matching pairs, got {n}.")
        raise EncoderError(say(told, n=len(queries)))
    matches = np.einsum("nd,nd->n", queries, targets)
    rng = np.random.default_rng(seed)
    shifts = rng.integers(1, len(queries), size=shuffles)
    random = np.concatenate([np.einsum("nd,nd->n", queries, np.roll(targets, s, axis=0)) for s in shifts])
    threshold = max(np.quantile(matches, 0.05), np.quantile(random, 0.99))
    figures = (random.mean(), random.std(), matches.mean(), matches.std(), threshold)
    rounded = [round(float(figure), 5) for figure in figures]
    return Calibration(rounded[0], rounded[1], rounded[2], rounded[3], rounded[4], pairs=len(queries))


def save(directory: Path, table: dict[tuple[Modality, Modality], Calibration]) -> None:
    """Write ``calibration.json`` beside the weights; keys are ``query>target``."""
    rows = {f"{query}>{target}": asdict(values) for (query, target), values in sorted(table.items())}
    (directory / FILENAME).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def load(directory: Path) -> dict[tuple[Modality, Modality], Calibration]:
    """Read what ``save`` wrote; empty where the folder has no calibration."""
    path = directory / FILENAME
    if not path.is_file():
        return {}
    rows = json.loads(path.read_text(encoding="utf-8"))
    known = {f"{query}>{target}": (query, target) for query in MODALITIES for target in MODALITIES}
    return {known[key]: Calibration(**values) for key, values in rows.items() if key in known}


@lru_cache(maxsize=8)
def similarity_calibration(spec: str = DEFAULT_ENCODER) -> dict[tuple[Modality, Modality], Calibration]:
    """(query modality, target modality) to Calibration of an encoder, read without torch.

    Empty for encoders that ship none: the caller then has no threshold to judge by.
    """
    if spec == DEFAULT_ENCODER:
        return load(WEIGHTS / DEFAULT_ENCODER)
    if spec.startswith("local-dir:"):
        return load(Path(spec.removeprefix("local-dir:")))
    return {}
