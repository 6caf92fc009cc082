"""Fusion recipes from their folders: which one a folder holds, and which channels earned their place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from analytics.contracts import CHANNELS
from analytics.engine.sentiment.attention import AttentionFusion
from analytics.engine.sentiment.calibration import Temperature
from analytics.engine.sentiment.fusion import FirstChannel, Fusion, Signals, alone
from analytics.engine.sentiment.fusion_gated import GatedFusion
from recommender.errors import RecommenderError
from recommender.said import gettext_noop as _
from recommender.said import say

ARRAYS, FACTS = "weights.npz", "card.json"
#: What fusion must add to the words alone, in macro-F1 on held-out reviews, to be used.
MARGIN = 0.02

RECIPES: Mapping[str, Callable[[Mapping[str, np.ndarray], str], Fusion]] = {
    "gated": GatedFusion.of,
    "attention": AttentionFusion.of,
}
_NAMES = {"image": "photo", "speech": "voice"}


@dataclass(frozen=True)
class EarnedFusion:
    """A recipe that hears only the channels that made it better than the words alone.

    Attributes:
        recipe: the fusion itself.
        heard: (channels,) which channels may join the words.
        temperature: of what the recipe says.
    """

    recipe: Fusion
    heard: np.ndarray
    temperature: Temperature
    note: str = ""

    @property
    def name(self) -> str:
        return self.recipe.name

    def fuse(self, signals: Signals) -> np.ndarray:
        """See ``Fusion``; a channel that is not heard speaks only where it is alone."""
        if (signals.mask.sum(axis=1) <= 1).all():
            return alone(signals)[0]
        kept = signals.mask & self.heard
        mask = np.where(kept.any(axis=1, keepdims=True), kept, _first(signals.mask))
        several = mask.sum(axis=1) > 1
        if not several.any():
            return alone(replace(signals, mask=mask))[0]
        rows = self.recipe.fuse(replace(signals, mask=mask))
        rows[several] = self.temperature.apply(rows[several])
        return rows


def _first(mask: np.ndarray) -> np.ndarray:
    """``mask`` with only the first present channel of each row."""
    return mask & (mask.cumsum(axis=1) == 1)


def load_fusion(folder: Path) -> Fusion:
    """The recipe in ``folder``.

    Raises:
        RecommenderError: a file is missing or damaged, or the recipe is not known.
    """
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        if facts["recipe"] == FirstChannel.name:
            return FirstChannel(note_of(facts))
        with np.load(folder / ARRAYS) as stored:
            arrays = {name: stored[name].astype(np.float64) for name in stored.files}
        recipe = RECIPES[facts["recipe"]](arrays, note_of(facts))
        temperature = Temperature(facts["temperature"], tuple(facts["bias"]))
    except (OSError, ValueError, KeyError, EOFError, TypeError) as error:
        raise RecommenderError(
            say(_("The fusion in {folder} cannot be read ({error})."), folder=folder.name, error=str(error)),
            say(
                _("Restore it from the repository, or train anew: manage.py {command}."),
                command="train_sentiment fusion",
            ),
        ) from error
    heard = np.array([channel == "text" or channel in facts["heard"] for channel in CHANNELS])
    return EarnedFusion(recipe, heard, temperature, recipe.note)


def note_of(facts: Mapping[str, Any]) -> str:
    """What the page says about fusion: on which evidence each channel joins the words, or does not."""
    sentences = []
    for channel, name in _NAMES.items():
        found = facts["evidence"].get(channel)
        if found is None:
            sentences.append(f"The {name} was never measured beside the words and does not join them.")
            continue
        verb = "joins" if channel in facts["heard"] else "does not join"
        sentences.append(
            f"The {name} {verb} the words: macro-F1 {found['fused']:.3f} together against "
            f"{found['text']:.3f} for words alone on {found['rows']} {found['what']}."
        )
    return " ".join(sentences)
