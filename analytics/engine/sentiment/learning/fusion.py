"""Train fusion: both recipes on the same held-out readings; the better one is kept if it beats words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analytics.engine.sentiment.attention import AttentionFusion
from analytics.engine.sentiment.calibration import (
    accuracy,
    expected_calibration_error,
    fit_temperature,
    macro_f1,
)
from analytics.engine.sentiment.fusion import FirstChannel, Fusion, Signals
from analytics.engine.sentiment.fusion_gated import GatedFusion
from analytics.engine.sentiment.fusion_loading import ARRAYS, FACTS, MARGIN
from analytics.engine.sentiment.learning.fusion_posts import (
    LearnWords,
    WordsModel,
    outer_folds,
    part_of,
    train_readers,
)
from analytics.engine.sentiment.learning.fusion_recipes import FITS
from analytics.engine.sentiment.learning.image import Posts, posts

Say = Callable[[str], None]
FIGURES = {"macro-F1": macro_f1, "accuracy": accuracy}


@dataclass(frozen=True)
class Trial:
    """What posts say by words, by photo and by each recipe, all read by models that had not seen them.

    Attributes:
        labels: (n,).
        readings: (n, 3) by "text", "image" and the name of each recipe.
    """

    labels: np.ndarray
    readings: Mapping[str, np.ndarray]

    def figures(self) -> dict[str, dict[str, float]]:
        """Macro-F1, accuracy and calibration error by reading."""
        return {
            name: {
                **{figure: measure(rows.argmax(1), self.labels) for figure, measure in FIGURES.items()},
                "calibration error": expected_calibration_error(rows, self.labels),
            }
            for name, rows in self.readings.items()
        }


def try_posts(found: Posts, seed: int, say: Say, learn_words: LearnWords = WordsModel) -> Trial:
    """Five folds by text: within each, models of words and photos, then both recipes on top."""
    readings = {name: np.zeros((len(found.labels), 3)) for name in ("text", "image", *FITS)}
    for number, held in enumerate(outer_folds(found, seed)):
        train = part_of(found, ~held)
        readers = train_readers(train, seed, learn_words)
        signals = readers.read(part_of(found, held))
        readings["text"][held] = signals.probabilities[:, 0]
        readings["image"][held] = signals.probabilities[:, 1]
        for name, fit in FITS.items():
            readings[name][held] = fit(readers.held, train.labels, seed=seed).fuse(signals)
        say(f"fold {number + 1} of 5 done")
    return Trial(found.labels, readings)


def train_fusion(data: Path, output: Path, *, seed: int, say: Say) -> dict[str, float]:
    """Choose, fit and write the fusion to ``output``; the figures of the trial on held-out posts.

    The voice joins nothing that was measured: no set of reviews under ``data`` has words and voice together
    with a label, so a review that has both is left to its words, and the gap between them is shown.
    """
    from recommender.engine.encoders import load_encoder

    found = posts(data, load_encoder(device="cpu"))
    trial = try_posts(found, seed, say)
    figures = trial.figures()
    best = max(FITS, key=lambda name: figures[name]["macro-F1"])
    gain = figures[best]["macro-F1"] - figures["text"]["macro-F1"]
    evidence = {
        "image": {
            "text": figures["text"]["macro-F1"], "fused": figures[best]["macro-F1"],
            "rows": len(found.labels), "what": "held-out posts",
        }
    }  # fmt: skip
    flat = {
        f"{name} {figure}": value
        for name, by_figure in figures.items()
        for figure, value in by_figure.items()
    }
    facts = {"figures": flat, "evidence": evidence, "heard": ["image"] if gain >= MARGIN else []}
    say(f"{best}: {gain:+.3f} over the words alone")
    save_fusion(output, *_fitted(best if gain >= MARGIN else "", found, seed), facts)
    return {f"fusion MVSA {name}": value for name, value in flat.items()}


def _fitted(name: str, found: Posts, seed: int) -> tuple[Fusion, Signals | None, np.ndarray]:
    if not name:
        return FirstChannel(), None, found.labels
    held = train_readers(found, seed).held
    return FITS[name](held, found.labels, seed=seed), held, found.labels


def save_fusion(
    output: Path, fusion: Fusion, signals: Signals | None, labels: np.ndarray, facts: Mapping[str, Any]
) -> None:
    """Write a recipe, calibrated on ``signals``, for ``load_fusion``."""
    output.mkdir(parents=True, exist_ok=True)
    card: dict[str, Any] = {**facts, "recipe": fusion.name, "temperature": 1.0, "bias": [0.0, 0.0, 0.0]}
    if signals is not None:
        temperature = fit_temperature(fusion.fuse(signals), labels)
        card |= {"temperature": temperature.value, "bias": list(temperature.bias)}
        arrays = {name: array.astype(np.float32) for name, array in arrays_of(fusion).items()}
        np.savez_compressed(output / ARRAYS, allow_pickle=False, **arrays)
    (output / FACTS).write_text(json.dumps(card, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def arrays_of(fusion: Fusion) -> Mapping[str, np.ndarray]:
    """What a recipe is made of."""
    if isinstance(fusion, GatedFusion):
        return {"maps": fusion.maps, "shifts": fusion.shifts, "gates": fusion.gates}
    assert isinstance(fusion, AttentionFusion), "every recipe is kept as arrays"
    return fusion.arrays
